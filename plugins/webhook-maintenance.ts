import fp from 'fastify-plugin';
import { PeriodicJob } from '../lib/process/periodic-job.ts';
import { removeOldWebhookData } from '../lib/webhooks/remove-old-deliveries.ts';
import { resealSecrets } from '../lib/webhooks/sealed-secrets.ts';

declare module 'fastify' {
  interface FastifyInstance {
    webhookMaintenance: {
      /** Seals secrets under the first master key, and removes old deliveries. Logs what fails. */
      run(): Promise<void>;
    };
  }
}

const intervalMs = 3_600_000;

/** Looks after what is stored of webhooks, once the service listens and then every hour. */
export default fp(
  async (app) => {
    const maintenance = new PeriodicJob({
      intervalMs,
      async work(isStopping) {
        const { resealed, lost } = await resealSecrets(app.pg.pool, app.sealer);
        if (resealed > 0)
          app.log.info({ secrets: resealed }, 'secrets were sealed under the first master key');
        if (lost > 0)
          app.log.error({ secrets: lost }, 'MASTER_KEYS lacks keys that secrets are sealed under');
        await removeOldWebhookData(app.pg.pool, () => !isStopping());
      },
      onError: (error) =>
        app.log.warn({ err: error }, 'the maintenance of webhooks failed: it is tried again in an hour'),
    });
    app.decorate('webhookMaintenance', { run: () => maintenance.run() });
    app.addHook('onListen', async () => void maintenance.run());
    app.addHook('preClose', () => maintenance.stop());
  },
  { name: 'webhook-maintenance', dependencies: ['database', 'sealing'] },
);
