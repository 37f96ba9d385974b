/** From 1970, from which JavaScript counts, to 2000, from which PostgreSQL does. */
const postgresEpochMs = 946_684_800_000;

/**
 * A row of a binary copy, read column by column where it lies, with columns numbered from 0. There is one row, and it
 * moves on: what is to outlast `BinaryCopy`'s call has to be copied. The formats are those of PostgreSQL's `…send` functions.
 */
export class CopiedRow {
  readonly #begins: Int32Array;
  readonly #ends: Int32Array;
  #memory: Buffer = Buffer.alloc(0);

  constructor(columns: number) {
    this.#begins = new Int32Array(columns);
    this.#ends = new Int32Array(columns);
  }

  /**
   * Moves to the row whose first column begins at `at`.
   * @returns where the next row begins, or -1 if this one isn't there as a whole
   */
  moveTo(memory: Buffer, at: number): number {
    this.#memory = memory;
    for (let column = 0; column < this.#begins.length; column++) {
      if (at + 4 > memory.length) return -1;
      const length = memory.readInt32BE(at);
      this.#begins[column] = at + 4;
      // What is NULL ends before it begins.
      this.#ends[column] = at + 4 + length;
      at += 4 + Math.max(0, length);
    }
    return at > memory.length ? -1 : at;
  }

  isNull(column: number): boolean {
    return this.#end(column) < this.#begin(column);
  }

  /** A `bytea`: not copied. */
  bytes(column: number): Buffer {
    return this.#memory.subarray(this.#begin(column), this.#end(column));
  }

  text(column: number): string {
    return this.#memory.toString('utf8', this.#begin(column), this.#end(column));
  }

  /** All columns from one to the end of another as they are, a character for each byte: equal if they are. */
  raw(from: number, to: number): string {
    return this.#memory.toString('latin1', this.#begin(from), Math.max(this.#begin(to), this.#end(to)));
  }

  /** `false` for NULL, as in a condition. */
  boolean(column: number): boolean {
    return !this.isNull(column) && this.#memory[this.#begin(column)] === 1;
  }

  /** A `timestamptz`, of microseconds: whole milliseconds since 1970. */
  timestampMs(column: number): number {
    const at = this.#begin(column);
    const microseconds = this.#memory.readInt32BE(at) * 2 ** 32 + this.#memory.readUInt32BE(at + 4);
    return postgresEpochMs + Math.floor(microseconds / 1000);
  }

  /** The text of a `jsonb`, which the number of its format comes before. */
  jsonText(column: number): string {
    return this.#memory.toString('utf8', this.#begin(column) + 1, this.#end(column));
  }

  /** A `text[]` of one dimension, without NULLs. */
  texts(column: number): string[] {
    const begin = this.#begin(column);
    const dimensions = this.#memory.readInt32BE(begin);
    if (dimensions === 0) return [];
    // Flags and type come before the length, the first subscript after it.
    const length = this.#memory.readInt32BE(begin + 12);
    const texts: string[] = [];
    for (let n = 0, at = begin + 20; n < length; n++) {
      const end = at + 4 + this.#memory.readInt32BE(at);
      texts.push(this.#memory.toString('utf8', at + 4, end));
      at = end;
    }
    return texts;
  }

  #begin(column: number): number {
    return this.#begins[column] ?? 0;
  }

  #end(column: number): number {
    return this.#ends[column] ?? 0;
  }
}
