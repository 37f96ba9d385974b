import type { Timers } from './ports.ts';

/**
 * A sleep that can be cut short. A ring while nobody sleeps is remembered and cuts the next sleep, so that no
 * hint is lost that arrives while a statement is on its way.
 */
export class Alarm {
  readonly #timers: Timers;
  #rung = false;
  #wake: (() => void) | null = null;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** Ends the sleep, or the next one. */
  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** Forgets an earlier ring: what it asked for is about to be done. */
  reset(): void {
    this.#rung = false;
  }

  /** Resolves after `delayMs`, or as soon as the alarm rings. */
  async sleep(delayMs: number): Promise<void> {
    if (this.#rung) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#timers.after(delayMs, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
    this.#wake = null;
  }
}
