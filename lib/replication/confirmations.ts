import { Alarm } from './alarm.ts';
import { backoffMs } from './backoff.ts';
import type { Clock, Random, ReplicasBehind, Timers, WriterDatabase } from './ports.ts';

/** True when no replica decides any more by the state before a change; false: it wasn't known in time. */
export interface Confirmation {
  readonly confirmed: boolean;
}

export interface ConfirmationsOptions {
  readonly database: WriterDatabase;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  /** How long to wait for a hint before looking again. */
  readonly pollMs: number;
  /** Told of every failed statement. The wait goes on until its deadline. */
  readonly onError: (error: unknown) => void;
}

interface Waiting {
  readonly seq: number;
  readonly settle: (confirmation: Confirmation) => void;
}

/** A lease that held a change up, and since when this process has known of it. */
interface SeenLease {
  readonly server: string;
  readonly leaseId: string;
  readonly sinceMs: number;
}

/**
 * The second half of a change: after its commit, waits until every replica has applied it or has lost its
 * lease. All changes that wait in this process share one poll.
 *
 * A lease is waited out on the monotonic clock of this process, from the instant when this process knew of it.
 * The time of day of the database server takes no part, for it can be set.
 */
export class Confirmations {
  readonly #options: ConfirmationsOptions;
  readonly #hints: Alarm;
  readonly #waiting = new Set<Waiting>();
  #seen: ReadonlyMap<string, SeenLease> = new Map();
  #polling = false;

  constructor(options: ConfirmationsOptions) {
    this.#options = options;
    this.#hints = new Alarm(options.timers);
  }

  /**
   * Waits for the change whose event has the number `seq`; to be called after its commit has returned.
   * Never rejects; `{confirmed: false}` after `timeoutMs`, and then the change stays committed. That should be
   * longer than a lease, which is what a replica costs that was killed.
   */
  confirm(seq: number, timeoutMs: number): Promise<Confirmation> {
    return new Promise((resolve) => {
      const waiting: Waiting = {
        seq,
        settle: (confirmation) => {
          cancel();
          this.#waiting.delete(waiting);
          resolve(confirmation);
        },
      };
      const cancel = this.#options.timers.after(timeoutMs, () => waiting.settle({ confirmed: false }));
      this.#waiting.add(waiting);
      this.hint();
      if (!this.#polling) void this.#pollWhileWaiting();
    });
  }

  /** A replica may have acknowledged something: look now. Costs nothing if nobody waits. */
  hint(): void {
    this.#hints.ring();
  }

  async #pollWhileWaiting(): Promise<void> {
    this.#polling = true;
    let failures = 0;
    while (this.#waiting.size > 0) {
      this.#hints.reset();
      let restMs: number;
      try {
        restMs = Math.min(await this.#poll(), this.#options.pollMs);
        failures = 0;
      } catch (error) {
        failures += 1;
        restMs = backoffMs(failures, this.#options.random);
        this.#options.onError(error);
      }
      if (this.#waiting.size > 0) await this.#hints.sleep(restMs);
    }
    this.#polling = false;
  }

  /** Looks once, answers whom it can, and returns in how many milliseconds the next lease runs out that it met. */
  async #poll(): Promise<number> {
    // A change that joins after the poll was sent isn't answered by it: the poll may not have seen a replica
    // that announced itself before that change was committed.
    const { clock, database } = this.#options;
    const asked = [...this.#waiting];
    const highestSeq = asked.reduce((highest, { seq }) => Math.max(highest, seq), 0);
    const behind = await database.replicasBehind(highestSeq);
    const nowMs = clock.monotonicMs();
    this.#seen = sightings(behind, this.#seen, nowMs);

    let slowestSeq = Number.POSITIVE_INFINITY;
    let nextMs = Number.POSITIVE_INFINITY;
    for (const row of behind.rows) {
      const leftMs = row.leaseMs - (nowMs - (this.#seen.get(row.id)?.sinceMs ?? nowMs));
      // A renewal that is on its way either wins against the delete or finds no row.
      if (leftMs <= 0 && (await database.fence(row.id, row.leaseId, behind.server))) continue;
      slowestSeq = Math.min(slowestSeq, row.appliedSeq);
      if (leftMs > 0) nextMs = Math.min(nextMs, leftMs);
    }
    for (const waiting of asked) {
      if (waiting.seq <= slowestSeq) waiting.settle({ confirmed: true });
    }
    return nextMs;
  }
}

/** Since when each of the leases in `rows` has been known: as in `earlier`, or since `nowMs`. */
function sightings(
  { server, rows }: ReplicasBehind,
  earlier: ReadonlyMap<string, SeenLease>,
  nowMs: number,
): ReadonlyMap<string, SeenLease> {
  const seen = new Map<string, SeenLease>();
  for (const { id, leaseId } of rows) {
    const known = earlier.get(id);
    const same = known !== undefined && known.leaseId === leaseId && known.server === server;
    seen.set(id, same ? known : { server, leaseId, sinceMs: nowMs });
  }
  return seen;
}
