import { CopiedRow } from './copied-row.ts';

const signature = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');
/** The signature and two words: flags, and the length of an extension that no version has. */
const headerLength = signature.length + 8;

/**
 * Reads what `COPY … TO STDOUT (FORMAT binary)` sends, in pieces of any length, without an object for each row
 * (PostgreSQL's documentation of COPY, "Binary Format").
 */
export class BinaryCopy {
  readonly #columns: number;
  readonly #row: CopiedRow;
  readonly #onRow: (row: CopiedRow) => void;
  #rest: Buffer = Buffer.alloc(0);
  #state: 'header' | 'rows' | 'ended' = 'header';

  /** @param onRow called for each row. It is the same object each time */
  constructor(columns: number, onRow: (row: CopiedRow) => void) {
    this.#columns = columns;
    this.#row = new CopiedRow(columns);
    this.#onRow = onRow;
  }

  /** Takes the next piece. Throws if it isn't of this format. */
  read(piece: Buffer): void {
    const memory = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    let at = this.#state === 'header' ? this.#readHeader(memory) : 0;
    while (this.#state === 'rows') {
      const next = this.#readRow(memory, at);
      if (next === -1) break;
      at = next;
    }
    this.#rest = memory.subarray(at);
  }

  /** To be called after the last piece. Throws if something was cut off. */
  end(): void {
    if (this.#state !== 'ended') throw new Error('The copy is incomplete');
  }

  /** @returns where the rows begin, or 0 if the header isn't there as a whole */
  #readHeader(memory: Buffer): number {
    if (memory.length < headerLength) return 0;
    if (!memory.subarray(0, signature.length).equals(signature)) throw new Error('This is no binary copy');
    if (memory.readInt32BE(headerLength - 4) !== 0) throw new Error('The copy has an unknown extension');
    this.#state = 'rows';
    return headerLength;
  }

  /** @returns where the next row begins, or -1 if this one isn't there as a whole */
  #readRow(memory: Buffer, at: number): number {
    if (at + 2 > memory.length) return -1;
    const columns = memory.readInt16BE(at);
    if (columns === -1) {
      this.#state = 'ended';
      return at + 2;
    }
    if (columns !== this.#columns) throw new Error(`A row has ${columns} columns, not ${this.#columns}`);
    const next = this.#row.moveTo(memory, at + 2);
    if (next !== -1) this.#onRow(this.#row);
    return next;
  }
}
