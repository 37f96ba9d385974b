import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from './embedded-postgres-error.ts';
import type { Log } from './postgres-log.ts';
import type { ServerProcess } from './postgres-process.ts';

type Start = (signal: AbortSignal) => Promise<ServerProcess>;

const firstDelayMs = 100;
const maxDelayMs = 10_000;
/** A server that ran for this long did not die of how it was started. */
const stableMs = 60_000;

/** Starts a server again whenever it dies, after a delay that doubles with each failure, until it is stopped. */
export function keepRunning(first: ServerProcess, start: Start, log: Log): { stop(): Promise<void> } {
  const stopping = new AbortController();
  let current = first;
  let delayMs = firstDelayMs;

  async function startAgain(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await delay(delayMs, undefined, { signal: stopping.signal });
        delayMs = Math.min(2 * delayMs, maxDelayMs);
        current = await start(stopping.signal);
        log.warn('PostgreSQL runs again');
        return;
      } catch (error) {
        if (!stopping.signal.aborted) log.error(messageOf(error));
      }
    }
  }

  async function watch(): Promise<void> {
    while (!stopping.signal.aborted) {
      const startedAt = Date.now();
      await current.ended;
      if (Date.now() - startedAt >= stableMs) delayMs = firstDelayMs;
      if (stopping.signal.aborted) return;
      log.error(`PostgreSQL died and is started again. Its last words: ${current.lastWords()}`);
      await startAgain();
    }
  }

  const watching = watch();
  return {
    async stop() {
      stopping.abort();
      await current.stop();
      await watching;
      // It may have been restarted just as the stop began.
      await current.stop();
    },
  };
}
