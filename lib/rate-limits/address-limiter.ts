import { LRUCache } from 'lru-cache';
import type { MaybePromise } from '../auth/maybe-promise.ts';
import { LruRateLimiter } from './lru-rate-limiter.ts';
import type { RedisRateLimiter } from './redis-rate-limiter.ts';
import type { RequestCount } from './request-count.ts';

const windowSeconds = 60;

/** Addresses that are counted at once, ~200 bytes each; beyond, the least recently used one is forgotten. */
const maxEntries = 100_000;

/** Blocks addresses that present too many refused keys, for the rest of a minute. */
export class AddressLimiter {
  /** Requests from blocked addresses, since the start. */
  refusals = 0;
  readonly #redis: RedisRateLimiter | null;
  readonly #subnetOf: (address: string) => string;
  readonly #limit: { limit: number; windowSeconds: number };
  readonly #failures = new LruRateLimiter(maxEntries);
  /** By subnet: when the block ends, in milliseconds since the epoch. */
  readonly #blocked = new LRUCache<string, number>({ max: maxEntries });

  /**
   * @param failedAuthLimit refused keys that an address may present in a minute; 0: any number
   * @param subnetOf the IPv6 network that one customer gets, of an IPv6 address
   */
  constructor(
    redis: RedisRateLimiter | null,
    failedAuthLimit: number,
    subnetOf: (address: string) => string,
  ) {
    this.#redis = redis;
    this.#limit = { limit: failedAuthLimit, windowSeconds };
    this.#subnetOf = subnetOf;
  }

  /** Returns whether any address may be blocked now: rarely, and then nobody's address has to be worked out. */
  get hasBlocked(): boolean {
    return this.#blocked.size > 0;
  }

  /** Returns how many milliseconds the address is still blocked, or 0, and counts the refusal. Asks only memory. */
  blockedForMs(address: string): number {
    if (!this.hasBlocked) return 0;
    const endsInMs = (this.#blocked.get(this.#rateLimitSubnet(address)) ?? 0) - Date.now();
    if (endsInMs <= 0) return 0;
    this.refusals += 1;
    return endsInMs;
  }

  /** Counts a refused key against the address. */
  recordFailure(address: string): MaybePromise<void> {
    if (this.#limit.limit === 0) return;
    const subnet = this.#rateLimitSubnet(address);
    if (this.#redis === null || this.#redis.isPaused) return this.#block(subnet, this.#countHere(subnet));
    return this.#recordInRedis(this.#redis, subnet);
  }

  async #recordInRedis(redis: RedisRateLimiter, subnet: string): Promise<void> {
    const count = await redis.count(`address:${subnet}`, this.#limit, 1);
    this.#block(subnet, count ?? this.#countHere(subnet));
  }

  #countHere(subnet: string): RequestCount {
    return this.#failures.count(subnet, this.#limit, 1, Date.now());
  }

  #block(subnet: string, { remaining, resetMs }: RequestCount): void {
    if (remaining === 0) this.#blocked.set(subnet, Date.now() + resetMs);
  }

  /** Returns what failures count against: an IPv4 address, or an IPv6 network. */
  #rateLimitSubnet(address: string): string {
    return address.includes(':') ? this.#subnetOf(address) : address;
  }
}
