import fp from 'fastify-plugin';
import type { EventKinds } from '../lib/events/event-kinds.ts';
import { KeyReplica, syncIntervalMs } from '../lib/replica/key-replica.ts';
import { replicationErrorLogger } from '../lib/replica/replication-errors.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** All keys, and whether this process may decide by them at this instant. */
    replica: KeyReplica;
  }
}

interface ReplicaOptions {
  databaseUrl: string;
  /** How long after its lease a replica may go on deciding while the database is unreachable. */
  staleIfErrorSeconds: number;
  /** `false` does without notifications, as a database that has none. */
  notifications: boolean;
  /** The kinds of events that the process knows. */
  eventKinds: EventKinds;
}

/** This process's copy of all keys, kept current under a lease. */
export default fp<ReplicaOptions>(
  async (app, { databaseUrl, staleIfErrorSeconds, notifications, eventKinds }) => {
    const replica = new KeyReplica({
      pool: app.changesPool,
      databaseUrl,
      notifications,
      eventKinds,
      staleIfErrorMs: staleIfErrorSeconds * 1000,
      onError: replicationErrorLogger(app.log),
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
  { name: 'replica', dependencies: ['database'] },
);
