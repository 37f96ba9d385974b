import { absent, type Handle, KeyTable, type KeyUses } from '../key-table/key-table.ts';
import { Environments } from './environments.ts';
import { SessionRevocations } from './session-revocations.ts';
import type { StateChange } from './state-change.ts';

/** All that decides on keys and sessions, in memory: what the changes of the feed add up to. */
export class ReplicatedState {
  /** Uses of keys that are gone from the table: of those deleted, or of all of them when it was cleared. */
  readonly #usageOfDeletedKeys: KeyUses[] = [];
  readonly #keepUses = (uses: KeyUses): void => void this.#usageOfDeletedKeys.push(uses);
  #keys = new KeyTable(this.#keepUses);
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

  /** Forgets everything but the uses that nobody has taken. */
  clear(): void {
    let at: Handle = 0;
    while (at !== absent) at = this.#keys.takeUses(at, Number.POSITIVE_INFINITY, this.#usageOfDeletedKeys);
    this.#keys = new KeyTable(this.#keepUses);
    this.#environments = new Environments();
    this.#sessions = new SessionRevocations();
  }

  /** Takes the uses of keys that are gone from the table, of at most `max` of them. */
  takeUsageOfDeletedKeys(max: number): KeyUses[] {
    return this.#usageOfDeletedKeys.splice(0, max);
  }

  /** @throws the error of an invalid event */
  apply(change: StateChange): void {
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
      case 'invalid':
        throw change.error;
      case 'none':
        break;
    }
  }
}
