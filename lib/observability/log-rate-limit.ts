/** Allows so many lines in each second, and knows how many it has refused. */
export class LogRateLimit {
  readonly #linesPerSecond: number;
  #second = 0;
  #written = 0;
  #suppressed = 0;

  constructor(linesPerSecond: number) {
    this.#linesPerSecond = linesPerSecond;
  }

  /** Returns whether a line may be written at an instant (milliseconds since the epoch). */
  allow(nowMs: number): boolean {
    const second = Math.floor(nowMs / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#written = 0;
    }
    if (this.#written === this.#linesPerSecond) {
      this.#suppressed++;
      return false;
    }
    this.#written++;
    return true;
  }

  /** How many lines were refused since this was asked for the last time. */
  drainSuppressed(): number {
    const omitted = this.#suppressed;
    this.#suppressed = 0;
    return omitted;
  }
}
