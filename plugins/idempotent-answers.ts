import fp from 'fastify-plugin';
import { PeriodicJob } from '../lib/process/periodic-job.ts';
import { removeExpiredAnswers } from '../lib/stores/idempotent-answer-store.ts';

const intervalMs = 60_000;

/** A few milliseconds' work. */
const maxRemovedAtOnce = 1_000;

/** Removes the answers that are kept for repeated requests when their day is over: at the start, and each minute. */
export default fp(
  async (app) => {
    const removal = new PeriodicJob({
      intervalMs,
      async work() {
        while ((await removeExpiredAnswers(app.pg.pool, maxRemovedAtOnce)) === maxRemovedAtOnce);
      },
      onError: (error) => app.log.warn({ err: error }, 'expired answers could not be removed'),
    });
    app.addHook('onReady', async () => void removal.run());
    app.addHook('onClose', () => removal.stop());
  },
  { name: 'idempotent-answers', dependencies: ['database'] },
);
