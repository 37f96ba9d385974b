import { Alarm } from './alarm.ts';
import { backoffMs } from './backoff.ts';
import { applyEvents, type ReplicatedState } from './feed.ts';
import type { Instant, Lease } from './lease.ts';
import type { FeedEvent, Position, Random, ReplicaDatabase, Timers } from './ports.ts';
import { ReplicaOutdatedError } from './replica-outdated-error.ts';
import { Waiters } from './waiters.ts';

/**
 * The replica's next step: `loading` the state, `announcing` its row, or `syncing` with the feed. An `outdated` one
 * takes no step any more.
 */
export type ReplicaPhase = 'loading' | 'announcing' | 'syncing' | 'outdated';

/** The status of a replica, for operators. Sequence numbers are null before the first load. */
export interface ReplicaStatus {
  readonly phase: ReplicaPhase;
  readonly leaseValid: boolean;
  readonly appliedSeq: number | null;
  readonly headSeq: number | null;
  /** Events that are known to exist and aren't applied yet. */
  readonly lagEvents: number;
  readonly timesFenced: number;
  readonly timesLoaded: number;
  /** Changes read by the load in progress, or by the last one. */
  readonly loadedChanges: number;
  readonly failuresInARow: number;
  /** Why the replica has given up its lease for good; `null` unless its phase is `outdated`. */
  readonly outdatedReason: string | null;
}

export interface ReplicaOptions<Change> {
  /** Never used by another process, nor by an earlier run of this one. */
  readonly id: string;
  readonly database: ReplicaDatabase<Change>;
  readonly state: ReplicatedState<Change>;
  readonly lease: Lease;
  readonly timers: Timers;
  readonly random: Random;
  /** The most events that one sync reads: bounds how long applying them keeps requests waiting. */
  readonly maxEventsPerSync: number;
  /** Told when events have been applied, before anybody who waits for that hears of it. Must not throw. */
  readonly onApplied?: () => void;
  /** Told of every failed statement. The replica carries on by itself. */
  readonly onError: (error: unknown) => void;
}

/** How many times in the length of a lease a replica renews it, so that a lost answer or two do no harm. */
const RENEWALS_PER_LEASE = 4;

/**
 * A full copy of the state, kept current by the feed, and the lease to decide by it.
 *
 * It goes through three phases, one statement at a time: it loads, announces itself, and from then on syncs.
 * Only a sync confers the lease, and only one that was sent after the announcement was committed. The README
 * says which race each rule closes.
 */
export class Replica<Change> {
  readonly #options: ReplicaOptions<Change>;
  readonly #lease: Lease;
  readonly #hints: Alarm;
  readonly #stopAlarm: Alarm;
  readonly #waiters: Waiters;
  #running: Promise<void> | null = null;
  #stopping = false;
  #phase: ReplicaPhase = 'loading';
  #position: Position | null = null;
  #headSeq: number | null = null;
  #timesFenced = 0;
  #timesLoaded = 0;
  #loadedChanges = 0;
  #failures = 0;
  #unreachable = false;
  #outdatedReason: string | null = null;
  /** By the monotonic clock. */
  #renewalDueMs = Number.NEGATIVE_INFINITY;

  constructor(options: ReplicaOptions<Change>) {
    this.#options = options;
    this.#lease = options.lease;
    this.#hints = new Alarm(options.timers);
    this.#stopAlarm = new Alarm(options.timers);
    this.#waiters = new Waiters(options.timers);
  }

  /** Begins to load and to follow the feed, until {@link stop}. Returns at once; failures are tried again. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Gives up the lease at once, and the row when the statement in flight has returned, so that no writer waits for it. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#lease.end();
    this.#waiters.settle(false);
    this.#hints.ring();
    this.#stopAlarm.ring();
    await this.#running;
    await this.#options.database.leave(this.#options.id).catch(this.#options.onError);
  }

  /** There may be something new in the feed: sync now, or right after the sync in flight. Costs nothing if it isn't so. */
  hint(): void {
    this.#hints.ring();
  }

