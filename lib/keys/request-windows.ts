import { windowCountAt, windowEndAt } from './record-layout.ts';
import type { RecordPages } from './record-pages.ts';

/** How many requests each key has made, in windows of time. */
export class RequestWindows {
  readonly #records: RecordPages;

  constructor(records: RecordPages) {
    this.#records = records;
  }

  /** Counts a request in the record's window, which begins anew when it is over. Returns how many it has now. */
  count(record: number, windowMs: number, nowMs: number): number {
    const endsInMs = this.endsAtMs(record) - nowMs;
    // It has also ended if it would last too long: the limit has become another, or the clock was set back.
    const over = endsInMs <= 0 || endsInMs > windowMs;
    if (over) {
      this.#records.setTime(record, windowEndAt, nowMs + windowMs);
      this.#records.setWord(record, windowCountAt, 0);
    }
    return this.#records.increment(record, windowCountAt);
  }

  /** Milliseconds since the epoch. */
  endsAtMs(record: number): number {
    return this.#records.timeMs(record, windowEndAt);
  }
}
