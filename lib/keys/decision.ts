import {
  absent,
  type Handle,
  type KeyTable,
  type KeyType,
  type RateLimit,
  type UserType,
} from './key-table.ts';

/** Who presents a key, and what it may. Outlives the handle that it was read from. */
interface KeyIdentity {
  keyId: string;
  type: KeyType;
  tenantId: string;
  environmentId: string;
  userId: string;
  userType: UserType;
  permissions: readonly string[];
  rateLimit: RateLimit | null;
}

/** A denied key that is known is named too: its use is counted, and its owner may ask why. */
export type Decision =
  | { accepted: true; key: KeyIdentity }
  | { accepted: false; code: 'unknown' }
  | { accepted: false; code: 'expired' | 'inactive'; key: KeyIdentity };

const unknown: Decision = Object.freeze({ accepted: false, code: 'unknown' });

/**
 * Whether a key is accepted at an instant.
 *
 * A key that is both expired and inactive is denied as expired. That is final, while an inactive one can be
 * activated again; and whoever holds only an expired key learns nothing of the state of its tenant.
 * @param handle from `table.find`, with no change of the table since
 * @param nowMs milliseconds since the epoch. A key is expired from the very instant of its expiry on
 */
export function decide(table: KeyTable, handle: Handle, nowMs: number): Decision {
  if (handle === absent) return unknown;
  const key = identityOf(table, handle);
  // Asked this way round, so that an instant that is not a number denies.
  if (!(nowMs < table.expiresAtMs(handle))) return { accepted: false, code: 'expired', key };
  if (!table.isActive(handle)) return { accepted: false, code: 'inactive', key };
  return { accepted: true, key };
}

const identityOf = (table: KeyTable, handle: Handle): KeyIdentity => ({
  keyId: table.id(handle),
  type: table.type(handle),
  tenantId: table.tenantId(handle),
  environmentId: table.environmentId(handle),
  userId: table.userId(handle),
  userType: table.userType(handle),
  permissions: table.permissions(handle),
  rateLimit: table.rateLimit(handle),
});
