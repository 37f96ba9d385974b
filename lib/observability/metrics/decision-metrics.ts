import { Counter, type Registry } from 'prom-client';
import { type AuthOutcome, authOutcomes } from '../../auth/auth-result.ts';
import { DurationHistogram, type DurationSeries } from './duration-histogram.ts';

/** Timing every decision would cost a tenth of what a decision does. */
const timedEvery = 16;

/** Counts how often keys were accepted or refused, and how long that took. */
export class DecisionMetrics {
  // Plain numbers: a counter of prom-client looks its labels up each time.
  readonly #counts = authOutcomes.map(() => 0);
  readonly #durations: DurationSeries | null;
  #untimed = 0;

  /** @param registry `null`: metrics are collected nowhere */
  constructor(registry: Registry | null) {
    this.#durations = registry && this.#register(registry);
  }

  /** Returns whether the time of the next decision is wanted. */
  isTimed(): boolean {
    if (this.#durations === null) return false;
    this.#untimed = (this.#untimed + 1) % timedEvery;
    return this.#untimed === 1;
  }

  /** Counts a decision on a request's key. @param durationMs `null`: it wasn't timed */
  count(outcome: AuthOutcome, durationMs: number | null): void {
    if (this.#durations === null) return;
    const i = authOutcomes.indexOf(outcome);
    this.#counts[i] = (this.#counts[i] ?? 0) + 1;
    if (durationMs !== null) this.#durations.observe(durationMs / 1000);
  }

  #register(registry: Registry): DurationSeries {
    const counts = this.#counts;
    void new Counter({
      name: 'latchkey_decisions_total',
      help: 'Decisions on the key of a request',
      labelNames: ['outcome'],
      registers: [registry],
      collect() {
        this.reset();
        for (const [i, outcome] of authOutcomes.entries()) this.inc({ outcome }, counts[i]);
      },
    });
    return new DurationHistogram({
      name: 'latchkey_decision_duration_seconds',
      help: `Time from the first look at a request to the decision on its key, of each ${timedEvery}th`,
      labelNames: [],
      boundsSeconds: [2e-6, 5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 1e-2, 0.1, 1],
      registry,
    }).addSeries({});
  }
}
