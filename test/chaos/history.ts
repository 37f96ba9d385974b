/**
 * Numbers what happens at the harness, in order. It is one process, so what got the lower number was over before
 * what got the higher one began.
 */
export class Ticks {
  #last = 0;

  next(): number {
    this.#last += 1;
    return this.#last;
  }
}

/** A change that was sent. Without an answer nobody knows whether it was made. */
interface Sent<State> {
  readonly state: State;
  readonly sentAt: number;
  answeredAt: number | null;
}

/** How many changes are kept. A verification takes far less time than so many changes of one thing. */
const maxKept = 64;

/** The changes of one thing, made one after the other: which states it may be found in at what time. */
export class History<State> {
  readonly #ticks: Ticks;
  readonly #changes: Sent<State>[];

  /** @param state what was answered before the thing was known here */
  constructor(ticks: Ticks, state: State) {
    this.#ticks = ticks;
    const now = ticks.next();
    this.#changes = [{ state, sentAt: now, answeredAt: now }];
  }

  /** The state that the last change asked for, whether it was answered or not. */
  get latest(): State {
    const last = this.#changes.at(-1);
    if (last === undefined) throw new Error('A history begins with a state');
    return last.state;
  }

  /** To be called before a change is sent. @returns what to call when it has been answered as made */
  begin(state: State): () => void {
    const change: Sent<State> = { state, sentAt: this.#ticks.next(), answeredAt: null };
    this.#changes.push(change);
    if (this.#changes.length > maxKept) this.#changes.shift();
    return () => {
      change.answeredAt = this.#ticks.next();
    };
  }

  /**
   * The states that a decision may go by that began and ended at those ticks: that of the last change answered
   * before it began, and those of all changes sent since, answered or not.
   */
  possible(beganAt: number, endedAt: number): State[] {
    const settled = this.#changes.findLastIndex(
      ({ answeredAt }) => answeredAt !== null && answeredAt < beganAt,
    );
    return this.#changes
      .slice(Math.max(0, settled))
      .filter(({ sentAt }) => sentAt < endedAt)
      .map(({ state }) => state);
  }
}
