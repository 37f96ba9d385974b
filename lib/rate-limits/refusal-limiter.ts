import { LRUCache } from 'lru-cache';
import type { MaybePromise } from '../auth/maybe-promise.ts';
import { LruRateLimiter } from './lru-rate-limiter.ts';
import type { RedisRateLimiter } from './redis-rate-limiter.ts';
import type { RequestCount } from './request-count.ts';

const windowSeconds = 60;

/** Senders that are counted at once, ~200 bytes each; beyond, the least recently used one is forgotten. */
const maxEntries = 100_000;

/**
 * Counts refused requests: unknown keys by address, refused keys by id, webhooks by address and destination. Whoever
 * sends too many is told to wait for the rest of a minute. What would be accepted is never refused for it: the caller
 * decides first, and counts only what it refuses.
 */
export class RefusalLimiter {
  /** The requests that were told to wait, since the start. */
  refusals = 0;
  readonly #redis: RedisRateLimiter | null;
  readonly #subnetOf: (address: string) => string;
  readonly #limit: { limit: number; windowSeconds: number };
  readonly #counts = new LruRateLimiter(maxEntries);
  /** By name: when the window ends of a sender that is at the limit, in milliseconds since the epoch. */
  readonly #exhausted = new LRUCache<string, number>({ max: maxEntries });

  /**
   * @param limit refused requests in a minute; 0: any number
   * @param subnetOf the network that one customer gets, of an address
   */
  constructor(redis: RedisRateLimiter | null, limit: number, subnetOf: (address: string) => string) {
    this.#subnetOf = subnetOf;
    this.#redis = redis;
    this.#limit = { limit, windowSeconds };
  }

  /** Counts a request whose key is unknown. @returns milliseconds to wait; 0: within the limit */
  countUnknownKey(address: string): MaybePromise<number> {
    return this.#count(`address:${this.#subnetOf(address)}`);
  }

  /** Counts a request with a key that is known and refused. @returns as `countUnknownKey` */
  countRefusedKey(keyId: string): MaybePromise<number> {
    return this.#count(`refused:${keyId}`);
  }

  /** Counts a webhook that was refused. @param environmentId `null`: the destination doesn't exist */
  countWebhook(address: string, environmentId: string | null): MaybePromise<number> {
    return this.#count(this.#webhookName(address, environmentId));
  }

  /** Returns how many milliseconds webhooks from an address to a destination have to wait, and counts the refusal. */
  webhookWaitMs(address: string, environmentId: string | null): number {
    return this.#waitMs(this.#webhookName(address, environmentId));
  }

  #count(name: string): MaybePromise<number> {
    if (this.#limit.limit === 0) return 0;
    const waitMs = this.#waitMs(name);
    if (waitMs > 0) return waitMs;
    if (this.#redis === null || this.#redis.isPaused) return this.#settle(name, this.#countHere(name));
    return this.#countInRedis(this.#redis, name);
  }

  async #countInRedis(redis: RedisRateLimiter, name: string): Promise<number> {
    const count = await redis.count(name, this.#limit, 1);
    return this.#settle(name, count ?? this.#countHere(name));
  }

  #countHere(name: string): RequestCount {
    return this.#counts.count(name, this.#limit, 1, Date.now());
  }

  #settle(name: string, { remaining, resetMs, exceeded }: RequestCount): number {
    if (remaining === 0) this.#exhausted.set(name, Date.now() + resetMs);
    if (!exceeded) return 0;
    this.refusals += 1;
    return resetMs;
  }

  #waitMs(name: string): number {
    if (this.#exhausted.size === 0) return 0;
    const endsInMs = (this.#exhausted.get(name) ?? 0) - Date.now();
    if (endsInMs <= 0) return 0;
    this.refusals += 1;
    return endsInMs;
  }

  #webhookName(address: string, environmentId: string | null): string {
    return `webhook:${environmentId ?? ''}:${this.#subnetOf(address)}`;
  }
}
