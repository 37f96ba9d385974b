import { randomBytes } from 'node:crypto';
import { digestHash } from './digest-hash.ts';
import { keyIdOf } from './key-id.ts';

/** Words of four bytes in a record: its digest, its id, and references to what it shares with others. */
const digestWords = 8;
const idAt = digestWords;
const recordWords = 14;
const recordBytes = recordWords * 4;

/** The words of a record that hold a reference. */
export const grantField = 12;
export const userField = 13;

const pageBits = 12;
const pageRecords = 1 << pageBits;
const pageBytes = pageRecords * (recordBytes + 8 + 8 + 4 + 4 + 4 + 4 + 1);

/** Nothing counts further. */
const maxCount = 0xffff_ffff;

interface Page {
  readonly words: Uint32Array;
  /** The same memory as `words`. */
  readonly bytes: Buffer;
  readonly expiresAtMs: Float64Array;
  readonly windowEndsAtMs: Float64Array;
  readonly windowCounts: Uint32Array;
  readonly uses: Uint32Array;
  readonly lastUsedSeconds: Uint32Array;
  readonly addressHashes: Uint32Array;
  readonly flags: Uint8Array;
}

/**
 * The records of all keys, numbered from 0 without a gap, 89 bytes each, in pages of 4096: it grows by a page,
 * and nothing is ever copied. A removed record's place is taken by the last one.
 *
 * One digest at a time can be put in the probe, to be hashed, compared and appended without a copy in between.
 */
export class RecordPages {
  readonly #pages: Page[] = [];
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
    return this.#pages.length * pageBytes;
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
    return digestHash(this.#pageOf(record).words, wordAt(record), this.#seedLow, this.#seedHigh);
  }

