import type { FastifyReply, FastifyRequest, onResponseHookHandler } from 'fastify';
import fp from 'fastify-plugin';
import { toArray } from '../lib/http/to-array.ts';
import { DurationHistogram, type DurationSeries } from '../lib/observability/duration-histogram.ts';

interface HttpMetricsOptions {
  /** `null`: metrics are collected nowhere. */
  port: number | null;
}

/** Counts a request that has been answered. */
type Count = (request: FastifyRequest, reply: FastifyReply) => void;

/** How long requests took, by route pattern and class of status: bounded by the number of routes, whatever clients send. */
export default fp<HttpMetricsOptions>(
  async (app, { port }) => {
    if (port === null) return;
    const durations = new DurationHistogram({
      name: 'latchkey_http_request_duration_seconds',
      help: 'Time from the request to the end of its answer',
      labelNames: ['method', 'route', 'status'],
      boundsSeconds: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
      registry: app.metrics,
    });

    function counterOf(route: string): Count {
      const seriesByMethod = new Map<string, DurationSeries[]>();

      function seriesOf(method: string, statusClass: number): DurationSeries {
        const ofMethod = seriesByMethod.get(method) ?? [];
        const series = durations.addSeries({ method, route, status: `${statusClass}xx` });
        ofMethod[statusClass] = series;
        seriesByMethod.set(method, ofMethod);
        return series;
      }

      return (request, reply) => {
        const method = request.is404 ? 'any' : request.method;
        const statusClass = Math.floor(reply.statusCode / 100);
        const series = seriesByMethod.get(method)?.[statusClass] ?? seriesOf(method, statusClass);
        series.observe(reply.elapsedTime / 1000);
      };
    }

    // A hook of each route's own: Fastify puts what a request says of its route together each time that it is asked.
    app.addHook('onRoute', (route) => {
      const count = counterOf(route.url);
      const hook: onResponseHookHandler = (request, reply, done) => {
        count(request, reply);
        done();
      };
      route.onResponse = [hook, ...toArray(route.onResponse)];
    });
    const countNotFound = counterOf('unknown');
    app.addHook('onResponse', (request, reply, done) => {
      if (request.is404) countNotFound(request, reply);
      done();
    });
  },
  { name: 'http-metrics', dependencies: ['metrics'] },
);
