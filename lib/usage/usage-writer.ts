import type { KeyUsage, UsageBatch } from './usage-counter.ts';

export interface UsageWriterOptions {
  usage: KeyUsage;
  /** Writes a batch, unless one of this number was written before. Throws if it doesn't know. */
  write(number: number, batch: UsageBatch): Promise<unknown>;
  /** The most keys in one statement. */
  keysMax: number;
}

/**
 * Writes down what was counted of keys, one statement at a time. A batch that may or may not have been written keeps
 * its number and is written again before anything else; until then counts stay where they are counted.
 */
export class UsageWriter {
  readonly #options: UsageWriterOptions;
  #number = 0;
  #pending: UsageBatch | null = null;
  #running: Promise<unknown> = Promise.resolve();

  constructor(options: UsageWriterOptions) {
    this.#options = options;
  }

  /**
   * Writes one batch, after those that are being written; asks the database nothing if nothing was counted.
   * @returns whether there was anything
   * @throws what `write` throws: the next time it is tried again
   */
  flush(): Promise<boolean> {
    const flushed = this.#running.then(() => this.#writeBatch());
    this.#running = flushed.catch(() => {});
    return flushed;
  }

  /** Writes batches until there is nothing left. @throws as `flush` */
  async drain(): Promise<void> {
    while (await this.flush());
  }

  async #writeBatch(): Promise<boolean> {
    const { usage, write, keysMax } = this.#options;
    if (this.#pending === null) {
      const batch = await usage.take(keysMax);
      if (batch.counts.length === 0) return false;
      this.#pending = batch;
      this.#number++;
    }
    await write(this.#number, this.#pending);
    this.#pending = null;
    return true;
  }
}
