import type { RateLimit } from '../key-table/key-profile.ts';
import type { Handle, KeyTable } from '../key-table/key-table.ts';
import type { Identity } from './identity.ts';

interface EnvironmentLimits {
  rateLimitOf(environmentId: string): RateLimit | null;
}

/**
 * The identity of a stored key, read from the key table at the instant of the decision. Only the text of the key's id
 * is built on demand, because few requests ask for it.
 */
export class StoredIdentity implements Identity {
  readonly tenantId: string;
  readonly environmentId: string;
  readonly userId: string;
  readonly permissions: readonly string[];
  readonly rateLimit: RateLimit | null;
  readonly isConfiguredKey = false;
  readonly sunsetAtMs: number | null;
  readonly #keyId: () => string;

  /** @param environments hold the limits of the keys that have none of their own */
  constructor(keys: KeyTable, handle: Handle, environments: EnvironmentLimits) {
    const { environment, permissions, rateLimit } = keys.grant(handle);
    this.tenantId = environment.tenant.id;
    this.environmentId = environment.id;
    this.userId = keys.userId(handle);
    this.permissions = permissions;
    this.rateLimit = rateLimit ?? environments.rateLimitOf(environment.id);
    this.sunsetAtMs = keys.isRotated(handle) ? keys.expiresAtMs(handle) : null;
    this.#keyId = keys.readId(handle);
  }

  get keyId(): string {
    return this.#keyId();
  }
}
