import { setTimeout as delay } from 'node:timers/promises';
import { isDatabaseReachable, type Queryable } from './database.ts';

/** How long a supervisor waits for the database's part of an answer. */
const timeoutMs = 250;

/** Asks the database whether it answers, for whoever watches the process: one question at a time, however many ask. */
export class DatabaseProbe {
  readonly #database: Queryable;
  #question: Promise<boolean> | null = null;

  constructor(database: Queryable) {
    this.#database = database;
  }

  /** Resolves, after 250 ms at most, with whether the database has answered. */
  async answers(): Promise<boolean> {
    this.#question ??= isDatabaseReachable(this.#database).finally(() => {
      this.#question = null;
    });
    const timeout = new AbortController();
    const late = delay(timeoutMs, false, { signal: timeout.signal }).catch(() => false);
    const answer = await Promise.race([this.#question, late]);
    timeout.abort();
    return answer;
  }
}
