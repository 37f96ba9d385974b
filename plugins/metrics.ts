import cluster from 'node:cluster';
import type { FastifyInstance, onResponseHookHandler } from 'fastify';
import fp from 'fastify-plugin';
import { AggregatorRegistry, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { toArray } from '../lib/http/to-array.ts';
import { addConnectionMetrics } from '../lib/observability/metrics/connection-metrics.ts';
import { addDatabaseMetrics } from '../lib/observability/metrics/database-metrics.ts';
import { DecisionMetrics } from '../lib/observability/metrics/decision-metrics.ts';
import { HttpMetrics } from '../lib/observability/metrics/http-metrics.ts';
import { serveMetrics } from '../lib/observability/metrics/metrics-server.ts';
import { addRateLimitMetrics } from '../lib/observability/metrics/rate-limit-metrics.ts';
import { addReplicaMetrics } from '../lib/observability/metrics/replica-metrics.ts';
import { version } from '../lib/process/version.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** The metrics that Prometheus scrapes. No label may grow with keys or tenants. */
    metrics: Registry;
    decisionMetrics: DecisionMetrics;
  }
}

interface MetricsOptions {
  host: string;
  /** `null`: metrics are collected nowhere. */
  port: number | null;
}

/** Prometheus metrics of every part of the service, on a port of their own. */
export default fp<MetricsOptions>(
  async (app, { host, port }) => {
    const registry = new Registry();
    app.decorate('metrics', registry);
    app.decorate('decisionMetrics', new DecisionMetrics(port === null ? null : registry));
    if (port === null) return;
    const { rateLimiter, refusalLimiter } = app.authenticator;
    collectDefaultMetrics({ register: registry });
    addBuildInfo(registry);
    countRequests(app, new HttpMetrics(registry));
    addConnectionMetrics(registry, app);
    addDatabaseMetrics(registry, { requests: app.pg.pool, changes: app.changesPool });
    addReplicaMetrics(registry, app.replica);
    addRateLimitMetrics(registry, rateLimiter, refusalLimiter);
    await serve(app, host, port);
  },
  { name: 'metrics', dependencies: ['authenticator', 'connections', 'database', 'replica'] },
);

function addBuildInfo(registry: Registry): void {
  new Gauge({
    name: 'latchkey_build_info',
    help: 'Always 1, with the version that runs',
    labelNames: ['version'],
    aggregator: 'max',
    registers: [registry],
  }).set({ version }, 1);
}

/** Counts each request in a hook of its route's own: Fastify builds `request.routeOptions` anew at each access. */
function countRequests(app: FastifyInstance, metrics: HttpMetrics): void {
  app.addHook('onRoute', (route) => {
    const count = metrics.counterOf(route.url);
    const hook: onResponseHookHandler = (request, reply, done) => {
      count(request.is404 ? 'any' : request.method, reply.statusCode, reply.elapsedTime);
      done();
    };
    route.onResponse = [hook, ...toArray(route.onResponse)];
  });
  const countNotFound = metrics.counterOf('unknown');
  app.addHook('onResponse', (request, reply, done) => {
    if (request.is404) countNotFound('any', reply.statusCode, reply.elapsedTime);
    done();
  });
}

async function serve(app: FastifyInstance, host: string, port: number): Promise<void> {
  const registry = app.metrics;
  // Workers answer for themselves to the process that they share, which adds up what they say.
  if (cluster.isWorker) {
    void new AggregatorRegistry(); // Makes this process listen for the question.
    return AggregatorRegistry.setRegistries([registry]);
  }
  const server = await serveMetrics({ host, port }, () => registry.metrics());
  app.log.info({ address: server.address() }, 'metrics are served');
  app.addHook('onClose', async () => void server.close());
}
