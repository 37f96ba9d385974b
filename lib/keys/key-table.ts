import { Interner } from './interner.ts';
import { Members, Tenants } from './owners.ts';
import { maxRecords, RecordIndex } from './record-index.ts';
import { permissionsField, RecordPages, rateLimitField, scopeField, userField } from './record-pages.ts';

export type KeyType = 'private_key' | 'publishable_key';
export type UserType = 'user' | 'service_account';

export interface RateLimit {
  readonly limit: number;
  readonly windowSeconds: number;
}

/** All that decides on a key. */
export interface KeyRecord {
  /** SHA-256 of the key, 32 bytes. */
  digest: Uint8Array;
  /** `key_` and 32 lower-case hex digits. */
  id: string;
  type: KeyType;
  tenantId: string;
  environmentId: string;
  userId: string;
  userType: UserType;
  /** In any order: a set. */
  permissions: readonly string[];
  rateLimit: RateLimit | null;
  /** The key's own status, whatever those of its tenant, environment and user. */
  active: boolean;
  /** Milliseconds since the epoch, `null` for never. */
  expiresAtMs: number | null;
}

/** Where a key is in the table, or `absent`. Any upsert or delete may give the number to another key. */
export type Handle = number;
export const absent = -1;

const digestLength = 32;
const idPattern = /^key_[0-9a-f]{32}$/;
const idPrefix = 'key_';

const activeFlag = 1;
const publishableFlag = 2;
const serviceAccountFlag = 4;

/** The reference of no rate limit; those of limits are stored plus one. */
const unlimited = 0;

/**
 * Every key, in memory, found by the SHA-256 of its plaintext. Synchronous throughout.
 *
 * About 80 bytes a key, all of it in typed arrays: 73 of record, 5 to 7.5 of index. What keys share (tenants,
 * environments, users, permission sets, rate limits) is kept once, with a count of who refers to it, and goes
 * with the last reference: there are never more of each than keys, besides the tenants, environments and users
 * that are inactive. Each takes a few hundred bytes of heap, so a user for every key costs more than the key.
 * Records give their memory back when keys go; the index keeps its size.
 *
 * A handle is valid until the next upsert or delete. Read what is needed at once, never after an `await`.
 */
export class KeyTable {
  readonly #records = new RecordPages();
  readonly #index = new RecordIndex(this.#records);
  readonly #tenants = new Tenants();
  readonly #environments = new Members(this.#tenants);
  readonly #users = new Members(this.#tenants);
  readonly #permissionSets = new Interner<readonly string[]>();
  readonly #rateLimits = new Interner<RateLimit>();
  /** A load hands in the same array for many keys: each is sorted once. */
  readonly #permissionTexts = new WeakMap<readonly string[], string>();

  /** How many keys there are. */
  get size(): number {
    return this.#records.count;
  }

  /** The bytes of records and index; the values that keys share are on the heap and not counted. */
  get bytes(): number {
    return this.#records.bytes + this.#index.bytes;
  }

  /** How many distinct values the keys share, and inactive flags hold: what the memory beside `bytes` is for. */
  get shared(): Record<'tenants' | 'environments' | 'users' | 'permissionSets' | 'rateLimits', number> {
    return {
      tenants: this.#tenants.size,
      environments: this.#environments.size,
      users: this.#users.size,
      permissionSets: this.#permissionSets.size,
      rateLimits: this.#rateLimits.size,
    };
  }

  /** Prepares an empty table for about `count` keys. */
  reserve(count: number): void {
    if (this.size === 0 && count > 0) this.#index.reserve(count);
  }

  /**
   * Finds a key, allocating nothing.
   * @param digest `crypto.hash('sha256', key, 'binary')`: 32 characters, one a byte. Of all encodings this is
   * the fastest to make and to read; making a Buffer takes twice as long.
   */
  find(digest: string): Handle {
    if (digest.length !== digestLength) return absent;
    return this.#index.find(this.#records.probeBinary(digest));
  }

  /**
   * Adds a key, or replaces everything about the one that has its digest. Repeating it changes nothing.
   * Throws a `TypeError`, before anything is changed, if the digest, the id or the expiry can't be held.
   */
  upsert(key: KeyRecord): void {
    check(key);
    const hash = this.#records.probeBytes(key.digest);
    const known = this.#index.find(hash);
    if (known === absent && this.size === maxRecords) throw new RangeError(`More than ${maxRecords} keys`);
    // What the new state shares with the old is acquired before it is released, and so never dropped between.
    const scope = this.#environments.acquire(key.tenantId, key.environmentId);
    const user = this.#users.acquire(key.tenantId, key.userId);
    const permissions = this.#acquirePermissions(key.permissions);
    const rateLimit = this.#acquireRateLimit(key.rateLimit);
    const handle = known === absent ? this.#records.append() : known;
    if (known === absent) this.#index.insert(hash, handle);
    else this.#releaseShared(handle);
    this.#records.setReference(handle, scopeField, scope);
    this.#records.setReference(handle, userField, user);
    this.#records.setReference(handle, permissionsField, permissions);
    this.#records.setReference(handle, rateLimitField, rateLimit);
    this.#records.setIdHex(handle, key.id.slice(idPrefix.length));
    this.#records.setExpiresAtMs(handle, key.expiresAtMs ?? Number.POSITIVE_INFINITY);
    this.#records.setFlags(handle, flagsOf(key));
  }

