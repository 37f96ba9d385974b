import type { RateLimit } from '../key-table/key-profile.ts';
import type { KeyRecord } from '../key-table/key-table.ts';
import type { SessionRevocation } from './session-revocations.ts';

/** An environment, as far as it decides on keys. */
export interface EnvironmentRecord {
  id: string;
  tenantId: string;
  /** Unique within the tenant: a configured key may select it by name. */
  name: string;
  active: boolean;
  /** The limit of its keys that have none of their own. */
  rateLimit: RateLimit | null;
}

/**
 * A change of what decides on keys and sessions, as it stands in the feed. It says what holds from now on, not what is
 * different, so that taking it in twice changes nothing. A change of a tenant, an environment or a user is
 * one for all of its keys.
 */
export type StateChange =
  | { kind: 'key'; key: KeyRecord }
  | { kind: 'key-deleted'; digest: Uint8Array }
  | { kind: 'tenant'; id: string; active: boolean }
  | { kind: 'environment'; environment: EnvironmentRecord }
  | { kind: 'user'; tenantId: string; id: string; active: boolean }
  | { kind: 'sessions-revoked'; revocation: SessionRevocation }
  /** A load begins, of about so many keys. */
  | { kind: 'load'; keys: number }
  /** An event that can't be applied: the state has to be loaded anew. */
  | { kind: 'invalid'; error: Error }
  /** Something that decides on no key. */
  | { kind: 'none' };
