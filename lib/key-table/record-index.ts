/** The part of the records that the index needs. */
export interface IndexedRecords {
  /** The 32-bit hash that a record was inserted under. */
  hashOf(record: number): number;
  /** Returns whether a record is the one now looked for. */
  matches(record: number): boolean;
}

/** Each slot is 0, or a record's number plus one above the low bits of its hash, which spare most comparisons. */
const tagBits = 5;
const tagMask = (1 << tagBits) - 1;

/** How many records can be numbered in the rest of a slot: 134 million. */
export const maxRecords = 2 ** (32 - tagBits) - 1;

const firstSlots = 2048;
/** So few that hardly one in a thousand segments is full before its time. */
const reservedPerSegment = 1500;
const growth = 1.5;
const maxLoad = 0.8;
/** The directory's top 16 bits of the hash; the other 16 choose the slot. */
const maxDepth = 16;

/** A small open-addressed table with linear probing, of all records whose hash begins with the same bits. */
class Segment {
  readonly depth: number;
  readonly slots: Uint32Array;
  used = 0;

  /** @param count how many records it must be able to take */
  constructor(depth: number, count: number) {
    let length = firstSlots;
    while (count > length * maxLoad) length = Math.floor(length * growth);
    this.depth = depth;
    this.slots = new Uint32Array(length);
  }

  get full(): boolean {
    return this.used + 1 > this.slots.length * maxLoad;
  }

  homeOf(hash: number): number {
    return ((hash & 0xffff) * this.slots.length) >>> 16;
  }

  next(at: number): number {
    return at + 1 === this.slots.length ? 0 : at + 1;
  }

  place(hash: number, slot: number): void {
    let at = this.homeOf(hash);
    while (this.slots[at] !== 0) at = this.next(at);
    this.slots[at] = slot;
    this.used++;
  }

  /** Returns the position of the slot with this content. @throws Error if there is none */
  locate(hash: number, slot: number): number {
    for (let at = this.homeOf(hash); this.slots[at] !== 0; at = this.next(at)) {
      if (this.slots[at] === slot) return at;
    }
    throw new RangeError(`Record ${recordIn(slot)} is not in the index`);
  }
}

/**
 * Finds a record by its hash: extendible hashing (Fagin and others, 1979). A directory over the top bits of the
 * hash leads to segments of at most 2457 records; a full one is split in two, so growth never moves more than
 * one segment. 5 to 7.5 bytes a record. Segments aren't merged: the index keeps the size of its fullest time.
 *
 * Only when 65536 segments are full, or hashes agree in their top 16 bits, does a segment grow beyond that.
 */
export class RecordIndex {
  readonly #records: IndexedRecords;
  #directory: Segment[] = [new Segment(0, 0)];
  #depth = 0;
  #bytes = firstSlots * 4;

  constructor(records: IndexedRecords) {
    this.#records = records;
  }

  /** Makes the segments that about `count` records will need, which saves splitting them one by one. Only while empty. */
  reserve(count: number): void {
    const segments = 2 ** Math.min(maxDepth, Math.max(0, Math.ceil(Math.log2(count / reservedPerSegment))));
    this.#depth = Math.log2(segments);
    this.#directory = Array.from({ length: segments }, () => new Segment(this.#depth, 0));
    this.#bytes = segments * firstSlots * 4;
  }

  get bytes(): number {
    return this.#bytes + this.#directory.length * 8;
  }

