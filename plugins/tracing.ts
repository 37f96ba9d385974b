import { type Span, SpanStatusCode } from '@opentelemetry/api';
import fp from 'fastify-plugin';
import type { TracingSettings } from '../lib/config/config.ts';
import { createExporter } from '../lib/observability/tracing/exporter.ts';
import { traceStatements } from '../lib/observability/tracing/trace-statements.ts';
import { Tracing } from '../lib/observability/tracing/tracing.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Its part of a trace; `null` until it has begun. */
    span: Span | null;
  }
}

/**
 * Traces of OpenTelemetry: a span for each request and each of its statements. They name the route's pattern and not
 * the URL, and neither headers nor values: as in the access log, a key must not end up here. That rules out the
 * instrumentation of others: the spans of @opentelemetry/instrumentation-pg 0.76 hold PostgreSQL's error messages, which
 * quote values, and those of @fastify/otel 0.21 hold each URL with its query.
 */
export default fp<TracingSettings>(
  async (app, { endpoint, share }) => {
    const tracing = new Tracing(createExporter(endpoint, app.log), share);
    for (const pool of [app.pg.pool, app.changesPool]) traceStatements(pool, tracing);
    app.addHook('onClose', () => tracing.stop());

    app.decorateRequest('span', null);
    app.addHook('onRequest', (request, _reply, done) => {
      request.span = tracing.startRequest(request.method, request.headers['traceparent']);
      tracing.within(request.span, done);
    });
    app.addHook('onResponse', (request, { statusCode }, done) => {
      const { span, method } = request;
      const route = request.routeOptions.url;
      const caller = request.auth ?? request.session;
      span?.setAttributes({
        'http.request.method': method,
        'http.route': route,
        'http.response.status_code': statusCode,
        'latchkey.request.id': request.id,
        'latchkey.key.id': request.auth?.keyId ?? request.refusedKeyId ?? undefined,
        'latchkey.tenant.id': caller?.tenantId,
        'latchkey.environment.id': caller?.environmentId ?? undefined,
      });
      if (route !== undefined) span?.updateName(`${method} ${route}`);
      if (statusCode >= 500) span?.setStatus({ code: SpanStatusCode.ERROR });
      span?.end();
      done();
    });
  },
  { name: 'tracing', dependencies: ['database'] },
);
