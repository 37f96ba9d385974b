import cluster from 'node:cluster';
import fp from 'fastify-plugin';
import { AggregatorRegistry, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { serveMetrics } from '../lib/observability/metrics-server.ts';
import { version } from '../lib/process/version.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** What Prometheus scrapes. No label may grow with keys or tenants. */
    metrics: Registry;
  }
}

interface MetricsOptions {
  host: string;
  /** `null`: metrics are collected nowhere. */
  port: number | null;
}

/** Prometheus metrics, on a port of their own. */
export default fp<MetricsOptions>(
  async (app, { host, port }) => {
    const registry = new Registry();
    app.decorate('metrics', registry);
    if (port === null) return;
    collectDefaultMetrics({ register: registry });

    new Gauge({
      name: 'latchkey_build_info',
      help: 'Always 1, with the version that runs',
      labelNames: ['version'],
      aggregator: 'max',
      registers: [registry],
    }).set({ version }, 1);

    // Workers answer for themselves to the process that they share, which adds up what they say.
    if (cluster.isWorker) {
      void new AggregatorRegistry(); // Makes this process listen for the question.
      return AggregatorRegistry.setRegistries([registry]);
    }
    const server = await serveMetrics({ host, port }, () => registry.metrics());
    app.log.info({ address: server.address() }, 'metrics are served');
    app.addHook('onClose', async () => void server.close());
  },
  { name: 'metrics' },
);
