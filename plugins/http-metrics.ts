import type { FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { DurationHistogram, type DurationSeries } from '../lib/duration-histogram.ts';

interface HttpMetricsOptions {
  /** `null`: metrics are collected nowhere. */
  port: number | null;
}

/** What a request is counted under: bounded by the number of routes, whatever clients send. */
interface Route {
  method: string;
  route: string;
}

const notFound: Route = { method: 'any', route: 'unknown' };

/** How long requests took, by route pattern and class of status. */
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
    const seriesByName = new Map<string, DurationSeries>();

    function seriesOf({ method, route }: Route, statusClass: number): DurationSeries {
      const name = `${method} ${route} ${statusClass}`;
      const known = seriesByName.get(name);
      if (known !== undefined) return known;
      const series = durations.addSeries({ method, route, status: `${statusClass}xx` });
      seriesByName.set(name, series);
      return series;
    }

    app.addHook('onResponse', (request, reply, done) => {
      const statusClass = Math.floor(reply.statusCode / 100);
      seriesOf(routeOf(request), statusClass).observe(reply.elapsedTime / 1000);
      done();
    });
  },
  { name: 'http-metrics', dependencies: ['metrics'] },
);

function routeOf(request: FastifyRequest): Route {
  const route = request.is404 ? undefined : request.routeOptions.url;
  return route === undefined ? notFound : { method: request.method, route };
}
