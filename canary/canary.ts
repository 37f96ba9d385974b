import { setTimeout as delay } from 'node:timers/promises';
import type { BaseLogger } from 'pino';
import {
  type CanaryKey,
  createKey,
  type Decision,
  deleteKey,
  deleteLeftovers,
  useKey,
} from './canary-keys.ts';
import type { CanaryChange, CanaryMetrics } from './canary-metrics.ts';
import type { CanarySettings } from './canary-settings.ts';
import { findTargets, type Target } from './canary-targets.ts';

/** How often a change is asked for, each time through another replica, and the rest between. */
const maxAttempts = 5;
const attemptPauseMs = 500;

/** How often, and for how long, a replica that decided wrongly is asked again. */
const lookAgainMs = 50;
const lookAgainForMs = 10_000;

export interface CanaryOptions extends Pick<CanarySettings, 'urls' | 'apiKey'> {
  metrics: CanaryMetrics;
  log: BaseLogger;
}

const expected = { created: 'accepted', deleted: 'refused' } as const;
const opposite = { accepted: 'refused', refused: 'accepted' } as const;

/** Watches the promise as a customer would: from outside, with a key that is made and revoked. */
export class Canary {
  readonly #options: CanaryOptions;
  /** At the start too: an earlier canary may have been killed. */
  #mayHaveLeftovers = true;
  /** Whose turn it is to be asked for changes. */
  #turn = 0;

  constructor(options: CanaryOptions) {
    this.#options = options;
  }

  /** Goes round after round, one every `intervalMs`, until `signal` is aborted, and then ends the last. Never rejects. */
  async run(intervalMs: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const dueMs = performance.now() + intervalMs;
      await this.round();
      await delay(Math.max(0, dueMs - performance.now()), undefined, { signal }).catch(() => {});
    }
  }

  /** Makes a key, uses it through every replica, deletes it, and uses it again. Never rejects: failures are counted. */
  async round(): Promise<void> {
    const { metrics, log } = this.#options;
    try {
      const completed = await this.#tryRound();
      metrics.rounds.inc({ outcome: completed ? 'completed' : 'failed' });
      if (completed) metrics.lastRound.setToCurrentTime();
    } catch (error) {
      this.#mayHaveLeftovers = true;
      metrics.rounds.inc({ outcome: 'failed' });
      log.warn({ err: error }, 'canary round failed');
    }
  }

  /** @returns whether every replica decided both times */
  async #tryRound(): Promise<boolean> {
    const { urls, apiKey, metrics } = this.#options;
    const targets = await findTargets(urls);
    metrics.replicas.set(targets.length);
    this.#turn += 1;
    if (this.#mayHaveLeftovers)
      this.#mayHaveLeftovers = await this.#attempt(targets, (target) => deleteLeftovers(target, apiKey));

    const createMs = performance.now();
    const key = await this.#attempt(targets, (target) => createKey(target, apiKey));
    const accepted = await this.#checkEverywhere('created', key, targets, createMs);
    const deleteMs = performance.now();
    await this.#attempt(targets, (target) => deleteKey(target, apiKey, key.id));
    const refused = await this.#checkEverywhere('deleted', key, targets, deleteMs);
    return accepted && refused;
  }

  /** Asks one replica after the other until one does it. */
  async #attempt<Result>(
    targets: readonly Target[],
    ask: (target: Target) => Promise<Result>,
  ): Promise<Result> {
    for (let attempt = 1; ; attempt += 1) {
      const target = targets[this.#turn % targets.length];
      if (target === undefined) throw new Error('There are no replicas');
      try {
        return await ask(target);
      } catch (error) {
        if (attempt === maxAttempts) throw error;
        this.#turn += 1;
        // What wasn't answered may have been done.
        this.#mayHaveLeftovers = true;
        this.#options.log.warn({ err: error, replica: target.address }, 'canary trying another replica');
      }
      await delay(attemptPauseMs);
    }
  }

  /**
   * Uses the key through every replica, once the change has been answered, and counts those that decide by what was
   * before it.
   * @param sinceMs when the change was asked for
   * @returns whether all of them decided
   */
  async #checkEverywhere(
    change: CanaryChange,
    key: CanaryKey,
    targets: readonly Target[],
    sinceMs: number,
  ): Promise<boolean> {
    const { metrics, log } = this.#options;
    let endMs = performance.now();
    const decisions = await Promise.all(targets.map((target) => this.#use(target, key)));
    const undecided = decisions.filter((decision) => decision === 'undecided').length;
    metrics.undecided.inc(undecided);

    let wrong = targets.filter((_, i) => decisions[i] === opposite[expected[change]]);
    metrics.countWrong(change, wrong.length);
    for (const { address } of wrong)
      log.error({ replica: address, keyId: key.id, change }, 'stale decision by a replica');
    while (wrong.length > 0 && performance.now() - sinceMs < lookAgainForMs) {
      await delay(lookAgainMs);
      endMs = performance.now();
      const again = await Promise.all(wrong.map((target) => this.#use(target, key)));
      wrong = wrong.filter((_, i) => again[i] !== expected[change]);
    }
    metrics.propagation.observe({ change }, (endMs - sinceMs) / 1000);
    return undecided === 0;
  }

  async #use({ url, address }: Target, key: CanaryKey): Promise<Decision> {
    try {
      return await useKey({ url, address }, key);
    } catch (error) {
      this.#options.log.warn({ err: error, replica: address }, 'replica did not answer the canary');
      return 'undecided';
    }
  }
}
