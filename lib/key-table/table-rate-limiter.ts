import type { RateLimit } from './key-profile.ts';
import { windowCountAt, windowEndAt } from './record-layout.ts';
import type { RecordPages } from './record-pages.ts';

/** How many requests each key has made, in windows of time. */
export class TableRateLimiter {
  readonly #records: RecordPages;

  constructor(records: RecordPages) {
    this.#records = records;
  }

  /**
   * Counts `cost` requests in the record's window, which begins anew when it is over; or none, if that would be more
   * than the limit. Returns how many it would have with them.
   */
  count(record: number, { limit, windowSeconds }: RateLimit, cost: number, nowMs: number): number {
    const windowMs = windowSeconds * 1000;
    const runs = this.endsInMs(record, windowMs, nowMs) > 0;
    const wanted = (runs ? this.#records.word(record, windowCountAt) : 0) + cost;
    if (cost === 0 || wanted > limit) return wanted;
    if (!runs) this.#records.setTime(record, windowEndAt, nowMs + windowMs);
    this.#records.setWord(record, windowCountAt, wanted);
    return wanted;
  }

  /** Milliseconds; 0: none is running. */
  endsInMs(record: number, windowMs: number, nowMs: number): number {
    const endsInMs = this.#records.timeMs(record, windowEndAt) - nowMs;
    // It has also ended if it would last too long: the limit has become another, or the clock was set back.
    return endsInMs > windowMs ? 0 : Math.max(0, endsInMs);
  }
}
