import { type AccessProfile, AccessProfiles } from './access-profiles.ts';
import { idWords, keyIdOf, readKeyId } from './key-id.ts';
import type { KeyProfile, RateLimit } from './key-profile.ts';
import { maxRecords, RecordIndex } from './record-index.ts';
import { expiryAt, grantAt, idAt, userAt } from './record-layout.ts';
import { RecordPages } from './record-pages.ts';
import { TableRateLimiter } from './table-rate-limiter.ts';
import { UseCounts } from './use-counts.ts';

/** All that decides on a key. */
export interface KeyRecord {
  /** SHA-256 of the key, 32 bytes. */
  digest: Uint8Array;
  /** `key_` and 32 lower-case hex digits. */
  id: string;
  profile: KeyProfile;
  /** The key's own status, whatever those of its tenant, environment and user. */
  active: boolean;
  /** Whole milliseconds since the epoch, `null` for never. */
  expiresAtMs: number | null;
  /** True if another key replaces it. */
  rotated: boolean;
}

/** How often a key was accepted since that was last asked. */
export interface KeyUses {
  keyId: string;
  count: number;
  /** Seconds since the epoch. */
  lastUsedSeconds: number;
}

/** The position of a key in the table, or `absent`. Any upsert or delete may give the number to another key. */
export type Handle = number;
export const absent = -1;

const digestLength = 32;

const activeFlag = 1;
const rotatedFlag = 2;

/** The last instant that there is: never. */
const never = Number.MAX_SAFE_INTEGER;

/**
 * Every key, in memory, found by the SHA-256 of its plaintext. Synchronous throughout.
 *
 * About 95 bytes a key, all of it in typed arrays: 88 of record, 5 to 7.5 of index. What keys share, their
 * profile, is kept once and goes with the last reference: there are never more than keys, besides the tenants,
 * environments and users that are inactive. Each part takes a few hundred bytes of heap, so a user for every key
 * costs more than the key.
 * Records give their memory back when keys go; the index keeps its size.
 *
 * A handle is valid until the next upsert or delete. Read what is needed at once, never after an `await`.
 */
export class KeyTable {
  readonly #records = new RecordPages();
  readonly #index = new RecordIndex(this.#records);
  readonly #windows = new TableRateLimiter(this.#records);
  readonly #uses = new UseCounts(this.#records);
  readonly #profiles = new AccessProfiles();
  readonly #id = new Uint32Array(idWords);
  readonly #onUsedKeyGone: (uses: KeyUses) => void;

  /** @param onUsedKeyGone called with the uses of a deleted key that nobody has taken */
  constructor(onUsedKeyGone: (uses: KeyUses) => void = () => {}) {
    this.#onUsedKeyGone = onUsedKeyGone;
  }

  /** How many keys there are. */
  get size(): number {
    return this.#records.count;
  }

  /** The bytes of records and index; the values that keys share are on the heap and not counted. */
  get bytes(): number {
    return this.#records.bytes + this.#index.bytes;
  }

