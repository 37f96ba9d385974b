import { absent, type Handle, type KeyTable } from '../key-table/key-table.ts';

export type Decision = 'accepted' | 'unknown' | 'expired' | 'inactive';

/**
 * Whether a key is accepted at an instant.
 *
 * A key that is both expired and inactive is denied as expired. That is final, while an inactive one can be
 * activated again; and whoever holds only an expired key learns nothing of the state of its tenant.
 * @param handle from `table.find`, with no change of the table since
 * @param nowMs milliseconds since the epoch. A key is expired from the very instant of its expiry on
 */
export function decide(table: KeyTable, handle: Handle, nowMs: number): Decision {
  if (handle === absent) return 'unknown';
  // Asked this way round, so that an instant that is not a number denies.
  if (!(nowMs < table.expiresAtMs(handle))) return 'expired';
  return table.isActive(handle) ? 'accepted' : 'inactive';
}
