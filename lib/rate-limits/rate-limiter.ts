import type { AcceptedKey } from '../auth/auth-result.ts';
import type { Identity } from '../auth/identity.ts';
import type { MaybePromise } from '../auth/maybe-promise.ts';
import type { RateLimit } from '../key-table/key-profile.ts';
import { absent, type Handle, type KeyTable } from '../key-table/key-table.ts';
import { LruRateLimiter } from './lru-rate-limiter.ts';
import type { RedisRateLimiter } from './redis-rate-limiter.ts';
import { type RequestCount, requestCount } from './request-count.ts';

export interface RateLimiterOptions {
  /** The replicated keys, which hold the counts of stored keys. */
  state: { readonly keys: KeyTable };
  /** `null`: each process counts by itself. */
  redis: RedisRateLimiter | null;
}

/** Configured keys with a limit that are counted at once: there are a handful. */
const configuredKeysMaxEntries = 1_000;

/**
 * Counts the requests of accepted keys against their limits: in Redis, together with all processes that use it, or in
 * this process without Redis and while Redis can't be reached.
 */
export class RateLimiter {
  /** Requests that exceeded the limit of their key, since the start. */
  keyRefusals = 0;
  readonly #state: RateLimiterOptions['state'];
  readonly #redis: RedisRateLimiter | null;
  readonly #configuredKeys = new LruRateLimiter(configuredKeysMaxEntries);

  constructor({ state, redis }: RateLimiterOptions) {
    this.#state = state;
    this.#redis = redis;
  }

  /** `process`: each process counts by itself, because there is no Redis or it can't be reached. */
  get mode(): 'shared' | 'process' {
    return this.#redis?.works ? 'shared' : 'process';
  }

  /** Failed requests to Redis, since the start. */
  get redisFailures(): number {
    return this.#redis?.failures ?? 0;
  }

  /**
   * Counts a request that costs `cost` against the key's limit: all of it, or nothing if that is more than what is left.
   * At cost 0 it only looks.
   * @param nowMs milliseconds since the epoch
   * @returns `null` if the key has no limit
   */
  countKey(key: AcceptedKey, cost: number, nowMs: number): MaybePromise<RequestCount | null> {
    const { rateLimit } = key.identity;
    if (rateLimit === null) return null;
    if (this.#redis === null || this.#redis.isPaused)
      return this.#countHere(key.handle, key.identity, rateLimit, cost, nowMs);
    return this.#countInRedis(this.#redis, key, rateLimit, cost, nowMs);
  }

  async #countInRedis(
    redis: RedisRateLimiter,
    key: AcceptedKey,
    rateLimit: RateLimit,
    cost: number,
    nowMs: number,
  ): Promise<RequestCount> {
    const count = await redis.count(`key:${key.identity.keyId}`, rateLimit, cost);
    // The key may have moved in the table while Redis was asked.
    return count ?? this.#countHere(this.#state.keys.find(key.digest), key.identity, rateLimit, cost, nowMs);
  }

  #countHere(
    handle: Handle,
    { keyId }: Identity,
    rateLimit: RateLimit,
    cost: number,
    nowMs: number,
  ): RequestCount {
    if (handle === absent) return this.#configuredKeys.count(keyId, rateLimit, cost, nowMs);
    const { keys } = this.#state;
    const wanted = keys.countRequest(handle, rateLimit, cost, nowMs);
    return requestCount(rateLimit.limit, wanted, cost, keys.windowEndsInMs(handle, rateLimit, nowMs));
  }

  close(): void {
    this.#redis?.close();
  }
}
