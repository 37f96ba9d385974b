import { Interner } from './interner.ts';

/** The tenant of keys. One object for all keys of a tenant, so one write to its flag reaches them all. */
export interface Tenant {
  readonly id: string;
  active: boolean;
}

/** An environment or a user: an id within a tenant. */
export interface TenantScopedId {
  readonly id: string;
  readonly tenant: Tenant;
  readonly tenantRef: number;
  active: boolean;
}

/**
 * The tenants that some key, environment or user refers to, and those that are inactive: an inactive flag
 * holds a reference of its own, so it is kept before the first key comes and after the last one went.
 */
export class Tenants {
  readonly #interner = new Interner<Tenant>();

  get size(): number {
    return this.#interner.size;
  }

  find(id: string): number {
    return this.#interner.find(id);
  }

  acquire(id: string): number {
    return this.#interner.acquire(id, () => ({ id, active: true }));
  }

  release(ref: number): void {
    this.#interner.release(ref);
  }

  at(ref: number): Tenant {
    return this.#interner.at(ref);
  }

  setActive(id: string, active: boolean): void {
    setActive(this, active ? this.find(id) : this.acquire(id), active);
  }
}

/** The environments, or the users, of all tenants. Kept as long as tenants are; each holds its tenant. */
export class TenantScopedIds {
  readonly #interner = new Interner<TenantScopedId>();
  readonly #tenants: Tenants;

  constructor(tenants: Tenants) {
    this.#tenants = tenants;
  }

  get size(): number {
    return this.#interner.size;
  }

  find(tenantId: string, id: string): number {
    const tenantRef = this.#tenants.find(tenantId);
    return tenantRef === -1 ? -1 : this.#interner.find(keyOf(tenantRef, id));
  }

  isActive(tenantId: string, id: string): boolean {
    const ref = this.find(tenantId, id);
    return ref === -1 || this.at(ref).active;
  }

  acquire(tenantId: string, id: string): number {
    const tenantRef = this.#tenants.acquire(tenantId);
    let made = false;
    const ref = this.#interner.acquire(keyOf(tenantRef, id), () => {
      made = true;
      return { id, tenant: this.#tenants.at(tenantRef), tenantRef, active: true };
    });
    if (!made) this.#tenants.release(tenantRef);
    return ref;
  }

  holds(ref: number, member: TenantScopedId): boolean {
    return this.#interner.holds(ref, member);
  }

  retain(ref: number): void {
    this.#interner.retain(ref);
  }

  release(ref: number): void {
    const dropped = this.#interner.release(ref);
    if (dropped !== undefined) this.#tenants.release(dropped.tenantRef);
  }

  at(ref: number): TenantScopedId {
    return this.#interner.at(ref);
  }

  setActive(tenantId: string, id: string, active: boolean): void {
    setActive(this, active ? this.find(tenantId, id) : this.acquire(tenantId, id), active);
  }
}

const keyOf = (tenantRef: number, id: string): string => `${tenantRef}:${id}`;

interface Flagged {
  at(ref: number): { active: boolean };
  release(ref: number): void;
}

/**
 * Sets a flag, and keeps the rule that an inactive one holds exactly one reference.
 * @param ref has just been acquired to become inactive, or found (-1 if unknown) to become active
 */
function setActive(all: Flagged, ref: number, active: boolean): void {
  if (ref === -1) return;
  const one = all.at(ref);
  const changed = one.active !== active;
  one.active = active;
  if (changed === active) all.release(ref);
}
