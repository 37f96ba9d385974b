import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Attributes,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { parseTraceParent } from '@opentelemetry/core';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { version } from '../../process/version.ts';

/** Longest wait of a stop for the last spans; a stop has 10 s in all. */
const exportTimeoutMs = 3_000;

/** Spans that wait to be sent, ~1 kB each; what comes beyond isn't sent. */
const queueMaxSpans = 2_048;

/**
 * Traces, by the SDK of OpenTelemetry: a span for each request, and under it one for each statement. No global of the
 * SDK is set.
 */
export class Tracing {
  readonly #provider: TracerProvider;
  readonly #tracer: Tracer;
  /** The request that the code at hand runs for. */
  readonly #current = new AsyncLocalStorage<Span>();

  /** @param share of the traces that begin here, 0 to 1; a sender of `traceparent` has decided already */
  constructor(exporter: SpanExporter, share: number) {
    const ours = resourceFromAttributes({ 'service.name': 'latchkey', 'service.version': version });
    this.#provider = new TracerProvider({
      // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win.
      resource: ours.merge(detectResources({ detectors: [envDetector] })),
      sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(share) }),
      spanProcessors: [
        new BatchSpanProcessor({
          exporter,
          maxQueueSize: queueMaxSpans,
          exportTimeoutMillis: exportTimeoutMs,
        }),
      ],
    });
    this.#tracer = this.#provider.getTracer('latchkey', version);
  }

  /**
   * Begins the span of a request.
   * @param traceparent the header of W3C Trace Context, if there is one. `tracestate` isn't read: it may say anything
   */
  startRequest(method: string, traceparent: unknown): Span {
    const remote = typeof traceparent === 'string' ? parseTraceParent(traceparent) : null;
    const parent =
      remote === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, { ...remote, isRemote: true });
    return this.#tracer.startSpan(method, { kind: SpanKind.SERVER }, parent);
  }

  /** Runs what belongs to a request, and what that sets going. */
  within(request: Span, run: () => void): void {
    this.#current.run(request, run);
  }

  /** Runs a statement, with a span of its own if it belongs to a request. */
  async statement(text: string, run: () => unknown): Promise<unknown> {
    const request = this.#current.getStore();
    if (request === undefined || !request.isRecording()) return run();
    const [operation = ''] = text.trim().split(/\s/, 1);
    const attributes: Attributes = {
      'db.system.name': 'postgresql',
      'db.operation.name': operation,
      'db.query.text': text,
    };
    const parent = trace.setSpan(ROOT_CONTEXT, request);
    const span = this.#tracer.startSpan(operation, { kind: SpanKind.CLIENT, attributes }, parent);
    try {
      return await run();
    } catch (error) {
      // Its message may quote what the statement was about.
      span.setAttribute('error.type', codeOf(error)).setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  }

  /** Sends what is left, for a bounded time. The exporter logs a failed export, which does not delay the stop further. */
  async stop(): Promise<void> {
    await this.#provider.shutdown().catch(() => {});
  }
}

/** SQLSTATE, where the database has answered. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
