import type { Scope } from '../auth/scope.ts';
import { newId } from '../crypto/ids.ts';
import type { Queryable } from '../database/database.ts';
import { ApiError, notFound } from '../http/api-error.ts';
import { findCustomerByExternalId } from '../stores/customer-store.ts';
import { beginSession } from '../stores/session-store.ts';
import type { SessionTokens } from './session-tokens.ts';

/** How sessions are issued. */
export interface SessionSettings {
  lifetimeSeconds: number;
  /** The URL of the portal. */
  portalUrl: string;
}

interface IssuedSession {
  url: string;
  token: string;
  expires_at: string;
  session_id: string;
}

/** @throws ApiError `not_found`, or `permission_denied` for an inactive customer */
export async function issueSession(
  db: Queryable,
  tokens: SessionTokens,
  { lifetimeSeconds, portalUrl }: SessionSettings,
  scope: Scope,
  externalId: string,
): Promise<IssuedSession> {
  const beginning = await beginSession(db, scope, externalId, lifetimeSeconds);
  if (beginning === null) {
    if ((await findCustomerByExternalId(db, scope, externalId)) === null) throw notFound('Customer');
    throw new ApiError('permission_denied', 'Customer is inactive');
  }
  const { customerId, generation, expiresAt } = beginning;
  const id = newId('sess');
  const { tenantId, environmentId } = scope;
  const expiresAtMs = expiresAt.getTime();
  const token = await tokens.issue({ id, customerId, tenantId, environmentId, generation, expiresAtMs });
  return { url: `${portalUrl}#token=${token}`, token, expires_at: expiresAt.toISOString(), session_id: id };
}
