import cluster from 'node:cluster';
import fp from 'fastify-plugin';
import { AggregatorRegistry, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { serveMetrics } from '../lib/metrics-server.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** What Prometheus scrapes. No label may grow with keys or tenants. */
    metrics: Registry;
  }
}

interface MetricsOptions {
  /** On loopback; `null`: metrics are collected nowhere. */
  port: number | null;
}

/** Prometheus metrics, on a port of their own that only this machine reaches. */
export default fp<MetricsOptions>(
  async (app, { port }) => {
    const registry = new Registry();
    app.decorate('metrics', registry);
    if (port === null) return;
    collectDefaultMetrics({ register: registry });

    const duration = new Histogram({
      name: 'latchkey_http_request_duration_seconds',
      help: 'Time from the request to the end of its answer',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
      registers: [registry],
    });
    app.addHook('onResponse', (request, reply, done) => {
      const route = request.routeOptions.url ?? 'unknown';
      duration.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000);
      done();
    });

    new Gauge({
      name: 'latchkey_database_connections',
      help: 'Connections to PostgreSQL by state, and the requests that wait for one',
      labelNames: ['state'],
      registers: [registry],
      collect() {
        const { totalCount, idleCount, waitingCount } = app.pg.pool;
        this.set({ state: 'used' }, totalCount - idleCount);
        this.set({ state: 'idle' }, idleCount);
        this.set({ state: 'awaited' }, waitingCount);
      },
    });

    // Workers answer for themselves to the process that they share, which adds up what they say.
    if (cluster.isWorker) {
      void new AggregatorRegistry(); // Makes this process listen for the question.
      return AggregatorRegistry.setRegistries([registry]);
    }
    const server = await serveMetrics(port, () => registry.metrics());
    app.log.info({ address: server.address() }, 'metrics are served');
    app.addHook('onClose', async () => void server.close());
  },
  { name: 'metrics', dependencies: ['database'] },
);
