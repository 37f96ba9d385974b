import { randomInt } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AuthResult, RefusedResult } from '../auth/auth-result.ts';
import { absent, type Handle, type KeyUses } from '../key-table/key-table.ts';
import type { ReplicatedState } from '../replica/replicated-state.ts';

/** The outcomes that usage is counted by. */
type UsageOutcome = 'accepted' | 'limited' | 'permission' | 'expired' | 'inactive';

type Denial = Exclude<UsageOutcome, 'accepted'>;

/** The counts of one key: all of them stand for the hour of `atSeconds`. */
export interface UsageCount extends Record<UsageOutcome, number> {
  keyId: string;
  /** When the last of them was counted: seconds since the epoch. */
  atSeconds: number;
}

/** An address that a key was used from. */
interface SeenAddress {
  keyId: string;
  address: string;
  lastSeenSeconds: number;
}

/** Everything counted since the last batch was taken. Several counts and addresses may be of the same key. */
export interface UsageBatch {
  counts: UsageCount[];
  addresses: SeenAddress[];
}

/** Keys with refusals, ~200 bytes each; beyond, refusals of further keys aren't counted. */
const deniedKeysMax = 20_000;

/** Addresses of all keys, ~150 bytes each, and of one key; beyond, further ones aren't remembered. */
const addressesMax = 20_000;
const addressesOfKeyMax = 100;

/** How long a walk through the table may keep requests waiting. */
const turnMs = 1;

interface Addresses {
  /** When each was last seen, in seconds since the epoch. */
  seen: Map<string, number>;
  /** The address of the last use, remembered or not. */
  last: string;
}

/**
 * Counts what stored keys are used for, until that is taken to be written down.
 *
 * Uses are counted in the table of keys, where their number doesn't matter, in constant memory. Only what is rare
 * is kept beside it: refusals, and addresses other than that of the use before.
 */
export class UsageCounter {
  readonly #state: ReplicatedState;
  readonly #denials = new Map<string, UsageCount>();
  readonly #addresses = new Map<string, Addresses>();
  #addressCount = 0;
  /** How far the last walk through the table came. */
  #next: Handle = 0;
  /** Nobody can choose two addresses that look like one. */
  readonly #seed = randomInt(2 ** 32);

  constructor(state: ReplicatedState) {
    this.#state = state;
  }

  /**
   * Counts a request whose key was accepted. Configured keys aren't counted, nor is a key that was deleted meanwhile.
   * @param handle position of the key at this instant
   * @param outcome after its limit and its permissions were checked
   */
  countOutcome(handle: Handle, outcome: AuthResult['outcome'], address: string, nowMs: number): void {
    if (handle === absent) return;
    if (outcome === 'accepted') this.#countUse(handle, address, nowMs);
    else if (outcome === 'limited' || outcome === 'permission')
      this.#countDenial(this.#state.keys.id(handle), outcome, nowMs);
  }

  /** Counts a request whose key was refused, if it is a stored key. */
  countRefusal({ outcome, key }: RefusedResult, nowMs: number): void {
    if (key === null || !key.isStored) return;
    if (outcome === 'expired' || outcome === 'inactive') this.#countDenial(key.keyId, outcome, nowMs);
  }

  /** Allocates nothing unless the client address changed since the last use. */
  #countUse(handle: Handle, address: string, nowMs: number): void {
    const { keys } = this.#state;
    const changed = keys.countUse(handle, nowMs, this.#hashOf(address));
    if (changed) this.#see(keys.id(handle), address, Math.floor(nowMs / 1000));
  }

  #countDenial(keyId: string, reason: Denial, nowMs: number): void {
    let count = this.#denials.get(keyId);
    if (count === undefined) {
      if (this.#denials.size >= deniedKeysMax) return;
      count = noneOf(keyId);
      this.#denials.set(keyId, count);
    }
    count[reason]++;
    count.atSeconds = Math.floor(nowMs / 1000);
  }

  /**
   * Takes what was counted, of so many keys at most; the next time goes on where this one ended. It lets requests
   * through in between, whose uses are in this batch or in the next.
   */
  async take(keysMax: number): Promise<UsageBatch> {
    const batch: UsageBatch = { counts: [], addresses: [] };
    const uses = this.#state.takeUsageOfDeletedKeys(keysMax);
    this.#add(uses, batch);
    await this.#walk(keysMax, batch);
    for (const [keyId, count] of this.#denials) {
      if (batch.counts.length >= keysMax) break;
      batch.counts.push(count);
      this.#denials.delete(keyId);
    }
    return batch;
  }

  /** Goes through the table from where it ended the last time, and once from its beginning. */
  async #walk(keysMax: number, batch: UsageBatch): Promise<void> {
    let fromBeginning = this.#next === 0;
    let turnEndsMs = performance.now() + turnMs;
    while (batch.counts.length < keysMax) {
      const uses: KeyUses[] = [];
      this.#next = this.#state.keys.takeUses(this.#next, keysMax - batch.counts.length, uses);
      this.#add(uses, batch);
      if (this.#next === absent) {
        this.#next = 0;
        if (fromBeginning) return;
        fromBeginning = true;
      }
      if (performance.now() < turnEndsMs) continue;
      await nextTurn();
      turnEndsMs = performance.now() + turnMs;
    }
  }

  /** Adds uses that were just taken, in the same breath, and with them the addresses that they came from. */
  #add(uses: readonly KeyUses[], { counts, addresses }: UsageBatch): void {
    for (const { keyId, count, lastUsedSeconds } of uses) {
      counts.push({ ...noneOf(keyId), accepted: count, atSeconds: lastUsedSeconds });
      const known = this.#addresses.get(keyId);
      if (known === undefined) continue;
      if (known.seen.has(known.last)) known.seen.set(known.last, lastUsedSeconds);
      for (const [address, lastSeenSeconds] of known.seen)
        addresses.push({ keyId, address, lastSeenSeconds });
      this.#addresses.delete(keyId);
      this.#addressCount -= known.seen.size;
    }
  }

  #see(keyId: string, address: string, nowSeconds: number): void {
    let known = this.#addresses.get(keyId);
    if (known === undefined) {
      if (this.#addressCount >= addressesMax) return;
      known = { seen: new Map(), last: address };
      this.#addresses.set(keyId, known);
    }
    known.last = address;
    if (!known.seen.has(address)) {
      if (this.#addressCount >= addressesMax || known.seen.size >= addressesOfKeyMax) return;
      this.#addressCount++;
    }
    known.seen.set(address, nowSeconds);
  }

  /** FNV-1a, from a secret beginning; 0 stands for no address. */
  #hashOf(address: string): number {
    let hash = this.#seed;
    for (let i = 0; i < address.length; i++) hash = Math.imul(hash ^ address.charCodeAt(i), 0x01000193);
    return hash >>> 0 || 1;
  }
}

const noneOf = (keyId: string): UsageCount => ({
  keyId,
  atSeconds: 0,
  accepted: 0,
  limited: 0,
  permission: 0,
  expired: 0,
  inactive: 0,
});
