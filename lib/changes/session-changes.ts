import type { Actor, Scope } from '../auth/scope.ts';
import { notFound } from '../http/api-error.ts';
import * as sessions from '../stores/session-store.ts';
import type { Change, Changes } from './change-log.ts';

/** Who revokes sessions, and where. */
export interface SessionRevoker extends Scope {
  actor: Actor;
}

/**
 * Revokes all sessions that a customer has. Repeating it changes nothing for them.
 * @throws ApiError `not_found` when the scope has no such customer
 */
export async function revokeSessions(
  changes: Changes,
  revoker: SessionRevoker,
  externalId: string,
): Promise<void> {
  const found = await changes.make(async (change) => {
    const holder = await sessions.lockSessionHolder(change.connection, revoker, externalId);
    await (holder === null ? change.repeat() : revokeAllOf(change, revoker, holder.id));
    return holder !== null;
  });
  if (!found) throw notFound('Customer');
}

/** The revocation of all sessions of a customer as a part of a larger change. */
export async function revokeAllOf(
  change: Change,
  revoker: SessionRevoker,
  customerId: string,
): Promise<void> {
  const revoked = await sessions.revokeGeneration(change.connection, revoker, customerId);
  if (revoked === null) return change.repeat();
  // Afterwards, for whoever has removed a row must wait for nobody else's.
  await sessions.removeExpiredRevocations(change.connection);
  recordRevocation(change, revoker, 'customer.sessions_revoked', customerId, revoked);
}

/**
 * Revokes one session of a customer, whether it was ever issued or not; repeating it changes nothing.
 * @throws ApiError `not_found` when the scope has no such customer
 */
export async function revokeSession(
  changes: Changes,
  revoker: SessionRevoker,
  externalId: string,
  sessionId: string,
): Promise<void> {
  const found = await changes.make(async (change) => {
    const { connection } = change;
    const holder = await sessions.lockSessionHolder(connection, revoker, externalId);
    const revoked =
      holder?.sessions_until &&
      (await sessions.insertRevocation(connection, revoker, holder.id, sessionId, holder.sessions_until));
    if (revoked) {
      await sessions.removeExpiredRevocations(connection);
      recordRevocation(change, revoker, 'session.revoked', sessionId, revoked);
    } else {
      await change.repeat();
    }
    return holder !== null;
  });
  if (!found) throw notFound('Customer');
}

function recordRevocation(
  change: Change,
  { tenantId, environmentId, actor }: SessionRevoker,
  kind: 'session.revoked' | 'customer.sessions_revoked',
  subjectId: string,
  after: sessions.StoredRevocation,
): void {
  change.record({
    kind,
    tenantId,
    environmentId,
    subjectId,
    keyHash: null,
    before: null,
    after,
    actor,
  });
}
