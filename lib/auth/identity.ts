import type { RateLimit } from '../key-table/key-profile.ts';

/** Whom a request speaks for, once its key is accepted. */
export interface Identity {
  tenantId: string;
  /** `null`: a configured key that works in no environment. */
  environmentId: string | null;
  userId: string;
  keyId: string;
  permissions: readonly string[];
  rateLimit: RateLimit | null;
  /** Whether it is the operator's own key, from the configuration. */
  isConfiguredKey: boolean;
  /** When a key that was rotated stops working: milliseconds since the epoch. `null`: it wasn't rotated. */
  sunsetAtMs: number | null;
}
