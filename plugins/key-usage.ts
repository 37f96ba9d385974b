import fp from 'fastify-plugin';
import { newId } from '../lib/crypto/ids.ts';
import { addUsage } from '../lib/stores/key-usage-store.ts';
import { KeyUsage } from '../lib/usage/usage-counter.ts';
import { UsageWriter } from '../lib/usage/usage-writer.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** Counts what stored keys are used for, in memory. */
    keyUsage: KeyUsage;
    /** Writes that down: by itself every few seconds, and when the service stops. */
    usageWriter: UsageWriter;
  }
}

export interface KeyUsageOptions {
  /** Between the end of a statement and the next one: what a crash can lose, and how old the figures are. */
  usageIntervalMs: number;
}

/**
 * Three milliseconds' work for this process, and a third of a second's for the database. What more keys were used for
 * waits for the next statement.
 */
const keysPerStatement = 5_000;

/** A stop has 10 s in all. */
const stopTimeoutMs = 4_000;

/** Writes what keys were used for behind the requests: none of them waits for it. */
export default fp<KeyUsageOptions>(
  async (app, { usageIntervalMs }) => {
    const { pool } = app.pg;
    const writerId = newId('replica');
    const usage = new KeyUsage(app.replica.state);
    const writer = new UsageWriter({
      usage,
      write: (number, batch) => addUsage(pool, writerId, number, batch),
      keysMax: keysPerStatement,
    });
    let works = true;
    let timer: NodeJS.Timeout | undefined;
    let stopped = false;

    async function flush(): Promise<void> {
      try {
        await writer.flush();
        if (!works) app.log.info('the usage of keys is written down again');
        works = true;
      } catch (error) {
        if (works) app.log.warn({ err: error }, 'the usage of keys stays in memory until it can be written');
        works = false;
      }
      if (!stopped) schedule();
    }

    function schedule(): void {
      timer = setTimeout(() => void flush(), usageIntervalMs).unref();
    }

    app.decorate('keyUsage', usage);
    app.decorate('usageWriter', writer);
    app.addHook('onReady', async () => schedule());
    // Every request has been answered by then, and the database is still there.
    app.addHook('onClose', async () => {
      stopped = true;
      clearTimeout(timer);
      const deadline = AbortSignal.timeout(stopTimeoutMs);
      const timedOut = new Promise<never>((_, reject) => {
        deadline.addEventListener('abort', () => reject(deadline.reason));
      });
      await Promise.race([writer.drain(), timedOut]).catch((error) =>
        app.log.error({ err: error }, 'the last usage of keys could not be written, and is lost'),
      );
    });
  },
  { name: 'key-usage', dependencies: ['database', 'replica'] },
);
