import { tooManyRequests } from '../http/api-error.ts';

export interface FairQueueOptions {
  /** Pieces of work at once, in all. */
  total: number;
  /** Pieces of work of one tenant at once. */
  perTenant: number;
  /** Pieces of work of one tenant that may wait; of all tenants, ten times as many. */
  maxWaiting: number;
  /** Milliseconds that a piece of work may wait. */
  maxWaitMs: number;
}

/** Ends a piece of work. Calling it again does nothing. */
export type Release = () => void;

interface Waiter {
  begin(): void;
}

/**
 * Lets each tenant do a bounded number of things at once. Others wait for their turn, which goes round among the tenants
 * that wait: however much one of them asks for, another waits for one piece of its work at most.
 */
export class FairQueue {
  /** The pieces of work that were refused since the start, because too many waited or they waited too long. */
  refused = 0;
  readonly #options: FairQueueOptions;
  readonly #running = new Map<string, number>();
  /** By tenant, in the order of their turns. */
  readonly #waiting = new Map<string, Set<Waiter>>();
  #total = 0;
  #totalWaiting = 0;

  constructor(options: FairQueueOptions) {
    this.#options = options;
  }

  /** Pieces of work that run now. */
  get running(): number {
    return this.#total;
  }

  /** Begins a piece of work at once, if it may. @returns `null` if it has to wait */
  tryEnter(tenantId: string): Release | null {
    return this.#mayRun(tenantId) && !this.#waiting.has(tenantId) ? this.#start(tenantId) : null;
  }

  /**
   * Waits for the turn of a piece of work, if it has to.
   * @throws ApiError `too_many_requests` when too many wait, or it has waited too long
   */
  enter(tenantId: string): Promise<Release> {
    const entered = this.tryEnter(tenantId);
    if (entered !== null) return Promise.resolve(entered);
    const { maxWaiting, maxWaitMs } = this.#options;
    const waiters = this.#waiting.get(tenantId) ?? new Set();
    if (waiters.size >= maxWaiting || this.#totalWaiting >= 10 * maxWaiting)
      return Promise.reject(this.#refuse());
    this.#waiting.set(tenantId, waiters);
    this.#totalWaiting += 1;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiters.delete(waiter);
        this.#totalWaiting -= 1;
        if (waiters.size === 0) this.#waiting.delete(tenantId);
        reject(this.#refuse());
      }, maxWaitMs);
      const waiter: Waiter = {
        begin: () => {
          clearTimeout(timer);
          resolve(this.#start(tenantId));
        },
      };
      waiters.add(waiter);
    });
  }

  #refuse() {
    this.refused += 1;
    return tooManyRequests(this.#options.maxWaitMs);
  }

  #mayRun(tenantId: string): boolean {
    const { total, perTenant } = this.#options;
    return this.#total < total && (this.#running.get(tenantId) ?? 0) < perTenant;
  }

  #start(tenantId: string): Release {
    this.#total += 1;
    this.#running.set(tenantId, (this.#running.get(tenantId) ?? 0) + 1);
    let isRunning = true;
    return () => {
      if (!isRunning) return;
      isRunning = false;
      this.#end(tenantId);
    };
  }

  #end(tenantId: string): void {
    this.#total -= 1;
    const left = (this.#running.get(tenantId) ?? 1) - 1;
    if (left > 0) this.#running.set(tenantId, left);
    else this.#running.delete(tenantId);
    this.#beginNext();
  }

  /** Begins what waits, as far as there is room, and puts each tenant at the end of the round. */
  #beginNext(): void {
    for (const [tenantId, waiters] of [...this.#waiting]) {
      if (this.#total >= this.#options.total) return;
      const [next] = waiters;
      if (next === undefined || !this.#mayRun(tenantId)) continue;
      waiters.delete(next);
      this.#totalWaiting -= 1;
      this.#waiting.delete(tenantId);
      if (waiters.size > 0) this.#waiting.set(tenantId, waiters);
      next.begin();
    }
  }
}