  /**
   * Removes a key.
   * @param digest SHA-256 of the key, 32 bytes
   * @returns whether there was one
   */
  delete(digest: Uint8Array): boolean {
    if (digest.length !== digestLength) return false;
    const hash = this.#records.probeBytes(digest);
    const handle = this.#index.find(hash);
    if (handle === absent) return false;
    this.#releaseShared(handle);
    this.#index.remove(hash, handle);
    const last = this.size - 1;
    if (handle !== last) this.#index.renumber(this.#records.hashOf(last), last, handle);
    this.#records.removeByLast(handle);
    return true;
  }

  /** Sets the status of a tenant, for all its keys at once, also for those still to come. */
  setTenantActive(tenantId: string, active: boolean): void {
    this.#tenants.setActive(tenantId, active);
  }

  /** Sets the status of an environment, as for a tenant. */
  setEnvironmentActive(tenantId: string, environmentId: string, active: boolean): void {
    this.#environments.setActive(tenantId, environmentId, active);
  }

  /** Sets the status of a user, as for a tenant. */
  setUserActive(tenantId: string, userId: string, active: boolean): void {
    this.#users.setActive(tenantId, userId, active);
  }

  /** Whether the key and its tenant, environment and user are all active. */
  isActive(handle: Handle): boolean {
    if ((this.#records.flags(handle) & activeFlag) === 0) return false;
    const environment = this.#environmentOf(handle);
    return environment.active && environment.tenant.active && this.#userOf(handle).active;
  }

  /** Milliseconds since the epoch, `Infinity` for never. */
  expiresAtMs(handle: Handle): number {
    return this.#records.expiresAtMs(handle);
  }

  /** Makes a string at each call; the other accessors return what is there. */
  id(handle: Handle): string {
    return idPrefix + this.#records.idHex(handle);
  }

  type(handle: Handle): KeyType {
    return (this.#records.flags(handle) & publishableFlag) === 0 ? 'private_key' : 'publishable_key';
  }

  tenantId(handle: Handle): string {
    return this.#environmentOf(handle).tenant.id;
  }

  environmentId(handle: Handle): string {
    return this.#environmentOf(handle).id;
  }

  userId(handle: Handle): string {
    return this.#userOf(handle).id;
  }

  userType(handle: Handle): UserType {
    return (this.#records.flags(handle) & serviceAccountFlag) === 0 ? 'user' : 'service_account';
  }

  /** Sorted, each once, and frozen: all keys of the same permissions share the array. */
  permissions(handle: Handle): readonly string[] {
    return this.#permissionSets.at(this.#records.reference(handle, permissionsField));
  }

  /** Frozen: all keys of the same limit share the object. */
  rateLimit(handle: Handle): RateLimit | null {
    const rateLimit = this.#records.reference(handle, rateLimitField);
    return rateLimit === unlimited ? null : this.#rateLimits.at(rateLimit - 1);
  }

  #environmentOf(handle: Handle) {
    return this.#environments.at(this.#records.reference(handle, scopeField));
  }

  #userOf(handle: Handle) {
    return this.#users.at(this.#records.reference(handle, userField));
  }

  #acquirePermissions(permissions: readonly string[]): number {
    const text = this.#permissionTexts.get(permissions) ?? JSON.stringify([...new Set(permissions)].sort());
    this.#permissionTexts.set(permissions, text);
    return this.#permissionSets.acquire(text, () => Object.freeze(JSON.parse(text)));
  }

  #acquireRateLimit(rateLimit: RateLimit | null): number {
    if (rateLimit === null) return unlimited;
    const { limit, windowSeconds } = rateLimit;
    return (
      1 + this.#rateLimits.acquire(`${limit}/${windowSeconds}`, () => Object.freeze({ limit, windowSeconds }))
    );
  }

  #releaseShared(handle: Handle): void {
    this.#environments.release(this.#records.reference(handle, scopeField));
    this.#users.release(this.#records.reference(handle, userField));
    this.#permissionSets.release(this.#records.reference(handle, permissionsField));
    const rateLimit = this.#records.reference(handle, rateLimitField);
    if (rateLimit !== unlimited) this.#rateLimits.release(rateLimit - 1);
  }
}

function check(key: KeyRecord): void {
  if (key.digest.length !== digestLength) throw new TypeError(`A digest has ${digestLength} bytes`);
  if (!idPattern.test(key.id))
    throw new TypeError(`Key id ${key.id} is not key_ and 32 lower-case hex digits`);
  if (key.expiresAtMs !== null && !Number.isFinite(key.expiresAtMs)) {
    throw new TypeError(`Key ${key.id} expires at no instant`);
  }
}

const flagsOf = (key: KeyRecord): number =>
  (key.active ? activeFlag : 0) |
  (key.type === 'publishable_key' ? publishableFlag : 0) |
  (key.userType === 'service_account' ? serviceAccountFlag : 0);
