const chunkBits = 12;
const chunkLength = 1 << chunkBits;
const shardCount = 256;
const hashedLength = 8;

/** Cells `[n * chunkLength, (n + 1) * chunkLength)`; a free one has no value, and its count names the next free one. */
interface Chunk<T> {
  readonly values: (T | undefined)[];
  readonly keys: string[];
  readonly counts: Uint32Array;
}

/**
 * Keeps one copy of equal values and counts who refers to it. A value is dropped with its last reference, so
 * there are never more values than references held; the cells of dropped values (20 bytes each) are used again.
 *
 * Nothing here is ever copied as a whole when it grows: the cells come in chunks, and the map is split into
 * shards, so that even millions of values don't stop the event loop.
 */
export class Interner<T extends object> {
  readonly #shards = Array.from({ length: shardCount }, () => new Map<string, number>());
  readonly #chunks: Chunk<T>[] = [];
  #cells = 0;
  #firstFree = -1;
  #size = 0;

  /** How many distinct values are held. */
  get size(): number {
    return this.#size;
  }

  /** The reference of the value under a key, or -1. It isn't counted. */
  find(key: string): number {
    return this.#shardOf(key).get(key) ?? -1;
  }

  /**
   * Takes one reference to the value under a key, which is made if there is none.
   * @param key equal for equal values, different for different ones
   */
  acquire(key: string, make: () => T): number {
    const shard = this.#shardOf(key);
    const known = shard.get(key);
    if (known !== undefined) {
      this.retain(known);
      return known;
    }
    const value = make();
    const ref = this.#takeCell();
    const chunk = this.#chunkOf(ref);
    const cell = ref % chunkLength;
    chunk.values[cell] = value;
    chunk.keys[cell] = key;
    chunk.counts[cell] = 1;
    shard.set(key, ref);
    this.#size++;
    return ref;
  }

  /** Returns whether a reference, which may have been given back, still is one to this very value. */
  holds(ref: number, value: T): boolean {
    return this.#chunkOf(ref).values[ref % chunkLength] === value;
  }

  /** Takes one more reference, where one is held. */
  retain(ref: number): void {
    const { counts } = this.#chunkOf(ref);
    const cell = ref % chunkLength;
    counts[cell] = (counts[cell] ?? 0) + 1;
  }

  /** Gives one reference back. Returns the value if it was the last one, and `undefined` otherwise. */
  release(ref: number): T | undefined {
    const value = this.at(ref);
    const { values, keys, counts } = this.#chunkOf(ref);
    const cell = ref % chunkLength;
    const count = (counts[cell] ?? 0) - 1;
    counts[cell] = count;
    if (count > 0) return undefined;
    const key = keys[cell] ?? '';
    this.#shardOf(key).delete(key);
    keys[cell] = '';
    values[cell] = undefined;
    counts[cell] = this.#firstFree + 1;
    this.#firstFree = ref;
    this.#size--;
    return value;
  }

  /** The value of a reference that is held. Throws a `RangeError` for any other. */
  at(ref: number): T {
    const value = this.#chunkOf(ref).values[ref % chunkLength];
    if (value === undefined) throw new RangeError(`Reference ${ref} is not held`);
    return value;
  }

  #takeCell(): number {
    const free = this.#firstFree;
    if (free === -1) return this.#addCell();
    // Free cells are chained by number plus one, so that 0 ends the chain.
    this.#firstFree = (this.#chunkOf(free).counts[free % chunkLength] ?? 0) - 1;
    return free;
  }

  #addCell(): number {
    if (this.#cells % chunkLength === 0) {
      this.#chunks.push({ values: [], keys: [], counts: new Uint32Array(chunkLength) });
    }
    return this.#cells++;
  }

  #chunkOf(ref: number): Chunk<T> {
    const chunk = this.#chunks[ref >>> chunkBits];
    if (chunk === undefined) throw new RangeError(`Reference ${ref} is not held`);
    return chunk;
  }

  /**
   * Chooses by FNV-1a over the end of the key, where ids differ. Keys chosen to share a shard do no more harm than
   * one map without shards would.
   */
  #shardOf(key: string): Map<string, number> {
    let hash = 0x811c9dc5;
    for (let i = Math.max(0, key.length - hashedLength); i < key.length; i++)
      hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
    const shard = this.#shards[(hash ^ (hash >>> 16)) & (shardCount - 1)];
    if (shard === undefined) throw new RangeError('No such shard');
    return shard;
  }
}