  /** How many distinct values the keys share, and inactive flags hold: what the memory beside `bytes` is for. */
  get shared(): AccessProfiles['sizes'] {
    return this.#profiles.sizes;
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
    this.#check(key);
    const hash = this.#records.probeBytes(key.digest);
    const known = this.#index.find(hash);
    if (known === absent && this.size === maxRecords) throw new RangeError(`More than ${maxRecords} keys`);
    // What the new state shares with the old is acquired before it is released, and so never dropped between.
    const { grant: profile, user } = this.#profiles.acquire(key.profile);
    const handle = known === absent ? this.#records.append() : known;
    if (known === absent) this.#index.insert(hash, handle);
    else this.#releaseProfile(handle);
    this.#records.setWord(handle, grantAt, profile);
    this.#records.setWord(handle, userAt, user);
    this.#records.setWords(handle, idAt, this.#id);
    // What expired before 1970 has expired in 1970 as well.
    const expiresAtMs = Math.max(0, key.expiresAtMs ?? never);
    const flags = (key.active ? activeFlag : 0) | (key.rotated ? rotatedFlag : 0);
    this.#records.setTime(handle, expiryAt, expiresAtMs, flags);
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
    if (this.#uses.of(handle) > 0) this.#onUsedKeyGone(this.#takeUsesOf(handle));
    this.#releaseProfile(handle);
    this.#index.remove(hash, handle);
    const last = this.size - 1;
    if (handle !== last) this.#index.renumber(this.#records.hashOf(last), last, handle);
    this.#records.removeByLast(handle);
    return true;
  }

  /** Sets the status of a tenant, for all its keys at once, also for those still to come. */
  setTenantActive(tenantId: string, active: boolean): void {
    this.#profiles.setTenantActive(tenantId, active);
  }

  /** Sets the status of an environment, as for a tenant. */
  setEnvironmentActive(tenantId: string, environmentId: string, active: boolean): void {
    this.#profiles.setEnvironmentActive(tenantId, environmentId, active);
  }

  /** Sets the status of a user, as for a tenant. */
  setUserActive(tenantId: string, userId: string, active: boolean): void {
    this.#profiles.setUserActive(tenantId, userId, active);
  }

  /** The status of a user, who may have no key here; one that was never heard of is active. */
  isUserActive(tenantId: string, userId: string): boolean {
    return this.#profiles.isUserActive(tenantId, userId);
  }

  /** Returns whether the key and its tenant, environment and user are all active. */
  isActive(handle: Handle): boolean {
    if ((this.#flagsOf(handle) & activeFlag) === 0) return false;
    const { environment } = this.grant(handle);
    return environment.active && environment.tenant.active && this.#userOf(handle).active;
  }

  /** Milliseconds since the epoch, `Infinity` for never. */
  expiresAtMs(handle: Handle): number {
    const expiresAtMs = this.#records.timeMs(handle, expiryAt);
    return expiresAtMs === never ? Number.POSITIVE_INFINITY : expiresAtMs;
  }

  /** Returns whether another key replaces it, so that it works only until its expiry. */
  isRotated(handle: Handle): boolean {
    return (this.#flagsOf(handle) & rotatedFlag) !== 0;
  }

  /**
   * Counts a request in a window that begins with the first one after the last window's end. All that it costs is
   * counted; or nothing, if that would be more than the limit.
   * @returns how many requests the window would have with it
   */
  countRequest(handle: Handle, rateLimit: RateLimit, cost: number, nowMs: number): number {
    return this.#windows.count(handle, rateLimit, cost, nowMs);
  }

  /** How many milliseconds the window has left that `countRequest` counts in; 0: none is running. */
  windowEndsInMs(handle: Handle, { windowSeconds }: RateLimit, nowMs: number): number {
    return this.#windows.endsInMs(handle, windowSeconds * 1000, nowMs);
  }

  /**
   * Counts a use of the key.
   * @param addressHash of the address that it comes from, not 0
   * @returns whether that is another address than that of the last use, or the first since the uses were taken
   */
  countUse(handle: Handle, nowMs: number, addressHash: number): boolean {
    return this.#uses.count(handle, nowMs, addressHash);
  }

  /**
   * Takes the uses of keys out of the table, from a handle on: of at most 4096 keys, a fraction of a millisecond's
   * work. What moves meanwhile from behind `from` to before it is found by the next walk.
   * @param into where they are added
   * @param max how many at most
   * @returns where to go on, or `absent` at the end
   */
  takeUses(from: Handle, max: number, into: KeyUses[]): Handle {
    if (from >= this.size) return absent;
    const end = Math.min(this.#records.endOfPage(from), this.size);
    const full = into.length + max;
    let at = this.#uses.next(from);
    while (at < end && into.length < full) {
      into.push(this.#takeUsesOf(at));
      at = this.#uses.next(at);
    }
    return at < this.size ? at : absent;
  }

  /** Makes a string at each call; the other accessors return what is there. */
  id(handle: Handle): string {
    return this.readId(handle)();
  }

  /** The id as `id` makes it, when it is asked for, which may be when the handle isn't valid any more. */
  readId(handle: Handle): () => string {
    const first = this.#records.word(handle, idAt);
    const second = this.#records.word(handle, idAt + 1);
    const third = this.#records.word(handle, idAt + 2);
    const fourth = this.#records.word(handle, idAt + 3);
    return () => keyIdOf(first, second, third, fourth);
  }

  /** Returns the permissions and environment of a key, shared by all keys that have the same. */
  grant(handle: Handle): AccessProfile {
    return this.#profiles.grantAt(this.#records.word(handle, grantAt));
  }

  userId(handle: Handle): string {
    return this.#userOf(handle).id;
  }

  #flagsOf(handle: Handle): number {
    return this.#records.timeFlags(handle, expiryAt);
  }

  #userOf(handle: Handle) {
    return this.#profiles.userAt(this.#records.word(handle, userAt));
  }

  #takeUsesOf(handle: Handle): KeyUses {
    const uses = {
      keyId: this.id(handle),
      count: this.#uses.of(handle),
      lastUsedSeconds: this.#uses.lastUsedSeconds(handle),
    };
    this.#uses.forget(handle);
    return uses;
  }

  #releaseProfile(handle: Handle): void {
    this.#profiles.release(this.#records.word(handle, grantAt), this.#records.word(handle, userAt));
  }

  /** Leaves the key's id in `#id`. */
  #check(key: KeyRecord): void {
    if (key.digest.length !== digestLength) throw new TypeError(`A digest has ${digestLength} bytes`);
    if (!readKeyId(key.id, this.#id)) {
      throw new TypeError(`Key id ${key.id} is not key_ and 32 lower-case hex digits`);
    }
    if (key.expiresAtMs !== null && !Number.isSafeInteger(key.expiresAtMs)) {
      throw new TypeError(`Key ${key.id} expires at no instant`);
    }
  }
}
