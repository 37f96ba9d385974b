import { addressHashAt, lastUsedAt, useCountAt } from './record-layout.ts';
import type { RecordPages } from './record-pages.ts';

/** How often each key was used since that was last taken, when it was last, and from where. */
export class UseCounts {
  readonly #records: RecordPages;

  constructor(records: RecordPages) {
    this.#records = records;
  }

  /**
   * Counts a use.
   * @param addressHash of the address that it comes from, not 0
   * @returns whether that is another address than that of the last use, or the first since uses were taken
   */
  count(record: number, nowMs: number, addressHash: number): boolean {
    this.#records.increment(record, useCountAt);
    this.#records.setWord(record, lastUsedAt, nowMs / 1000);
    if (this.#records.word(record, addressHashAt) === addressHash) return false;
    this.#records.setWord(record, addressHashAt, addressHash);
    return true;
  }

  of(record: number): number {
    return this.#records.word(record, useCountAt);
  }

  /** Seconds since the epoch; undefined contents if the record has no uses. */
  lastUsedSeconds(record: number): number {
    return this.#records.word(record, lastUsedAt);
  }

  /** Forgets the uses that were counted, and the address of the last one. */
  forget(record: number): void {
    this.#records.setWord(record, useCountAt, 0);
    this.#records.setWord(record, addressHashAt, 0);
  }

  /** The first record with uses from this one on in its page, or the first of the next page. */
  next(record: number): number {
    return this.#records.nextNonZero(record, useCountAt);
  }
}
