import { LRUCache } from 'lru-cache';
import type { RedisRateLimiter } from './redis-rate-limiter.ts';

/** The answer to a request, as @fastify/rate-limit wants it. */
export interface BucketState {
  /** Requests that fill the bucket now; more than the maximum: this one was refused. */
  current: number;
  /** Milliseconds until the bucket is empty, or for a refused request until it would be accepted. */
  ttl: number;
}

interface Bucket {
  level: number;
  atMs: number;
}

/** Tenants and addresses that are counted at once, ~200 bytes each; beyond, the least recently used one is forgotten. */
const maxEntries = 100_000;

type Callback = (error: Error | null, state?: BucketState) => void;

/**
 * Counts requests in buckets that leak: a bucket takes `max` requests at once, and empties evenly in `timeWindow`. So no
 * window's boundary lets twice as many through. A refused request isn't counted.
 * The counts are Redis's while it answers, and else those of this process.
 */
class BucketStore {
  readonly #redis: RedisRateLimiter | null;
  readonly #buckets = new LRUCache<string, Bucket>({ max: maxEntries });

  constructor(redis: RedisRateLimiter | null) {
    this.#redis = redis;
  }

  /** Counts a request. @param timeWindow milliseconds in which a full bucket empties */
  incr(name: string, done: Callback, timeWindow: number, max: number): void {
    const count = (state: BucketState | null) => done(null, state ?? this.#count(name, timeWindow, max));
    if (this.#redis === null || this.#redis.isPaused) count(null);
    else this.#redis.countInBucket(`rate:${name}`, max, timeWindow).then(count, done);
  }

  /** Each limiter asks for a store of its own; all of ours share one, and put their name before that of the bucket. */
  child(): BucketStore {
    return this;
  }

  #count(name: string, timeWindow: number, max: number): BucketState {
    const nowMs = performance.now();
    const perMs = max / timeWindow;
    const { level, atMs } = this.#buckets.get(name) ?? { level: 0, atMs: nowMs };
    const left = Math.max(0, level - (nowMs - atMs) * perMs);
    if (left + 1 > max) return { current: max + 1, ttl: Math.ceil((left + 1 - max) / perMs) };
    this.#buckets.set(name, { level: left + 1, atMs: nowMs });
    return { current: Math.ceil(left + 1), ttl: Math.ceil((left + 1) / perMs) };
  }
}

/** Returns the class of a store, as @fastify/rate-limit makes one itself. */
export const bucketStoreOn = (redis: RedisRateLimiter | null) =>
  class extends BucketStore {
    constructor() {
      super(redis);
    }
  };