  /** Whether a record has the digest in the probe. */
  matches(record: number): boolean {
    const { words } = this.#pageOf(record);
    const at = wordAt(record);
    for (let word = 0; word < digestWords; word++) {
      if (words[at + word] !== this.#probe[word]) return false;
    }
    return true;
  }

  /** Adds a record with the digest in the probe; its other fields are the caller's to set. Returns its number. */
  append(): number {
    const record = this.#count;
    if (record === this.#pages.length * pageRecords) this.#pages.push(newPage());
    const page = this.#pageOf(record);
    page.words.set(this.#probe, wordAt(record));
    page.windowEndsAtMs[record % pageRecords] = 0;
    page.uses[record % pageRecords] = 0;
    page.addressHashes[record % pageRecords] = 0;
    this.#count++;
    return record;
  }

  /** Moves the last record to another's number, which is gone then. It may be the last one itself. */
  removeByLast(record: number): void {
    const last = this.#count - 1;
    const from = this.#pageOf(last);
    const to = this.#pageOf(record);
    to.words.set(from.words.subarray(wordAt(last), wordAt(last) + recordWords), wordAt(record));
    to.expiresAtMs[record % pageRecords] = from.expiresAtMs[last % pageRecords] ?? 0;
    to.windowEndsAtMs[record % pageRecords] = from.windowEndsAtMs[last % pageRecords] ?? 0;
    to.windowCounts[record % pageRecords] = from.windowCounts[last % pageRecords] ?? 0;
    to.uses[record % pageRecords] = from.uses[last % pageRecords] ?? 0;
    to.lastUsedSeconds[record % pageRecords] = from.lastUsedSeconds[last % pageRecords] ?? 0;
    to.addressHashes[record % pageRecords] = from.addressHashes[last % pageRecords] ?? 0;
    to.flags[record % pageRecords] = from.flags[last % pageRecords] ?? 0;
    this.#count = last;
    // One empty page is kept, so that a count that moves about a page's border doesn't allocate each time.
    if (last <= (this.#pages.length - 2) * pageRecords) this.#pages.pop();
  }

  reference(record: number, field: number): number {
    return this.#pageOf(record).words[wordAt(record) + field] ?? 0;
  }

  setReference(record: number, field: number, ref: number): void {
    this.#pageOf(record).words[wordAt(record) + field] = ref;
  }

  /** Makes a string at each call. */
  id(record: number): string {
    return keyIdOf(this.#pageOf(record).bytes, (wordAt(record) + idAt) * 4);
  }

  setId(record: number, words: Uint32Array): void {
    this.#pageOf(record).words.set(words, wordAt(record) + idAt);
  }

  expiresAtMs(record: number): number {
    return this.#pageOf(record).expiresAtMs[record % pageRecords] ?? 0;
  }

  setExpiresAtMs(record: number, expiresAtMs: number): void {
    this.#pageOf(record).expiresAtMs[record % pageRecords] = expiresAtMs;
  }

  /** Counts a request in the record's window, which begins anew when it is over. Returns how many it has now. */
  countInWindow(record: number, windowMs: number, nowMs: number): number {
    const { windowEndsAtMs, windowCounts } = this.#pageOf(record);
    const at = record % pageRecords;
    const endsInMs = (windowEndsAtMs[at] ?? 0) - nowMs;
    // It has also ended if it would last too long: the limit has become another, or the clock was set back.
    const over = endsInMs <= 0 || endsInMs > windowMs;
    if (over) windowEndsAtMs[at] = nowMs + windowMs;
    const count = over ? 1 : Math.min((windowCounts[at] ?? 0) + 1, maxCount);
    windowCounts[at] = count;
    return count;
  }

  windowEndsAtMs(record: number): number {
    return this.#pageOf(record).windowEndsAtMs[record % pageRecords] ?? 0;
  }

  /**
   * Counts a use.
   * @param addressHash of the address that it comes from, not 0
   * @returns whether that is another address than that of the last use, or the first since uses were taken
   */
  countUse(record: number, nowMs: number, addressHash: number): boolean {
    const { uses, lastUsedSeconds, addressHashes } = this.#pageOf(record);
    const at = record % pageRecords;
    uses[at] = Math.min((uses[at] ?? 0) + 1, maxCount);
    lastUsedSeconds[at] = nowMs / 1000;
    if (addressHashes[at] === addressHash) return false;
    addressHashes[at] = addressHash;
    return true;
  }

  uses(record: number): number {
    return this.#pageOf(record).uses[record % pageRecords] ?? 0;
  }

  /** Seconds since the epoch; undefined contents if the record has no uses. */
  lastUsedSeconds(record: number): number {
    return this.#pageOf(record).lastUsedSeconds[record % pageRecords] ?? 0;
  }

  /** Forgets the uses that were counted, and the address of the last one. */
  forgetUses(record: number): void {
    const { uses, addressHashes } = this.#pageOf(record);
    uses[record % pageRecords] = 0;
    addressHashes[record % pageRecords] = 0;
  }

  /** The first record of the page after a record's. */
  endOfPage(record: number): number {
    return record - (record % pageRecords) + pageRecords;
  }

  /** The first record with uses from this one on in its page, or the first of the next page. */
  nextUsed(record: number): number {
    const { uses } = this.#pageOf(record);
    let at = record % pageRecords;
    while (at < pageRecords && uses[at] === 0) at++;
    return record - (record % pageRecords) + at;
  }

  flags(record: number): number {
    return this.#pageOf(record).flags[record % pageRecords] ?? 0;
  }

  setFlags(record: number, flags: number): void {
    this.#pageOf(record).flags[record % pageRecords] = flags;
  }

  #pageOf(record: number): Page {
    const page = this.#pages[record >>> pageBits];
    if (page === undefined) throw new RangeError(`No record ${record}`);
    return page;
  }
}

const wordAt = (record: number): number => (record % pageRecords) * recordWords;

function newPage(): Page {
  const memory = new ArrayBuffer(pageBytes);
  const wordBytes = pageRecords * recordBytes;
  // Those of eight bytes first: they have to begin at a multiple of it.
  const numbersEnd = wordBytes + 2 * pageRecords * 8;
  return {
    words: new Uint32Array(memory, 0, pageRecords * recordWords),
    bytes: Buffer.from(memory, 0, wordBytes),
    expiresAtMs: new Float64Array(memory, wordBytes, pageRecords),
    windowEndsAtMs: new Float64Array(memory, wordBytes + pageRecords * 8, pageRecords),
    windowCounts: new Uint32Array(memory, numbersEnd, pageRecords),
    uses: new Uint32Array(memory, numbersEnd + pageRecords * 4, pageRecords),
    lastUsedSeconds: new Uint32Array(memory, numbersEnd + pageRecords * 8, pageRecords),
    addressHashes: new Uint32Array(memory, numbersEnd + pageRecords * 12, pageRecords),
    flags: new Uint8Array(memory, numbersEnd + pageRecords * 16, pageRecords),
  };
}