  /** The record under a hash that matches, or -1. */
  find(hash: number): number {
    const segment = this.#segmentOf(hash);
    const { slots } = segment;
    const tag = hash & tagMask;
    for (let at = segment.homeOf(hash); ; at = segment.next(at)) {
      const slot = slots[at] ?? 0;
      if (slot === 0) return -1;
      if ((slot & tagMask) === tag && this.#records.matches(recordIn(slot))) return recordIn(slot);
    }
  }

  /** Adds a record that isn't in the index. `hashOf` must already answer for it. */
  insert(hash: number, record: number): void {
    while (this.#segmentOf(hash).full) this.#makeRoom(hash);
    this.#segmentOf(hash).place(hash, slotOf(hash, record));
  }

  /** Lets a record of this hash be known by another number. */
  renumber(hash: number, from: number, to: number): void {
    const segment = this.#segmentOf(hash);
    segment.slots[segment.locate(hash, slotOf(hash, from))] = slotOf(hash, to);
  }

  /** Takes a record out, and closes the gap at once (Knuth 6.4, algorithm R), so that nothing decays. */
  remove(hash: number, record: number): void {
    const segment = this.#segmentOf(hash);
    const { slots } = segment;
    let gap = segment.locate(hash, slotOf(hash, record));
    for (let at = segment.next(gap); slots[at] !== 0; at = segment.next(at)) {
      const slot = slots[at] ?? 0;
      const home = segment.homeOf(this.#records.hashOf(recordIn(slot)));
      if (isBetween(gap, home, at)) continue;
      slots[gap] = slot;
      gap = at;
    }
    slots[gap] = 0;
    segment.used--;
  }

  #segmentOf(hash: number): Segment {
    const segment = this.#directory[directoryAt(hash, this.#depth)];
    if (segment === undefined) throw new RangeError('No such segment');
    return segment;
  }

  #makeRoom(hash: number): void {
    const full = this.#segmentOf(hash);
    const mayGrow = full.slots.length === firstSlots || full.depth === maxDepth;
    // Hashing is most of the work, as each record is somewhere else in memory: done once.
    const hashes = full.slots.map((slot) => (slot === 0 ? 0 : this.#records.hashOf(recordIn(slot))));
    const segments = mayGrow ? [new Segment(full.depth, full.used + 1)] : this.#halvesFor(full, hashes);
    this.#replace(hash, full, hashes, segments);
  }

  /** The two segments, still empty, that a full one is split into. */
  #halvesFor(full: Segment, hashes: Uint32Array): Segment[] {
    if (full.depth === this.#depth) this.#doubleDirectory();
    const depth = full.depth + 1;
    const isUpper = (slot: number, at: number) =>
      slot !== 0 && (directoryAt(hashes[at] ?? 0, depth) & 1) === 1;
    const upper = full.slots.filter(isUpper).length;
    return [new Segment(depth, full.used - upper), new Segment(depth, upper)];
  }

  /** Puts one or two new segments in a segment's place and moves its records there. */
  #replace(hash: number, old: Segment, hashes: Uint32Array, segments: readonly Segment[]): void {
    const span = 2 ** (this.#depth - old.depth);
    const first = directoryAt(hash, old.depth) * span;
    const spanOfEach = span / segments.length;
    segments.forEach((segment, i) => {
      const begin = first + i * spanOfEach;
      this.#directory.fill(segment, begin, begin + spanOfEach);
      this.#bytes += segment.slots.byteLength;
    });
    this.#bytes -= old.slots.byteLength;
    old.slots.forEach((slot, at) => {
      const hashOfSlot = hashes[at] ?? 0;
      if (slot !== 0) this.#segmentOf(hashOfSlot).place(hashOfSlot, slot);
    });
  }

  #doubleDirectory(): void {
    this.#directory = this.#directory.flatMap((segment) => [segment, segment]);
    this.#depth++;
  }
}

const slotOf = (hash: number, record: number): number => (((record + 1) << tagBits) | (hash & tagMask)) >>> 0;
const recordIn = (slot: number): number => (slot >>> tagBits) - 1;

/** The top bits of a hash. In two steps: a shift by 32 would be none. */
const directoryAt = (hash: number, depth: number): number => (hash >>> 1) >>> (31 - depth);

/** Returns whether `home` lies after `gap` and not after `at`, going round: whether a record at `at` must stay there. */
const isBetween = (gap: number, home: number, at: number): boolean =>
  gap < at ? gap < home && home <= at : gap < home || home <= at;
