import type { RateLimit, Status } from '../../schemas/common.ts';

/** A key with all that decides on it, as found by its hash. */
export interface KeyRecord {
  id: string;
  tenantId: string;
  environmentId: string;
  userId: string;
  permissions: readonly string[];
  /** Its own limit, or its environment's. */
  rateLimit: RateLimit | null;
  status: Status;
  tenantStatus: Status;
  environmentStatus: Status;
  expiresAt: Date | null;
}

export type Decision =
  | { accepted: true; record: KeyRecord }
  | { accepted: false; reason: 'unknown' | 'expired' | 'inactive' };

/**
 * Whether a key is accepted at an instant.
 * @param record what was found under the key's hash, `null` for nothing
 * @param nowMs milliseconds since the epoch
 */
export function decide(record: KeyRecord | null, nowMs: number): Decision {
  if (record === null) return { accepted: false, reason: 'unknown' };
  if (record.expiresAt !== null && record.expiresAt.getTime() <= nowMs) {
    return { accepted: false, reason: 'expired' };
  }
  const inactive = [record.status, record.environmentStatus, record.tenantStatus].includes('inactive');
  return inactive ? { accepted: false, reason: 'inactive' } : { accepted: true, record };
}
