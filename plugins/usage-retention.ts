import fp from 'fastify-plugin';
import { removeOldUsage, type UsageRetention } from '../lib/stores/key-usage.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** Removes the usage of keys that is older than it need be. Logs what fails. */
    removeOldUsage(): Promise<void>;
  }
}

const retention: UsageRetention = { hourDays: 31, addressDays: 90, writerDays: 31 };

const intervalMs = 600_000;

/** A fraction of a second of removing, between which others get their turn. */
const maxRemovedAtOnce = 5_000;

/** Keeps the stored usage of keys bounded: at the start, and every ten minutes. */
export default fp(
  async (app) => {
    let stopping = false;
    let running = Promise.resolve();

    async function removeAll(): Promise<void> {
      try {
        while (!stopping && (await removeOldUsage(app.pg.pool, retention, maxRemovedAtOnce)) > 0);
      } catch (error) {
        app.log.warn({ err: error }, 'old usage could not be removed: it is tried again in ten minutes');
      }
    }

    /** One at a time. */
    function run(): Promise<void> {
      running = running.then(removeAll);
      return running;
    }

    app.decorate('removeOldUsage', run);
    const timer = setInterval(run, intervalMs).unref();
    app.addHook('onListen', async () => void run());
    app.addHook('preClose', async () => {
      stopping = true;
      clearInterval(timer);
      await running;
    });
  },
  { name: 'usage-retention', dependencies: ['database'] },
);
