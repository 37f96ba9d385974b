import { randomBytes } from 'node:crypto';
import { digestHash } from './digest-hash.ts';
import { digestAt, digestWords, recordWords } from './record-layout.ts';

const pageBits = 12;
const pageRecords = 1 << pageBits;
const pageWords = pageRecords * recordWords;

/** Nothing counts further. */
const maxCount = 0xffff_ffff;

/** Times have 53 bits: what is above them in the high word is free for flags. */
const timeHighBits = 21;
const timeHighMask = (1 << timeHighBits) - 1;
const wordRange = 2 ** 32;

/**
 * The records of all keys, numbered from 0 without a gap, 88 bytes each, in pages of 4096: it grows by a page,
 * and nothing is ever copied. A removed record's place is taken by the last one.
 *
 * One digest at a time can be put in the probe, to be hashed, compared and appended without a copy in between.
 */
export class RecordPages {
  readonly #pages: Uint32Array[] = [];
  readonly #probe = new Uint32Array(digestWords);
  readonly #seedLow: number;
  readonly #seedHigh: number;
  #count = 0;

  constructor() {
    const seed = randomBytes(8);
    this.#seedLow = seed.readInt32LE(0);
    this.#seedHigh = seed.readInt32LE(4);
  }

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#pages.length * pageWords * 4;
  }

  /** Puts a digest of 32 bytes in the probe. Returns its hash. */
  probeBytes(digest: Uint8Array): number {
    for (let word = 0, at = 0; word < digestWords; word++, at += 4) {
      this.#probe[word] =
        (digest[at] ?? 0) |
        ((digest[at + 1] ?? 0) << 8) |
        ((digest[at + 2] ?? 0) << 16) |
        ((digest[at + 3] ?? 0) << 24);
    }
    return digestHash(this.#probe, 0, this.#seedLow, this.#seedHigh);
  }

  /** Puts a digest of 32 characters, one a byte, in the probe. Returns its hash. */
  probeBinary(digest: string): number {
    for (let word = 0, at = 0; word < digestWords; word++, at += 4) {
      this.#probe[word] =
        digest.charCodeAt(at) |
        (digest.charCodeAt(at + 1) << 8) |
        (digest.charCodeAt(at + 2) << 16) |
        (digest.charCodeAt(at + 3) << 24);
    }
    return digestHash(this.#probe, 0, this.#seedLow, this.#seedHigh);
  }

  /** The hash of a record's digest. */
  hashOf(record: number): number {
    return digestHash(this.#pageOf(record), wordAt(record) + digestAt, this.#seedLow, this.#seedHigh);
  }

  /** Returns whether a record has the digest in the probe. */
  matches(record: number): boolean {
    const page = this.#pageOf(record);
    const at = wordAt(record) + digestAt;
    for (let word = 0; word < digestWords; word++) {
      if (page[at + word] !== this.#probe[word]) return false;
    }
    return true;
  }

  /** Adds a record with the digest in the probe, and 0 in all other fields. Returns its number. */
  append(): number {
    const record = this.#count;
    if (record === this.#pages.length * pageRecords) this.#pages.push(new Uint32Array(pageWords));
    const page = this.#pageOf(record);
    page.fill(0, wordAt(record), wordAt(record) + recordWords);
    page.set(this.#probe, wordAt(record) + digestAt);
    this.#count++;
    return record;
  }

  /** Moves the last record to another's number, which is gone then. It may be the last one itself. */
  removeByLast(record: number): void {
    const last = this.#count - 1;
    const moved = this.#pageOf(last).subarray(wordAt(last), wordAt(last) + recordWords);
    this.#pageOf(record).set(moved, wordAt(record));
    this.#count = last;
    // One empty page is kept, so that a count that moves about a page's border doesn't allocate each time.
    if (last <= (this.#pages.length - 2) * pageRecords) this.#pages.pop();
  }

  word(record: number, field: number): number {
    return this.#pageOf(record)[wordAt(record) + field] ?? 0;
  }

  setWord(record: number, field: number, value: number): void {
    this.#pageOf(record)[wordAt(record) + field] = value;
  }

  /** Adds one to a field, and returns what it is then. */
  increment(record: number, field: number): number {
    const count = Math.min(this.word(record, field) + 1, maxCount);
    this.setWord(record, field, count);
    return count;
  }

  setWords(record: number, field: number, values: Uint32Array): void {
    this.#pageOf(record).set(values, wordAt(record) + field);
  }

  /** A time of two words: whole milliseconds since the epoch. */
  timeMs(record: number, field: number): number {
    const high = this.word(record, field + 1) & timeHighMask;
    return high * wordRange + this.word(record, field);
  }

  /** The bits above a time. */
  timeFlags(record: number, field: number): number {
    return this.word(record, field + 1) >>> timeHighBits;
  }

  /**
   * @param timeMs a safe integer, not negative
   * @param flags of 11 bits
   */
  setTime(record: number, field: number, timeMs: number, flags = 0): void {
    // Storing into a Uint32Array keeps the number modulo 2^32.
    this.setWord(record, field, timeMs);
    this.setWord(record, field + 1, Math.floor(timeMs / wordRange) | (flags << timeHighBits));
  }

  /** The first record of the page after a record's. */
  endOfPage(record: number): number {
    return record - (record % pageRecords) + pageRecords;
  }

  /** The first record from this one on in its page in which a field isn't 0, or the first one of the next page. */
  nextNonZero(record: number, field: number): number {
    const page = this.#pageOf(record);
    let at = wordAt(record) + field;
    while (at < pageWords && page[at] === 0) at += recordWords;
    return record - (record % pageRecords) + Math.floor(at / recordWords);
  }

  #pageOf(record: number): Uint32Array {
    const page = this.#pages[record >>> pageBits];
    if (page === undefined) throw new RangeError(`No record ${record}`);
    return page;
  }
}

const wordAt = (record: number): number => (record % pageRecords) * recordWords;
