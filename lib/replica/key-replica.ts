import type { Pool } from 'pg';
import { newId } from '../crypto/ids.ts';
import type { EventKinds } from '../events/event-kinds.ts';
import { Confirmations } from '../replication/confirmations.ts';
import { Lease } from '../replication/lease.ts';
import type { Clock, Timers } from '../replication/ports.ts';
import { Replica, type ReplicaStatus } from '../replication/replica.ts';
import { changedChannel } from '../stores/key-event-store.ts';
import { appliedChannel, PostgresReplicaDatabase, PostgresWriterDatabase } from './postgres-replication.ts';
import { ReplicatedState } from './replicated-state.ts';
import { ReservedConnection } from './reserved-connection.ts';
import type { StateChange } from './state-change.ts';

/** How long a change waits for a replica that is gone, and how much earlier that replica stops deciding. */
const leaseMs = 2_000;
const marginMs = 100;

/** Interval in which a replica reads changes whose notification was lost. */
export const syncIntervalMs = leaseMs / 4;

/** How long a change may wait for its confirmation: a lease, and time for the database to hang in. */
const confirmTimeoutMs = leaseMs + 3_000;

/** How long a request waits for a lease. */
const leaseWaitMs = 1_000;

const statementTimeoutMs = 2_000;
const loadStandstillMs = 30_000;
const notificationTimeoutMs = 1_000;
const confirmationPollMs = 50;

/** A millisecond or two of applying, between which requests are answered. */
const maxEventsPerSync = 1_000;

const clock: Clock = { monotonicMs: () => performance.now(), wallMs: () => Date.now() };

/** Node counts in whole milliseconds, and so is up to two too early by the clock, if it isn't asked for more. */
export const timers: Timers = {
  after(delayMs, run) {
    const timer = setTimeout(run, Math.ceil(delayMs) + 1);
    return () => clearTimeout(timer);
  },
};

export interface KeyReplicaOptions {
  /** For the statements of changes that wait. */
  pool: Pool;
  /** For the connection of its own. */
  databaseUrl: string;
  /** `false` does without notifications, as a database that has none. */
  notifications: boolean;
  /** The kinds of events that this release knows. */
  eventKinds: EventKinds;
  /** How long after its lease it goes on deciding while the database is unreachable. */
  staleIfErrorMs: number;
  /** Told of every statement that failed. */
  onError: (error: unknown) => void;
}

export interface KeyReplicaStatus extends ReplicaStatus {
  /** True if the database's notifications arrive; `null`: not known yet. */
  notifications: boolean | null;
  /** How long the last change made here took to be in force everywhere. */
  lastPropagationMs: number | null;
}

/** This process's copy of all keys, kept current under a lease: the replication at work on PostgreSQL and real clocks. */
export class KeyReplica {
  readonly state = new ReplicatedState();
  readonly #lease = new Lease(clock, { leaseMs, marginMs });
  readonly #connection: ReservedConnection;
  readonly #replica: Replica<StateChange>;
  readonly #confirmations: Confirmations;
  readonly #staleIfErrorMs: number;
  readonly #propagationListeners: ((durationMs: number, isConfirmed: boolean) => void)[] = [];
  readonly #appliedListeners: (() => void)[] = [];
  #notifications: boolean | null = null;
  #fencing: Promise<void> | null = null;
  #lastPropagationMs: number | null = null;

