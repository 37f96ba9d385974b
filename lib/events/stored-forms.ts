import { type Static, Type } from '@sinclair/typebox';
import type { Environment } from '../../schemas/environments.ts';
import type { KeyMetadata } from '../../schemas/keys.ts';
import type { Tenant } from '../../schemas/tenants.ts';
import type { User } from '../../schemas/users.ts';
import type { WebhookSecret } from '../../schemas/webhooks.ts';

/**
 * The forms in which events store what they changed, version 1. They are a format of their own: a field keeps its
 * name here when the API renames it, because replicas of other releases and readers of the audit trail rely on it. The
 * schemas list the fields that replicas decide by. Changing one of these fields takes a new version: see event-kinds.ts.
 */

const Nullable = <Schema extends Parameters<typeof Type.Union>[0][number]>(schema: Schema) =>
  Type.Union([schema, Type.Null()]);
const Status = Type.Union([Type.Literal('active'), Type.Literal('inactive')]);
const StoredRateLimit = Type.Object({ limit: Type.Integer(), window_seconds: Type.Integer() });
export type StoredRateLimit = Static<typeof StoredRateLimit>;

export const StoredTenant = Type.Object({ id: Type.String(), status: Status });
export type StoredTenant = Static<typeof StoredTenant>;

export const StoredEnvironment = Type.Object({
  id: Type.String(),
  tenant_id: Type.String(),
  name: Type.String(),
  status: Status,
  rate_limit: Nullable(StoredRateLimit),
});
export type StoredEnvironment = Static<typeof StoredEnvironment>;

export const StoredUser = Type.Object({ id: Type.String(), tenant_id: Type.String(), status: Status });
export type StoredUser = Static<typeof StoredUser>;

export const StoredKey = Type.Object({
  id: Type.String(),
  tenant_id: Type.String(),
  environment_id: Type.String(),
  user_id: Type.String(),
  permissions: Type.Array(Type.String()),
  rate_limit: Nullable(StoredRateLimit),
  status: Status,
  expires_at: Nullable(Type.String()),
  updated_at: Type.String(),
  rotated_to: Nullable(Type.String()),
});
export type StoredKey = Static<typeof StoredKey>;

export const StoredRevocation = Type.Object({
  customer_id: Type.String(),
  session_id: Type.String({ description: 'Empty: all sessions of earlier generations' }),
  generation: Type.Integer(),
  expires_at: Type.String(),
});
export type StoredRevocation = Static<typeof StoredRevocation>;

export function storeTenant({ id, name, status, created_at, updated_at }: Tenant): StoredTenant {
  return { ...{ id, name, status, created_at, updated_at } };
}

export function storeEnvironment(environment: Environment): StoredEnvironment {
  const { id, tenant_id, name, status, rate_limit, created_at, updated_at } = environment;
  return { ...{ id, tenant_id, name, status, rate_limit, created_at, updated_at } };
}

export function storeUser(user: User): StoredUser {
  const { id, type, name, email, roles, status, tenant_id, created_at, updated_at } = user;
  return { ...{ id, type, name, email, roles, status, tenant_id, created_at, updated_at } };
}

export function storeKey(key: KeyMetadata): StoredKey {
  const { id, name, description, type, provider, display_id, tenant_id, environment_id } = key;
  const { user_id, user_type, roles, permissions, rate_limit, metadata, status, expires_at } = key;
  const { last_used_at, created_at, updated_at, rotated_to, rotated_from } = key;
  return {
    ...{ id, name, description, type, provider, display_id, tenant_id, environment_id },
    ...{ user_id, user_type, roles, permissions, rate_limit, metadata, status, expires_at },
    ...{ last_used_at, created_at, updated_at, rotated_to, rotated_from },
  };
}

export function storeWebhookSecret(secret: WebhookSecret): object {
  const { id, provider, hmac, tenant_id, environment_id, created_at } = secret;
  return { id, provider, hmac, tenant_id, environment_id, created_at };
}

/** @param revocation as the table of revocations has it */
export function storeRevocation(revocation: RevocationRow): StoredRevocation {
  const { customer_id, session_id, generation, expires_at } = revocation;
  return { customer_id, session_id, generation, expires_at: expires_at.toISOString() };
}

/** A row of `session_revocations`. */
export interface RevocationRow extends Omit<StoredRevocation, 'expires_at'> {
  expires_at: Date;
}
