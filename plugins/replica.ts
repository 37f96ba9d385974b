import fp from 'fastify-plugin';
import { Gauge, Histogram } from 'prom-client';
import { Changes } from '../lib/changes/changes.ts';
import { newId } from '../lib/ids.ts';
import type { KeyChange } from '../lib/keys/key-change.ts';
import { KeyState } from '../lib/keys/key-state.ts';
import { Confirmations } from '../lib/replication/confirmations.ts';
import { Lease } from '../lib/replication/lease.ts';
import type { Clock, Timers } from '../lib/replication/ports.ts';
import { Replica, type ReplicaStatus } from '../lib/replication/replica.ts';
import { changedChannel } from '../lib/stores/key-events.ts';
import {
  appliedChannel,
  PostgresReplicaDatabase,
  PostgresWriterDatabase,
} from '../lib/stores/replication.ts';
import { ReservedConnection } from '../lib/stores/reserved-connection.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** All keys, and whether it is allowed to decide by them at this instant. */
    replica: {
      readonly keys: KeyState;
      /** Asked at the instant of each decision. */
      mayDecide(): boolean;
      /** Waits for that, if it may come soon. The answer can be old by the time of the decision: ask again. */
      waitUntilMayDecide(): Promise<boolean>;
      status(): ReplicaStatus & {
        /** Whether the database's notifications arrive; `null`: not known yet. */
        notifications: boolean | null;
        /** How long the last change made here took to be in force everywhere. */
        lastPropagationMs: number | null;
      };
    };
    /** How everything that decides on keys is changed. */
    changes: Changes;
  }
}

export interface ReplicaOptions {
  databaseUrl: string;
  /** How long after its lease a replica may go on deciding while the database is unreachable; 0 by default. */
  staleIfErrorSeconds: number;
  /** `false` does without notifications, as a database that has none. */
  notifications: boolean;
  /** `false` answers changes at once, without the promise: only to prove that a test would notice. */
  confirmChanges: boolean;
}

/** How long a change waits for a replica that is gone, and how much earlier that replica stops deciding. */
const leaseMs = 2_000;
const marginMs = 100;

/** How long a change may wait for its confirmation: a lease, and time for the database to hang in. */
const confirmTimeoutMs = leaseMs + 3_000;

/** How long a request waits for a lease. */
const decidableTimeoutMs = 1_000;

const statementTimeoutMs = 2_000;
const loadStatementTimeoutMs = 30_000;
const maxEventsPerSync = 1_000;
const confirmationPollMs = 50;
const notificationProbeMs = 1_000;

const clock: Clock = { monotonicMs: () => performance.now(), wallMs: () => Date.now() };

const timers: Timers = {
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};

/** This process's copy of all keys, kept current under a lease, and the changes that wait for every copy. */
export default fp<ReplicaOptions>(
  async (app, options) => {
    const { pool } = app.pg;
    const keys = new KeyState();
    const onError = (error: unknown) => app.log.warn({ err: error }, 'a statement of the replication failed');
    const connect = (timeoutMs: number) => ({
      connectionString: options.databaseUrl,
      application_name: 'latchkey replica',
      connectionTimeoutMillis: statementTimeoutMs,
      query_timeout: timeoutMs,
      keepAlive: true,
    });

    const confirmations = new Confirmations({
      database: new PostgresWriterDatabase(pool),
      clock,
      timers,
      random: Math.random,
      pollMs: confirmationPollMs,
      onError,
    });
    const connection = new ReservedConnection({
      config: connect(statementTimeoutMs),
      channels: options.notifications ? [changedChannel, appliedChannel] : [],
      onNotification: (channel) => (channel === changedChannel ? replica : confirmations).hint(),
      onLost: () => replica.hint(),
    });
    const lease = new Lease(clock, { leaseMs, marginMs });
    const replica = new Replica<KeyChange>({
      id: newId('replica'),
      database: new PostgresReplicaDatabase(connection, connect(loadStatementTimeoutMs)),
      state: keys,
      lease,
      timers,
      random: Math.random,
      maxEventsPerSync,
      onError,
    });
    let notifications: boolean | null = null;
    let lastPropagationMs: number | null = null;

    const mayDecide = () => lease.isValid() || replica.staleForMs() < options.staleIfErrorSeconds * 1000;

    app.decorate('replica', {
      keys,
      mayDecide,
      async waitUntilMayDecide() {
        // With the database gone a wait would only pile requests up.
        if (replica.status().failuresInARow > 0) return mayDecide();
        await replica.waitUntilDecidable(decidableTimeoutMs);
        return mayDecide();
      },
      status: () => ({ ...replica.status(), notifications, lastPropagationMs }),
    });

    const propagation = new Histogram({
      name: 'latchkey_change_propagation_seconds',
      help: 'Time from the commit of a change made here until no replica decides by the state before it',
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5],
      registers: [app.metrics],
    });
    app.decorate(
      'changes',
      new Changes(pool, async (seq) => {
        if (!options.confirmChanges) return true;
        const startMs = clock.monotonicMs();
        replica.hint();
        const { confirmed } = await confirmations.confirm(seq, confirmTimeoutMs);
        lastPropagationMs = clock.monotonicMs() - startMs;
        propagation.observe(lastPropagationMs / 1000);
        return confirmed;
      }),
    );
    registerGauges();

    app.addHook('onReady', async () => replica.start());
    app.addHook('onListen', async () => {
      notifications = await connection.notificationsArrive(notificationProbeMs);
      if (notifications) return;
      app.log.warn(
        `no notifications from the database: changes are seen at the sync, every ${leaseMs / 4} ms`,
      );
    });
    app.addHook('onClose', async () => {
      await replica.stop();
      await connection.close();
    });

    function registerGauges(): void {
      type Aggregator = 'sum' | 'min' | 'max';
      // How the figures of several workers make one.
      const gauge = (name: string, help: string, aggregator: Aggregator, read: () => number) =>
        new Gauge({ name, help, aggregator, registers: [app.metrics], collect: gaugeReader(read) });
      const { status } = app.replica;
      gauge('latchkey_lease_valid', '1 while this replica may decide', 'min', () => Number(lease.isValid()));
      gauge('latchkey_applied_seq', 'Last change applied here', 'min', () => status().appliedSeq ?? 0);
      gauge(
        'latchkey_lag_events',
        'Changes that are known and not applied yet',
        'max',
        () => status().lagEvents,
      );
      gauge('latchkey_fenced_total', 'Times this replica lost its row', 'sum', () => status().timesFenced);
      gauge('latchkey_loads_total', 'Times all keys were loaded', 'sum', () => status().timesLoaded);
      gauge('latchkey_keys', 'Keys in memory', 'max', () => keys.keys.size);
      gauge('latchkey_key_table_bytes', 'Memory of the key table', 'sum', () => keys.keys.bytes);
      gauge('latchkey_notifications', '1 if those of the database arrive', 'min', () =>
        Number(notifications),
      );
    }
  },
  { name: 'replica', dependencies: ['database', 'metrics'] },
);

function gaugeReader(read: () => number) {
  return function (this: Gauge): void {
    this.set(read());
  };
}