  constructor({ pool, databaseUrl, notifications, eventKinds, staleIfErrorMs, onError }: KeyReplicaOptions) {
    const config = {
      connectionString: databaseUrl,
      application_name: 'latchkey replica',
      connectionTimeoutMillis: statementTimeoutMs,
      keepAlive: true,
    };
    const common = { timers, random: Math.random, onError };
    this.#staleIfErrorMs = staleIfErrorMs;
    this.#connection = new ReservedConnection({
      config: { ...config, query_timeout: statementTimeoutMs },
      channels: notifications ? [changedChannel, appliedChannel] : [],
      onNotification: (channel) =>
        channel === changedChannel ? this.#replica.hint() : this.#confirmations.hint(),
      onLost: () => this.#replica.hint(),
    });
    this.#replica = new Replica({
      ...common,
      id: newId('replica'),
      database: new PostgresReplicaDatabase(
        this.#connection,
        { config, standstillMs: loadStandstillMs },
        eventKinds,
      ),
      state: this.state,
      lease: this.#lease,
      maxEventsPerSync,
      onApplied: () => {
        for (const listener of this.#appliedListeners) listener();
      },
    });
    this.#confirmations = new Confirmations({
      ...common,
      database: new PostgresWriterDatabase(pool),
      clock,
      pollMs: confirmationPollMs,
    });
  }

  /** Begins to load all keys and to follow the feed. Returns at once. */
  start(): void {
    this.#replica.start();
  }

  /** Gives up the lease, and the row that changes would wait for. */
  async stop(): Promise<void> {
    await this.#replica.stop();
    await this.#connection.close();
  }

  /** Returns whether it may decide at this instant: asked for each decision, and right before it. */
  canDecide(): boolean {
    return this.#lease.isValid() || this.#replica.staleForMs() < this.#staleIfErrorMs;
  }

  /** Waits for a lease. @returns `false` if there is none after `timeoutMs`, or it is stopped before */
  waitForLease(timeoutMs: number): Promise<boolean> {
    return this.#replica.waitForLease(timeoutMs);
  }

  /** Waits for that for a bounded time, if it may come soon. The answer can be old when it arrives: ask again. */
  async waitUntilCanDecide(): Promise<boolean> {
    // With the database gone a wait would only pile requests up.
    if (this.#replica.status().failuresInARow === 0) await this.waitForLease(leaseWaitMs);
    return this.canDecide();
  }

  /**
   * Waits until no replica decides by a state before the event `seq`, which has to be committed.
   * @returns whether that is known in time
   */
  async confirm(seq: number): Promise<boolean> {
    const startMs = clock.monotonicMs();
    this.#replica.hint();
    const { confirmed } = await this.#confirmations.confirm(seq, confirmTimeoutMs);
    this.#lastPropagationMs = clock.monotonicMs() - startMs;
    for (const listener of this.#propagationListeners) listener(this.#lastPropagationMs, confirmed);
    return confirmed;
  }

  /**
   * Removes the rows of replicas that have stopped without leaving, within about a lease: those that are alive renew
   * theirs meanwhile. Calls at the same time share one run.
   */
  fenceDeadReplicas(): Promise<void> {
    this.#fencing ??= this.#fence().finally(() => {
      this.#fencing = null;
    });
    return this.#fencing;
  }

  /** Waits for an event that doesn't exist: a row that isn't renewed for a lease is fenced meanwhile. */
  async #fence(): Promise<void> {
    await this.#confirmations.confirm(Number.MAX_SAFE_INTEGER, leaseMs + 4 * confirmationPollMs);
  }

  /**
   * Calls `listener` whenever changes have been applied here, and before they are acknowledged: what it does at once
   * is done when a change is answered. It must not throw.
   */
  onApplied(listener: () => void): void {
    this.#appliedListeners.push(listener);
  }

  /**
   * Calls `listener` when a change that was made here is in force everywhere, or isn't known to be in time. It must not
   * throw.
   */
  onPropagated(listener: (durationMs: number, isConfirmed: boolean) => void): void {
    this.#propagationListeners.push(listener);
  }

  /** Finds out whether the database's notifications arrive. */
  async probeNotifications(): Promise<boolean> {
    this.#notifications = await this.#connection.notificationsArrive(notificationTimeoutMs);
    return this.#notifications;
  }

  status(): KeyReplicaStatus {
    return {
      ...this.#replica.status(),
      notifications: this.#notifications,
      lastPropagationMs: this.#lastPropagationMs,
    };
  }
}
