import { LRUCache } from 'lru-cache';
import type { Identity } from '../auth/identity.ts';
import type { RateLimit } from '../key-table/key-profile.ts';
import { absent, type Handle } from '../key-table/key-table.ts';
import type { ReplicatedState } from '../replica/replicated-state.ts';

/** What is left of a limit after a request. */
export interface RequestCount {
  limit: number;
  remaining: number;
  /** Until the window ends; 0: none is running. */
  resetMs: number;
  /** Whether the request was more than what was left, and so wasn't counted. One that costs nothing never is. */
  exceeded: boolean;
}

/**
 * @param wanted what the window would have with the request
 * @param cost what of it is the request's
 */
export function requestCount(limit: number, wanted: number, cost: number, resetMs: number): RequestCount {
  const exceeded = cost > 0 && wanted > limit;
  const counted = exceeded ? wanted - cost : wanted;
  return { limit, remaining: Math.max(0, limit - counted), resetMs, exceeded };
}

interface Window {
  count: number;
  endsAtMs: number;
}

/**
 * Counts requests in windows, by names: ~200 bytes each; beyond `maxEntries` names, the longest unused one is
 * forgotten.
 */
export class LruRateLimiter {
  readonly #windows: LRUCache<string, Window>;

  constructor(maxEntries: number) {
    this.#windows = new LRUCache({ max: maxEntries });
  }

  /**
   * Counts a request, in a window that begins with the first one after the last window's end. All that it costs is
   * counted, or nothing.
   */
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

/** How many configured keys are counted at once: there are a handful. */
const configuredKeysMaxEntries = 1_000;

/** Counts the requests of accepted keys in this process: those of stored keys where the keys are, in the table. */
export class ProcessRateLimiter {
  readonly #state: ReplicatedState;
  readonly #configuredKeys = new LruRateLimiter(configuredKeysMaxEntries);

  constructor(state: ReplicatedState) {
    this.#state = state;
  }

  /**
   * Counts a request.
   * @param handle of the key, `absent` for a configured one
   * @param cost all of which is counted, or nothing
   */
  count(handle: Handle, identity: Identity, rateLimit: RateLimit, cost: number, nowMs: number): RequestCount {
    if (handle === absent) return this.#configuredKeys.count(identity.keyId, rateLimit, cost, nowMs);
    const { keys } = this.#state;
    const wanted = keys.countRequest(handle, rateLimit, cost, nowMs);
    const resetMs = keys.windowEndsInMs(handle, rateLimit, nowMs);
    return requestCount(rateLimit.limit, wanted, cost, resetMs);
  }
}
