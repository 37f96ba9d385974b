import type { Registry } from 'prom-client';
import { DurationHistogram, type DurationSeries } from './duration-histogram.ts';

/** Counts an answered request. @param durationMs from the request to the end of its answer */
export type CountRequest = (method: string, statusCode: number, durationMs: number) => void;

/**
 * Counts how long requests took, by method, route pattern and class of status. The number of routes bounds the labels,
 * whatever clients send.
 */
export class HttpMetrics {
  readonly #durations: DurationHistogram;

  constructor(registry: Registry) {
    this.#durations = new DurationHistogram({
      name: 'latchkey_http_request_duration_seconds',
      help: 'Time from the request to the end of its answer',
      labelNames: ['method', 'route', 'status'],
      boundsSeconds: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
      registry,
    });
  }

  /** Returns the function that counts the requests of one route pattern. */
  counterOf(route: string): CountRequest {
    const seriesByMethod = new Map<string, DurationSeries[]>();
    const addSeries = (method: string, statusClass: number): DurationSeries => {
      const ofMethod = seriesByMethod.get(method) ?? [];
      const series = this.#durations.addSeries({ method, route, status: `${statusClass}xx` });
      ofMethod[statusClass] = series;
      seriesByMethod.set(method, ofMethod);
      return series;
    };
    return (method, statusCode, durationMs) => {
      const statusClass = Math.floor(statusCode / 100);
      const series = seriesByMethod.get(method)?.[statusClass] ?? addSeries(method, statusClass);
      series.observe(durationMs / 1000);
    };
  }
}
