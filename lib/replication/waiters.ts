import type { Timers } from './ports.ts';

/** Requests that wait, each for a bounded time, for the same thing to come about. */
export class Waiters {
  readonly #timers: Timers;
  readonly #waiting = new Set<(came: boolean) => void>();

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** Resolves with what the next {@link settle} says, or with false after `timeoutMs`. */
  wait(timeoutMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (came: boolean): void => {
        cancel();
        this.#waiting.delete(settle);
        resolve(came);
      };
      const cancel = this.#timers.after(timeoutMs, () => settle(false));
      this.#waiting.add(settle);
    });
  }

  /** Resolves all who wait. */
  settle(came: boolean): void {
    for (const settle of this.#waiting) settle(came);
  }
}
