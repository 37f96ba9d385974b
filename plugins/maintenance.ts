import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import { enforceIdempotencyRetention } from '../lib/changes/idempotency-retention.ts';
import { PeriodicJob, type PeriodicJobOptions } from '../lib/process/periodic-job.ts';
import { enforceUsageRetention } from '../lib/usage/usage-retention.ts';
import { maintainWebhooks } from '../lib/webhooks/maintain-webhooks.ts';

interface MaintenanceJob extends Omit<PeriodicJobOptions, 'onError'> {
  /** The log line of a failure. The next run comes all the same. */
  failure: string;
}

/** Every job that keeps stored data bounded: each runs once the service listens, and then at its interval. */
export default fp(
  async (app) => {
    const jobs = maintenanceJobs(app).map(
      ({ failure, ...options }) =>
        new PeriodicJob({ ...options, onError: (error) => app.log.warn({ err: error }, failure) }),
    );
    app.addHook('onListen', async () => {
      for (const job of jobs) void job.run();
    });
    app.addHook('preClose', async () => {
      await Promise.all(jobs.map((job) => job.stop()));
    });
  },
  { name: 'maintenance', dependencies: ['database', 'sealing'] },
);

const maintenanceJobs = ({ pg: { pool }, sealer, log }: FastifyInstance): MaintenanceJob[] => [
  {
    intervalMs: 60_000,
    failure: 'removal of expired idempotent answers failed',
    work: (isStopping) => enforceIdempotencyRetention(pool, isStopping),
  },
  {
    intervalMs: 600_000,
    failure: 'removal of old usage failed',
    work: (isStopping) => enforceUsageRetention(pool, isStopping),
  },
  {
    intervalMs: 3_600_000,
    failure: 'maintenance of webhooks failed',
    work: (isStopping) => maintainWebhooks({ pool, sealer, log }, isStopping),
  },
];
