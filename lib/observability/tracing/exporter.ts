import { ExportResultCode } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import type { BaseLogger } from 'pino';

/** How long a collector may take to answer, retries included. */
const timeoutMs = 2_500;

/**
 * Sends spans to a collector by OTLP over HTTP, as JSON. When that fails and when it works again is logged, once.
 * @param endpoint without `/v1/traces`. Headers come from OTEL_EXPORTER_OTLP_HEADERS
 */
export function createExporter(endpoint: string, log: Pick<BaseLogger, 'info' | 'warn'>): SpanExporter {
  const url = `${endpoint.replace(/\/$/, '')}/v1/traces`;
  const exporter = new OTLPTraceExporter({ url, timeoutMillis: timeoutMs });
  let works = true;
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        const succeeded = result.code === ExportResultCode.SUCCESS;
        if (works && !succeeded) log.warn({ err: result.error }, 'traces lost: the exporter failed');
        if (!works && succeeded) log.info('traces sent again');
        works = succeeded;
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush(),
  };
}
