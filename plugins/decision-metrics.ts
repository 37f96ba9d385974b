import fp from 'fastify-plugin';
import { Counter, Histogram } from 'prom-client';
import { type Outcome, outcomes } from '../lib/keys/outcome.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** Counts a decision on a request's key, and how long it took. */
    observeDecision(outcome: Outcome, durationMs: number): void;
  }
}

interface DecisionMetricsOptions {
  /** `null`: metrics are collected nowhere. */
  port: number | null;
}

/** How often keys were accepted or refused, and how long that took. */
export default fp<DecisionMetricsOptions>(
  async (app, { port }) => {
    if (port === null) {
      app.decorate('observeDecision', () => {});
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
      help: 'Time from the first look at a request to the decision on its key',
      buckets: [2e-6, 5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 1e-2, 0.1, 1],
      registers,
    });
    // A rate can only be made of a series that begins at 0.
    for (const outcome of outcomes) decisions.inc({ outcome }, 0);
    const counters = Object.fromEntries(outcomes.map((outcome) => [outcome, decisions.labels(outcome)]));
    app.decorate('observeDecision', (outcome, durationMs) => {
      counters[outcome]?.inc();
      duration.observe(durationMs / 1000);
    });
  },
  { name: 'decision-metrics', dependencies: ['metrics'] },
);
