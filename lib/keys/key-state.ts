import { SessionRevocations } from '../sessions/session-revocations.ts';
import { Environments } from './environments.ts';
import type { KeyChange } from './key-change.ts';
import { KeyTable } from './key-table.ts';

/** All that decides on keys and sessions, in memory: what the changes of the feed add up to. */
export class KeyState {
  #keys = new KeyTable();
  #environments = new Environments();
  #sessions = new SessionRevocations();

  get keys(): KeyTable {
    return this.#keys;
  }

  get environments(): Environments {
    return this.#environments;
  }

  /** The sessions that were revoked. */
  get sessions(): SessionRevocations {
    return this.#sessions;
  }

  /** Forgets everything. */
  clear(): void {
    this.#keys = new KeyTable();
    this.#environments = new Environments();
    this.#sessions = new SessionRevocations();
  }

  apply(change: KeyChange): void {
    switch (change.kind) {
      case 'key':
        this.#keys.upsert(change.key);
        break;
      case 'key-deleted':
        this.#keys.delete(change.digest);
        break;
      case 'tenant':
        this.#environments.setTenant(change.id, change.active);
        this.#keys.setTenantActive(change.id, change.active);
        break;
      case 'environment': {
        const { id, tenantId, active } = change.environment;
        this.#environments.set(change.environment);
        this.#keys.setEnvironmentActive(tenantId, id, active);
        break;
      }
      case 'user':
        this.#keys.setUserActive(change.tenantId, change.id, change.active);
        break;
      case 'sessions-revoked':
        this.#sessions.add(change.revocation);
        break;
      case 'load':
        this.#keys.reserve(change.keys);
        break;
      case 'none':
        break;
    }
  }
}
