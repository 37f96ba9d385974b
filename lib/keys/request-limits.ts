import { LRUCache } from 'lru-cache';
import type { Identity } from './identity.ts';
import type { RateLimit } from './key-profile.ts';
import type { KeyState } from './key-state.ts';
import { absent, type Handle } from './key-table.ts';

/** What is left of a limit after a request. */
export interface RequestCount {
  limit: number;
  remaining: number;
  /** Until the window ends. */
  resetMs: number;
  exceeded: boolean;
}

interface Window {
  count: number;
  endsAtMs: number;
}

/**
 * Counts requests in windows, by names: ~200 bytes each; beyond `maxEntries` names, the longest unused one is
 * forgotten.
 */
export class Windows {
  readonly #windows: LRUCache<string, Window>;

  constructor(maxEntries: number) {
    this.#windows = new LRUCache({ max: maxEntries });
  }

  /** Counts one, in a window that begins with the first one after the last window's end. */
  count(name: string, { limit, windowSeconds }: RateLimit, nowMs: number): RequestCount {
    const windowMs = windowSeconds * 1000;
    let window = this.#windows.get(name);
    if (window === undefined || window.endsAtMs <= nowMs || window.endsAtMs > nowMs + windowMs) {
      window = { count: 0, endsAtMs: nowMs + windowMs };
      this.#windows.set(name, window);
    }
    window.count++;
    return requestCount(limit, window.count, window.endsAtMs - nowMs);
  }
}

/** How many configured keys are counted at once: there are a handful. */
const configuredKeysMaxEntries = 1_000;

/** Counts the requests of accepted keys in this process: those of stored keys where the keys are, in the table. */
export class RequestLimits {
  readonly #state: KeyState;
  readonly #configuredKeys = new Windows(configuredKeysMaxEntries);

  constructor(state: KeyState) {
    this.#state = state;
  }

  /**
   * Counts a request.
   * @param handle of the key, `absent` for a configured one
   */
  count(handle: Handle, identity: Identity, rateLimit: RateLimit, nowMs: number): RequestCount {
    if (handle === absent) return this.#configuredKeys.count(identity.keyId, rateLimit, nowMs);
    const { keys } = this.#state;
    const count = keys.countRequest(handle, rateLimit.windowSeconds * 1000, nowMs);
    return requestCount(rateLimit.limit, count, keys.windowEndsAtMs(handle) - nowMs);
  }
}

const requestCount = (limit: number, count: number, resetMs: number): RequestCount => ({
  limit,
  remaining: Math.max(0, limit - count),
  resetMs,
  exceeded: count > limit,
});
