import fp from 'fastify-plugin';
import { Counter, Histogram } from 'prom-client';
import { type Outcome, outcomes } from '../lib/keys/outcome.ts';

declare module 'fastify' {
  interface FastifyInstance {
    decisionMetrics: DecisionMetrics;
  }
}

interface DecisionMetrics {
  /** Whether the time of the next decision is wanted. */
  isTimed(): boolean;
  /** Counts a decision on a request's key. @param durationMs `null`: it wasn't timed */
  count(outcome: Outcome, durationMs: number | null): void;
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
    const registers = [app.metrics];
    const decisions = new Counter({
      name: 'latchkey_decisions_total',
      help: 'Decisions on the key of a request',
      labelNames: ['outcome'],
      registers,
    });
    const duration = new Histogram({
      name: 'latchkey_decision_duration_seconds',
      help: `Time from the first look at a request to the decision on its key, of each ${timedEvery}th`,
      buckets: [2e-6, 5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 1e-2, 0.1, 1],
      registers,
    });
    // A rate can only be made of a series that begins at 0.
    for (const outcome of outcomes) decisions.inc({ outcome }, 0);
    const counters = Object.fromEntries(outcomes.map((outcome) => [outcome, decisions.labels(outcome)]));
    let untimed = 0;
    app.decorate('decisionMetrics', {
      isTimed() {
        untimed = (untimed + 1) % timedEvery;
        return untimed === 1;
      },
      count(outcome, durationMs) {
        counters[outcome]?.inc();
        if (durationMs !== null) duration.observe(durationMs / 1000);
      },
    });
  },
  { name: 'decision-metrics', dependencies: ['metrics'] },
);
