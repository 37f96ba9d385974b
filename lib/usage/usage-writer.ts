import type { BaseLogger } from 'pino';
import type { UsageBatch, UsageCounter } from './usage-counter.ts';

type Log = Pick<BaseLogger, 'info' | 'warn' | 'error'>;

export interface UsageWriterOptions {
  usage: UsageCounter;
  /** Writes a batch, unless a batch of this number was written before. Throws if it doesn't know. */
  write(number: number, batch: UsageBatch): Promise<unknown>;
  /** The most keys in one statement. */
  keysMax: number;
  log: Log;
}

/**
 * Keys in one statement: 3 ms of work for this process, and a third of a second for the database. Usage of further
 * keys waits for the next statement.
 */
export const keysPerStatement = 5_000;

/** An orderly stop of the service takes 10 s in all. */
const stopTimeoutMs = 4_000;

/**
 * Writes the counted usage of keys to the database, one statement at a time, behind the requests. A batch that may or
 * may not have been written keeps its number and is written again before any other; until then usage stays in memory.
 */
export class UsageWriter {
  readonly #options: UsageWriterOptions;
  #number = 0;
  #pending: UsageBatch | null = null;
  #running: Promise<unknown> = Promise.resolve();
  #works = true;
  #stopped = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: UsageWriterOptions) {
    this.#options = options;
  }

  /** Writes one batch now and again, `intervalMs` after the end of the one before, until `stop`. Logs failures. */
  start(intervalMs: number): void {
    this.#timer = setTimeout(() => {
      void this.#flushAndLog().then(() => {
        if (!this.#stopped) this.start(intervalMs);
      });
    }, intervalMs).unref();
  }

  /** Writes everything that is left, for 4 s at most. Logs what is lost. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    const deadline = AbortSignal.timeout(stopTimeoutMs);
    const timedOut = new Promise<never>((_, reject) => {
      deadline.addEventListener('abort', () => reject(deadline.reason));
    });
    await Promise.race([this.drain(), timedOut]).catch((error) =>
      this.#options.log.error({ err: error }, 'usage lost at the stop'),
    );
  }

  /**
   * Writes one batch, after those that are being written; sends no statement if nothing was counted.
   * @returns whether there was anything to write
   * @throws what `write` throws: the batch is written again the next time
   */
  flush(): Promise<boolean> {
    const flushed = this.#running.then(() => this.#writeBatch());
    this.#running = flushed.catch(() => {});
    return flushed;
  }

  /** Writes batches until nothing is left. @throws as `flush` */
  async drain(): Promise<void> {
    while (await this.flush());
  }

  async #flushAndLog(): Promise<void> {
    const { log } = this.#options;
    try {
      await this.flush();
      if (!this.#works) log.info('usage written again');
      this.#works = true;
    } catch (error) {
      if (this.#works) log.warn({ err: error }, 'usage not written, kept in memory');
      this.#works = false;
    }
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
