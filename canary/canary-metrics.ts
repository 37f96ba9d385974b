import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** The changes that the canary makes, and then looks for through every replica. */
export type CanaryChange = 'created' | 'deleted';

/** The canary's metrics for Prometheus. Its labels don't grow with replicas: the log names them. */
export class CanaryMetrics {
  readonly registry = new Registry();
  readonly #registers = [this.registry];

  readonly rounds = new Counter({
    name: 'latchkey_canary_rounds_total',
    help: 'Rounds: completed, or failed because something was not answered',
    labelNames: ['outcome'],
    registers: this.#registers,
  });
  readonly acceptedAfterAnswer = new Counter({
    name: 'latchkey_canary_accepted_after_answer_total',
    help: 'Replicas that accepted a key after its deletion had been answered: must be 0',
    registers: this.#registers,
  });
  readonly refusedAfterAnswer = new Counter({
    name: 'latchkey_canary_refused_after_answer_total',
    help: 'Replicas that refused a key after its creation had been answered: must be 0',
    registers: this.#registers,
  });
  readonly undecided = new Counter({
    name: 'latchkey_canary_undecided_total',
    help: 'Uses of a key that were neither accepted nor refused',
    registers: this.#registers,
  });
  readonly propagation = new Histogram({
    name: 'latchkey_canary_propagation_seconds',
    help: 'Time from the request for a change until it was answered, and every replica decided by it',
    labelNames: ['change'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10],
    registers: this.#registers,
  });
  readonly replicas = new Gauge({
    name: 'latchkey_canary_replicas',
    help: 'Addresses that the key was used through in the last round',
    registers: this.#registers,
  });
  readonly lastRound = new Gauge({
    name: 'latchkey_canary_last_completed_timestamp_seconds',
    help: 'When the last round was completed, in seconds since the epoch; at first, when the canary started',
    registers: this.#registers,
  });

  constructor() {
    // A rate can only be made of a series that begins at 0.
    for (const outcome of ['completed', 'failed']) this.rounds.inc({ outcome }, 0);
    for (const change of ['created', 'deleted']) this.propagation.zero({ change });
    this.lastRound.setToCurrentTime();
  }

  /** Counts replicas that decided by what was before the change. */
  countWrong(change: CanaryChange, replicas: number): void {
    (change === 'deleted' ? this.acceptedAfterAnswer : this.refusedAfterAnswer).inc(replicas);
  }
}