  /**
   * For a request that finds no valid lease: true as soon as there is one, false after `timeoutMs`. The
   * decision itself has to look at the lease again, for it comes later.
   */
  waitForLease(timeoutMs: number): Promise<boolean> {
    if (this.#lease.isValid()) return Promise.resolve(true);
    if (this.#stopping || this.#phase === 'outdated') return Promise.resolve(false);
    return this.#waiters.wait(timeoutMs);
  }

  /**
   * How old the state may be at most beyond the promise, in milliseconds: 0 with a valid lease. Infinity unless a
   * statement that was sent without a lease has failed: a process that was merely slow, or fenced, has a database
   * to ask. Only for an operator who chose availability over the promise.
   */
  staleForMs(): number {
    if (this.#lease.isValid()) return 0;
    const cutOff = this.#unreachable && this.#phase === 'syncing' && !this.#stopping;
    return cutOff ? this.#lease.expiredForMs() : Number.POSITIVE_INFINITY;
  }

  status(): ReplicaStatus {
    const appliedSeq = this.#position?.seq ?? null;
    return {
      phase: this.#phase,
      leaseValid: this.#lease.isValid(),
      appliedSeq,
      headSeq: this.#headSeq,
      lagEvents: (this.#headSeq ?? 0) - (appliedSeq ?? 0),
      timesFenced: this.#timesFenced,
      timesLoaded: this.#timesLoaded,
      loadedChanges: this.#loadedChanges,
      failuresInARow: this.#failures,
      outdatedReason: this.#outdatedReason,
    };
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      const hadLease = this.#lease.isValid();
      try {
        await this.#step();
        this.#failures = 0;
        this.#unreachable = false;
      } catch (error) {
        if (error instanceof ReplicaOutdatedError) return await this.#retire(error);
        this.#failures += 1;
        this.#unreachable = !hadLease;
        this.#options.onError(error);
        // Not cut short by hints: a flood of them must not become a flood of attempts.
        await this.#stopAlarm.sleep(backoffMs(this.#failures, this.#options.random));
        continue;
      }
      if (this.#phase === 'syncing') await this.#hints.sleep(this.#untilRenewalMs());
    }
  }

  #untilRenewalMs(): number {
    return Math.max(0, this.#renewalDueMs - this.#lease.now().monotonicMs);
  }

  async #step(): Promise<void> {
    const position = this.#position;
    if (position === null) return await this.#load();
    if (this.#phase === 'announcing') return await this.#announce();
    await this.#sync(position);
  }

  async #load(): Promise<void> {
    const { database, state } = this.#options;
    state.clear();
    this.#loadedChanges = 0;
    const head = await database.load((change) => {
      state.apply(change);
      this.#loadedChanges += 1;
    });
    this.#timesLoaded += 1;
    this.#position = head;
    this.#headSeq = head.seq;
    this.#phase = 'announcing';
  }

  async #announce(): Promise<void> {
    await this.#options.database.announce(this.#options.id, this.#lease.leaseMs);
    this.#phase = 'syncing';
    this.#hints.ring();
  }

  /**
   * Acknowledges what has been applied, applies what is new, and only then lets the lease count, if it was renewed: that
   * makes the server wait for its disk, and so is done when it is due, and not for each change.
   */
  async #sync(position: Position): Promise<void> {
    const { database, id, maxEventsPerSync } = this.#options;
    this.#hints.reset();
    const sentAt = this.#lease.now();
    const renews = sentAt.monotonicMs >= this.#renewalDueMs || !this.#lease.isValid();
    const result = await database.sync(id, position, renews ? this.#lease.leaseMs : null, maxEventsPerSync);
    if (this.#stopping) return;
    if (result.outcome === 'fenced') return this.#rejoin();
    if (result.outcome === 'diverged') return this.#reload();

    const reached = this.#apply(position, result.events);
    if (reached === null) return this.#reload();
    this.#position = reached;
    this.#headSeq = result.head.seq;

    // A writer waits for the acknowledgement of what was just applied, or there is more to read.
    if (result.events.length > 0) this.#hints.ring();
    if (renews && reached.seq >= result.head.seq) this.#grantLease(sentAt);
    if (result.events.length > 0) this.#options.onApplied?.();
  }

  #grantLease(sentAt: Instant): void {
    this.#lease.grantFrom(sentAt);
    // Counted from the send, too: a slow answer must not make the next renewal late.
    this.#renewalDueMs = sentAt.monotonicMs + this.#lease.leaseMs / RENEWALS_PER_LEASE;
    if (this.#lease.isValid()) this.#waiters.settle(true);
  }

  /** The position reached, or null if it can't be reached: an event is missing, or is none that can be applied. */
  #apply(position: Position, events: readonly FeedEvent<Change>[]): Position | null {
    try {
      return applyEvents(this.#options.state, position, events);
    } catch (error) {
      this.#options.onError(error);
      return null;
    }
  }

  /** The row is gone, so writers no longer wait for this replica. Its state is still a prefix of the feed. */
  #rejoin(): void {
    this.#lease.end();
    this.#timesFenced += 1;
    this.#phase = 'announcing';
  }

  /**
   * Decides nothing any more, and lets no writer wait: what it doesn't understand may be a revocation. Only another
   * release can go on.
   */
  async #retire(error: ReplicaOutdatedError): Promise<void> {
    const { database, id, onError } = this.#options;
    this.#lease.end();
    this.#phase = 'outdated';
    this.#outdatedReason = error.message;
    this.#waiters.settle(false);
    onError(error);
    await database.leave(id).catch(onError);
  }

  /** The state belongs to a history that the feed doesn't continue. */
  #reload(): void {
    this.#lease.end();
    this.#position = null;
    this.#headSeq = null;
    this.#phase = 'loading';
  }
}
