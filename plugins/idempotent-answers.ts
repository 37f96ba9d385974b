import fp from 'fastify-plugin';
import { removeExpiredAnswers } from '../lib/stores/idempotent-answers.ts';

const intervalMs = 60_000;

/** A few milliseconds' work. */
const maxRemovedAtOnce = 1_000;

/** Removes the answers that are kept for repeated requests when their day is over: at the start, and each minute. */
export default fp(
  async (app) => {
    let timer: NodeJS.Timeout;
    let removing: Promise<void> = Promise.resolve();

    async function removeAll(): Promise<void> {
      while ((await removeExpiredAnswers(app.pg.pool, maxRemovedAtOnce)) === maxRemovedAtOnce);
    }

    function remove(): void {
      removing = removeAll()
        .catch((error) => app.log.warn({ err: error }, 'expired answers could not be removed'))
        .finally(() => {
          timer = setTimeout(remove, intervalMs).unref();
        });
    }

    app.addHook('onReady', async () => remove());
    app.addHook('onClose', async () => {
      await removing;
      clearTimeout(timer);
    });
  },
  { name: 'idempotent-answers', dependencies: ['database'] },
);
