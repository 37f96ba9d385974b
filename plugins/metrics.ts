import { createServer } from 'node:http';
import fp from 'fastify-plugin';
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

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
    app.addHook('onResponse', async (request, reply) => {
      const route = request.routeOptions.url ?? 'unknown';
      duration.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000);
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

    await serve(registry, port);

    async function serve(metrics: Registry, metricsPort: number): Promise<void> {
      const server = createServer(async (_request, response) => {
        response.setHeader('content-type', metrics.contentType);
        response.end(await metrics.metrics());
      });
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(metricsPort, '127.0.0.1', resolve);
      });
      const address = server.address();
      app.log.info({ address }, 'metrics are served');
      app.addHook('onClose', async () => void server.close());
    }
  },
  { name: 'metrics', dependencies: ['database'] },
);
