import { Interner } from './interner.ts';
import type { KeyProfile, RateLimit } from './key-profile.ts';
import { type TenantScopedId, TenantScopedIds, Tenants } from './tenant-scoped-ids.ts';

/** A profile without its user: one object for all keys that have the same. */
export interface AccessProfile {
  readonly environment: TenantScopedId;
  /** Sorted, each once, and frozen. */
  readonly permissions: readonly string[];
  /** Frozen. */
  readonly rateLimit: RateLimit | null;
}

/** The references that a key holds to its profile. */
export interface ProfileRefs {
  readonly grant: number;
  readonly user: number;
}

interface CountedGrant extends AccessProfile {
  readonly refs: { readonly environment: number; readonly permissions: number; readonly rateLimit: number };
}

interface KnownProfile extends ProfileRefs {
  readonly values: { readonly grant: CountedGrant; readonly user: TenantScopedId };
}

/** The reference of no rate limit. */
const unlimited = -1;

/**
 * The profiles of all keys, each part of them kept once, with a count of who refers to it, and dropped with the
 * last reference. Users are counted by themselves: many keys differ in nothing else.
 */
export class AccessProfiles {
  readonly #tenants = new Tenants();
  readonly #environments = new TenantScopedIds(this.#tenants);
  readonly #users = new TenantScopedIds(this.#tenants);
  readonly #permissionSets = new Interner<readonly string[]>();
  readonly #rateLimits = new Interner<RateLimit>();
  readonly #grants = new Interner<CountedGrant>();
  /** A load hands in the same object for many keys: its parts are looked up once. */
  readonly #known = new WeakMap<KeyProfile, KnownProfile>();

  /** How many distinct values are held. */
  get sizes(): Record<
    'tenants' | 'environments' | 'users' | 'permissionSets' | 'rateLimits' | 'grants',
    number
  > {
    return {
      tenants: this.#tenants.size,
      environments: this.#environments.size,
      users: this.#users.size,
      permissionSets: this.#permissionSets.size,
      rateLimits: this.#rateLimits.size,
      grants: this.#grants.size,
    };
  }

  /** Takes a reference to each part of a profile. */
  acquire(profile: KeyProfile): ProfileRefs {
    const known = this.#known.get(profile);
    if (known !== undefined && this.#retain(known)) return known;
    const grant = this.#acquireGrant(profile);
    const user = this.#users.acquire(profile.tenantId, profile.userId);
    const values = { grant: this.#grants.at(grant), user: this.#users.at(user) };
    const held = { grant, user, values };
    this.#known.set(profile, held);
    return held;
  }

  release(grant: number, user: number): void {
    this.#users.release(user);
    const dropped = this.#grants.release(grant);
    if (dropped !== undefined) this.#releaseParts(dropped.refs);
  }

  grantAt(grant: number): AccessProfile {
    return this.#grants.at(grant);
  }

  userAt(user: number): TenantScopedId {
    return this.#users.at(user);
  }

  setTenantActive(tenantId: string, active: boolean): void {
    this.#tenants.setActive(tenantId, active);
  }

  setEnvironmentActive(tenantId: string, environmentId: string, active: boolean): void {
    this.#environments.setActive(tenantId, environmentId, active);
  }

  setUserActive(tenantId: string, userId: string, active: boolean): void {
    this.#users.setActive(tenantId, userId, active);
  }

  isUserActive(tenantId: string, userId: string): boolean {
    return this.#users.isActive(tenantId, userId);
  }

  /** Takes the references again, unless one has been dropped since, and its number may be another's. */
  #retain({ grant, user, values }: KnownProfile): boolean {
    if (!this.#grants.holds(grant, values.grant) || !this.#users.holds(user, values.user)) return false;
    this.#grants.retain(grant);
    this.#users.retain(user);
    return true;
  }

  #acquireGrant({ tenantId, environmentId, permissions, rateLimit }: KeyProfile): number {
    const refs = {
      environment: this.#environments.acquire(tenantId, environmentId),
      permissions: this.#acquirePermissions(permissions),
      rateLimit: this.#acquireRateLimit(rateLimit),
    };
    let made = false;
    const grant = this.#grants.acquire(`${refs.environment}/${refs.permissions}/${refs.rateLimit}`, () => {
      made = true;
      return {
        environment: this.#environments.at(refs.environment),
        permissions: this.#permissionSets.at(refs.permissions),
        rateLimit: refs.rateLimit === unlimited ? null : this.#rateLimits.at(refs.rateLimit),
        refs,
      };
    });
    if (!made) this.#releaseParts(refs);
    return grant;
  }

  #acquirePermissions(permissions: readonly string[]): number {
    const text = JSON.stringify([...new Set(permissions)].sort());
    return this.#permissionSets.acquire(text, () => Object.freeze(JSON.parse(text)));
  }

  #acquireRateLimit(rateLimit: RateLimit | null): number {
    if (rateLimit === null) return unlimited;
    const { limit, windowSeconds } = rateLimit;
    return this.#rateLimits.acquire(`${limit}/${windowSeconds}`, () =>
      Object.freeze({ limit, windowSeconds }),
    );
  }

  #releaseParts({ environment, permissions, rateLimit }: CountedGrant['refs']): void {
    this.#environments.release(environment);
    this.#permissionSets.release(permissions);
    if (rateLimit !== unlimited) this.#rateLimits.release(rateLimit);
  }
}
