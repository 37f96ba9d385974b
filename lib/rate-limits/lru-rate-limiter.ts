import { LRUCache } from 'lru-cache';
import type { RateLimit } from '../key-table/key-profile.ts';
import { type RequestCount, requestCount } from './request-count.ts';

interface Window {
  count: number;
  endsAtMs: number;
}

/**
 * Counts requests by name, in windows that begin with the first request after the last window's end. Holds ~200 bytes
 * for each name, and forgets the least recently used one beyond `maxEntries`.
 */
export class LruRateLimiter {
  readonly #windows: LRUCache<string, Window>;

  constructor(maxEntries: number) {
    this.#windows = new LRUCache({ max: maxEntries });
  }

  /** Counts a request that costs `cost`: all of it, or nothing if that would exceed the limit. */
  count(name: string, { limit, windowSeconds }: RateLimit, cost: number, nowMs: number): RequestCount {
    const windowMs = windowSeconds * 1000;
    let window = this.#windows.get(name);
    if (window === undefined || window.endsAtMs <= nowMs || window.endsAtMs > nowMs + windowMs)
      window = { count: 0, endsAtMs: nowMs };
    const wanted = window.count + cost;
    if (cost > 0 && wanted <= limit) {
      if (window.count === 0) window.endsAtMs = nowMs + windowMs;
      window.count = wanted;
      this.#windows.set(name, window);
    }
    return requestCount(limit, wanted, cost, window.endsAtMs - nowMs);
  }
}
