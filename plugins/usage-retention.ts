import fp from 'fastify-plugin';
import { PeriodicJob } from '../lib/process/periodic-job.ts';
import { removeOldUsage, type UsageRetention } from '../lib/stores/key-usage-store.ts';

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
    const removal = new PeriodicJob({
      intervalMs,
      async work(isStopping) {
        while (!isStopping() && (await removeOldUsage(app.pg.pool, retention, maxRemovedAtOnce)) > 0);
      },
      onError: (error) =>
        app.log.warn({ err: error }, 'old usage could not be removed: it is tried again in ten minutes'),
    });
    app.decorate('removeOldUsage', () => removal.run());
    app.addHook('onListen', async () => void removal.run());
    app.addHook('preClose', () => removal.stop());
  },
  { name: 'usage-retention', dependencies: ['database'] },
);
