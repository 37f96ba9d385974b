import fp from 'fastify-plugin';
import { Gauge } from 'prom-client';

/** What Prometheus sees of the replica, with how the figures of several workers make one. */
export default fp(
  async (app) => {
    const { keys } = app.replica;
    const status = () => app.replica.status();
    gauge('latchkey_lease_valid', '1 while this replica may decide', 'min', () =>
      Number(status().leaseValid),
    );
    gauge('latchkey_applied_seq', 'Last change applied here', 'min', () => status().appliedSeq ?? 0);
    gauge(
      'latchkey_lag_events',
      'Changes that are known and not applied yet',
      'max',
      () => status().lagEvents,
    );
    gauge('latchkey_fenced', 'Times this replica lost its row', 'sum', () => status().timesFenced);
    gauge('latchkey_loads', 'Times all keys were loaded', 'sum', () => status().timesLoaded);
    gauge('latchkey_keys', 'Keys in memory', 'max', () => keys.keys.size);
    gauge('latchkey_key_table_bytes', 'Memory of the key table', 'sum', () => keys.keys.bytes);
    gauge(
      'latchkey_session_revocations',
      'Revoked sessions and customers in memory',
      'max',
      () => keys.sessions.size,
    );
    gauge('latchkey_notifications', '1 if those of the database arrive', 'min', () =>
      Number(status().notifications),
    );

    function gauge(name: string, help: string, aggregator: 'sum' | 'min' | 'max', read: () => number): void {
      const collect = function (this: Gauge): void {
        this.set(read());
      };
      void new Gauge({ name, help, aggregator, registers: [app.metrics], collect });
    }
  },
  { name: 'replica-metrics', dependencies: ['metrics', 'replica'] },
);
