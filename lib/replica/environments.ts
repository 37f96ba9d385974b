import type { RateLimit } from '../key-table/key-profile.ts';
import type { EnvironmentRecord } from './state-change.ts';

/** The environments of all tenants, by id and by name; a few hundred bytes each. */
export class Environments {
  readonly #tenants = new Map<string, boolean>();
  readonly #byId = new Map<string, EnvironmentRecord>();
  readonly #byName = new Map<string, EnvironmentRecord>();
  /** How many have a limit: mostly none, and then nobody needs to be looked for. */
  #limited = 0;

  setTenant(id: string, active: boolean): void {
    this.#tenants.set(id, active);
  }

  isTenantActive(id: string): boolean {
    return this.#tenants.get(id) ?? false;
  }

  set(environment: EnvironmentRecord): void {
    const before = this.#byId.get(environment.id);
    // Another may have taken over its old name by now.
    if (before && this.#byName.get(nameKey(before.tenantId, before.name)) === before) {
      this.#byName.delete(nameKey(before.tenantId, before.name));
    }
    this.#limited += limitsIn(environment) - limitsIn(before);
    this.#byId.set(environment.id, environment);
    this.#byName.set(nameKey(environment.tenantId, environment.name), environment);
  }

  get(id: string): EnvironmentRecord | undefined {
    return this.#byId.get(id);
  }

  /** The limit of the environment's keys that have none of their own. */
  rateLimitOf(id: string): RateLimit | null {
    return this.#limited === 0 ? null : (this.get(id)?.rateLimit ?? null);
  }

  /** The environment of this id or, failing that, of this name, if the tenant has it. */
  select(tenantId: string, selector: string): EnvironmentRecord | undefined {
    const environment = this.#byId.get(selector);
    if (environment?.tenantId === tenantId) return environment;
    return this.#byName.get(nameKey(tenantId, selector));
  }
}

/** No id has a line break. */
const nameKey = (tenantId: string, name: string): string => `${tenantId}\n${name}`;

const limitsIn = (environment: EnvironmentRecord | undefined): number => (environment?.rateLimit ? 1 : 0);
