import type { RateLimit } from '../key-table/key-profile.ts';
import type { Handle, KeyTable } from '../key-table/key-table.ts';
import type { Identity } from './identity.ts';

/**
 * Whom a request with a stored key speaks for. It is taken out of the table at the instant of the decision; only the
 * text of the key's id is made when somebody asks for it, as few requests do.
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

  /** @param rateLimitOf the limit of an environment, for keys that have none */
  constructor(keys: KeyTable, handle: Handle, rateLimitOf: (environmentId: string) => RateLimit | null) {
    const { environment, permissions, rateLimit } = keys.grant(handle);
    this.tenantId = environment.tenant.id;
    this.environmentId = environment.id;
    this.userId = keys.userId(handle);
    this.permissions = permissions;
    this.rateLimit = rateLimit ?? rateLimitOf(environment.id);
    this.sunsetAtMs = keys.isRotated(handle) ? keys.expiresAtMs(handle) : null;
    this.#keyId = keys.readId(handle);
  }

  get keyId(): string {
    return this.#keyId();
  }
}
