import fp from 'fastify-plugin';
import { Counter } from 'prom-client';
import { type AuthOutcome, authOutcomes } from '../lib/auth/auth-result.ts';
import { DurationHistogram } from '../lib/observability/duration-histogram.ts';

declare module 'fastify' {
  interface FastifyInstance {
    decisionMetrics: DecisionMetrics;
  }
}

interface DecisionMetrics {
  /** Whether the time of the next decision is wanted. */
  isTimed(): boolean;
  /** Counts a decision on a request's key. @param durationMs `null`: it wasn't timed */
  count(outcome: AuthOutcome, durationMs: number | null): void;
}

/** Timing each would cost a tenth of what the decision does. */
const timedEvery = 16;

interface DecisionMetricsOptions {
  /** `null`: metrics are collected nowhere. */
  port: number | null;
}

/** How often keys were accepted or refused, and how long that took. */
export default fp<DecisionMetricsOptions>(
  async (app, { port }) => {
    if (port === null) {
      app.decorate('decisionMetrics', { isTimed: () => false, count: () => {} });
      return;
    }
    // In plain numbers: a counter of prom-client looks its labels up each time.
    const counts = authOutcomes.map(() => 0);
    void new Counter({
      name: 'latchkey_decisions_total',
      help: 'Decisions on the key of a request',
      labelNames: ['outcome'],
      registers: [app.metrics],
      collect() {
        this.reset();
        for (const [i, outcome] of authOutcomes.entries()) this.inc({ outcome }, counts[i]);
      },
    });
    const durations = new DurationHistogram({
      name: 'latchkey_decision_duration_seconds',
      help: `Time from the first look at a request to the decision on its key, of each ${timedEvery}th`,
      labelNames: [],
      boundsSeconds: [2e-6, 5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 1e-2, 0.1, 1],
      registry: app.metrics,
    }).addSeries({});
    let untimed = 0;
    app.decorate('decisionMetrics', {
      isTimed() {
        untimed = (untimed + 1) % timedEvery;
        return untimed === 1;
      },
      count(outcome, durationMs) {
        const i = authOutcomes.indexOf(outcome);
        counts[i] = (counts[i] ?? 0) + 1;
        if (durationMs !== null) durations.observe(durationMs / 1000);
      },
    });
  },
  { name: 'decision-metrics', dependencies: ['metrics'] },
);
