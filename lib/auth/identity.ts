import type { RateLimit } from '../key-table/key-profile.ts';

/** The tenant, environment, user and permissions that an accepted key speaks for. */
export interface Identity {
  tenantId: string;
  /** `null`: a configured key that works in no environment. */
  environmentId: string | null;
  userId: string;
  keyId: string;
  permissions: readonly string[];
  rateLimit: RateLimit | null;
  /** True if it is the operator's own key, from the configuration. */
  isConfiguredKey: boolean;
  /** When a key that was rotated stops working: milliseconds since the epoch. `null`: it wasn't rotated. */
  sunsetAtMs: number | null;
}

/** A copy all of whose values are properties of its own, which survive spreading and JSON. */
export const toPlainIdentity = (identity: Identity): Identity => ({ ...identity, keyId: identity.keyId });
