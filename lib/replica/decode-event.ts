import type { Status, RateLimit as StoredRateLimit } from '../../schemas/common.ts';
import type { KeyMetadata } from '../../schemas/keys.ts';
import type { RateLimit } from '../key-table/key-profile.ts';
import { revocationOf, type StoredRevocation } from '../stores/session-store.ts';
import type { StateChange } from './state-change.ts';

/** A row of the feed, as far as those who decide on keys need it. */
export interface FeedRow {
  kind: string;
  /** SHA-256 of the key, for a change of a key. */
  key_hash: Buffer | null;
  /** What changed, as the API shows it; `null` when it is gone. */
  after: object | null;
}

export interface StoredTenant {
  id: string;
  status: Status;
}

export interface StoredUser extends StoredTenant {
  tenant_id: string;
}

export interface StoredEnvironment extends StoredTenant {
  tenant_id: string;
  name: string;
  rate_limit: StoredRateLimit | null;
}

type StoredKey = Pick<
  KeyMetadata,
  | 'id'
  | 'type'
  | 'tenant_id'
  | 'environment_id'
  | 'user_id'
  | 'user_type'
  | 'permissions'
  | 'rate_limit'
  | 'status'
  | 'expires_at'
  | 'updated_at'
  | 'rotated_to'
>;

/** What an event of the feed changes for those who decide on keys. */
export function changeOfEvent({ kind, key_hash, after }: FeedRow): StateChange {
  if (key_hash !== null) {
    return after === null
      ? { kind: 'key-deleted', digest: key_hash }
      : changeOfKey(after as StoredKey, key_hash);
  }
  if (after === null) return { kind: 'none' };
  if (kind.startsWith('tenant.')) return changeOfTenant(after as StoredTenant);
  if (kind.startsWith('environment.')) return changeOfEnvironment(after as StoredEnvironment);
  if (kind === 'session.revoked' || kind === 'customer.sessions_revoked') {
    return { kind: 'sessions-revoked', revocation: revocationOf(after as StoredRevocation) };
  }
  if (kind.startsWith('user.')) return changeOfUser(after as StoredUser);
  return { kind: 'none' };
}

export const changeOfTenant = ({ id, status }: StoredTenant): StateChange => ({
  kind: 'tenant',
  id,
  active: status === 'active',
});

export const changeOfEnvironment = (environment: StoredEnvironment): StateChange => ({
  kind: 'environment',
  environment: {
    id: environment.id,
    tenantId: environment.tenant_id,
    name: environment.name,
    active: environment.status === 'active',
    rateLimit: rateLimitOf(environment.rate_limit),
  },
});

export const changeOfUser = ({ tenant_id, id, status }: StoredUser): StateChange => ({
  kind: 'user',
  tenantId: tenant_id,
  id,
  active: status === 'active',
});

function changeOfKey(key: StoredKey, digest: Uint8Array): StateChange {
  return {
    kind: 'key',
    key: {
      digest,
      id: key.id,
      profile: {
        type: key.type,
        tenantId: key.tenant_id,
        environmentId: key.environment_id,
        userId: key.user_id,
        userType: key.user_type,
        permissions: key.permissions,
        rateLimit: rateLimitOf(key.rate_limit),
      },
      active: key.status === 'active',
      expiresAtMs: expiryOf(key),
      rotated: key.rotated_to !== null,
    },
  };
}

/**
 * When the key expires. One that had expired when it was last changed, by the clock of the database, as at a
 * rotation without overlap, has expired whatever the clock of a replica says.
 */
function expiryOf({ expires_at, updated_at }: StoredKey): number | null {
  if (expires_at === null) return null;
  const expiresAtMs = Date.parse(expires_at);
  return expiresAtMs <= Date.parse(updated_at) ? 0 : expiresAtMs;
}

export const rateLimitOf = (stored: StoredRateLimit | null): RateLimit | null =>
  stored && { limit: stored.limit, windowSeconds: stored.window_seconds };
