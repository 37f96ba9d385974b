import fp from 'fastify-plugin';
import { Counter, Histogram } from 'prom-client';
import { type EventKinds, eventKinds } from '../lib/events/event-kinds.ts';
import { KeyReplica, syncIntervalMs } from '../lib/replica/key-replica.ts';
import { ReplicaOutdatedError } from '../lib/replication/replica-outdated-error.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** All keys, and whether this process may decide by them at this instant. */
    replica: KeyReplica;
  }
}

export interface ReplicaOptions {
  databaseUrl: string;
  /** How long after its lease a replica may go on deciding while the database is unreachable. */
  staleIfErrorSeconds: number;
  /** `false` does without notifications, as a database that has none. */
  notifications: boolean;
  /** The kinds of events that the process knows; those of this release if not said. */
  eventKinds?: EventKinds;
}

/** This process's copy of all keys, kept current under a lease. */
export default fp<ReplicaOptions>(
  async (app, options) => {
    const { databaseUrl, staleIfErrorSeconds, notifications } = options;
    const propagation = new Histogram({
      name: 'latchkey_change_propagation_seconds',
      help: 'Time from the commit of a change made here until no replica decides by the state before it',
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5],
      registers: [app.metrics],
    });
    const unconfirmed = new Counter({
      name: 'latchkey_changes_unconfirmed_total',
      help: 'Changes made here of which it was not known in time that they were in force everywhere',
      registers: [app.metrics],
    });
    const replica = new KeyReplica({
      pool: app.changesPool,
      databaseUrl,
      notifications,
      eventKinds: options.eventKinds ?? eventKinds,
      staleIfErrorMs: staleIfErrorSeconds * 1000,
      onPropagated(durationMs, confirmed) {
        propagation.observe(durationMs / 1000);
        if (!confirmed) unconfirmed.inc();
      },
      onError(error) {
        if (error instanceof ReplicaOutdatedError)
          app.log.error({ err: error }, 'replica outdated, lease given up');
        else app.log.warn({ err: error }, 'a statement of the replication failed');
      },
    });
    app.decorate('replica', replica);
    app.addHook('onReady', async () => replica.start());
    app.addHook('onListen', async () => {
      if (await replica.probeNotifications()) return;
      app.log.warn(
        `no notifications from the database: changes are seen at the sync, every ${syncIntervalMs} ms`,
      );
    });
    app.addHook('onClose', () => replica.stop());
  },
  { name: 'replica', dependencies: ['database', 'metrics'] },
);
