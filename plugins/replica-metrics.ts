import fp from 'fastify-plugin';
import { Counter, Gauge } from 'prom-client';

/** What Prometheus sees of the replica, with how the figures of several workers make one. */
export default fp(
  async (app) => {
    const { state: keys } = app.replica;
    const status = () => app.replica.status();
    gauge('latchkey_may_decide', '1 while keys are decided on here, by a lease or without', 'min', () =>
      Number(app.replica.canDecide()),
    );
    gauge('latchkey_lease_valid', '1 while this replica has a lease', 'min', () =>
      Number(status().leaseValid),
    );
    gauge('latchkey_applied_seq', 'Last change applied here', 'min', () => status().appliedSeq ?? 0);
    gauge(
      'latchkey_lag_events',
      'Changes that are known and not applied yet',
      'max',
      () => status().lagEvents,
    );
    gauge(
      'latchkey_replication_failures_in_a_row',
      'Statements of the replication that have failed since one succeeded',
      'max',
      () => status().failuresInARow,
    );
    counter('latchkey_fenced_total', 'Times this replica lost its row', () => status().timesFenced);
    counter('latchkey_loads_total', 'Times all keys were loaded', () => status().timesLoaded);
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

    function counter(name: string, help: string, read: () => number): void {
      const collect = function (this: Counter): void {
        this.reset();
        this.inc(read());
      };
      void new Counter({ name, help, registers: [app.metrics], collect });
    }

    function gauge(name: string, help: string, aggregator: 'sum' | 'min' | 'max', read: () => number): void {
      const collect = function (this: Gauge): void {
        this.set(read());
      };
      void new Gauge({ name, help, aggregator, registers: [app.metrics], collect });
    }
  },
  { name: 'replica-metrics', dependencies: ['metrics', 'replica'] },
);
