/** Allows so many lines in each second, and knows how many it has refused. */
export class LineBudget {
  readonly #linesPerSecond: number;
  #second = 0;
  #written = 0;
  #omitted = 0;

  constructor(linesPerSecond: number) {
    this.#linesPerSecond = linesPerSecond;
  }

  /** Whether a line may be written at an instant (milliseconds since the epoch). */
  take(nowMs: number): boolean {
    const second = Math.floor(nowMs / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#written = 0;
    }
    if (this.#written === this.#linesPerSecond) {
      this.#omitted++;
      return false;
    }
    this.#written++;
    return true;
  }

  /** How many lines were refused since this was asked for the last time. */
  takeOmitted(): number {
    const omitted = this.#omitted;
    this.#omitted = 0;
    return omitted;
  }
}
