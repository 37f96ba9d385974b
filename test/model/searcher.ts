import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Search } from './search.ts';

export interface SearchOrder {
  /** The rule that the mutant lacks, or null for the sound protocol. */
  readonly without: string | null;
  readonly firstSeed: number;
  readonly count: number;
}

/**
 * Searches in a process of its own: to use another core, and because the test runner watches every promise of
 * its own process, which makes a schedule ten times slower.
 */
export class Searcher {
  readonly #child: ChildProcess;

  constructor() {
    this.#child = fork(new URL('./search-child.ts', import.meta.url), { execArgv: ['--import=tsx'] });
  }

  /** One search at a time. */
  async search(order: SearchOrder): Promise<Search> {
    const ended = new AbortController();
    const gone = once(this.#child, 'exit', { signal: ended.signal }).then(([code]): never => {
      throw new Error(`the searching process ended with ${code}`);
    });
    const answered = once(this.#child, 'message', { signal: ended.signal });
    this.#child.send(order);
    try {
      const [result]: Search[] = await Promise.race([answered, gone]);
      if (result === undefined) throw new Error('the searching process said nothing');
      return result;
    } finally {
      gone.catch(() => {});
      answered.catch(() => {});
      ended.abort();
    }
  }

  close(): void {
    this.#child.disconnect();
  }
}
