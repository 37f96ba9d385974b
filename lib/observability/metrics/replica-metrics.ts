import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { KeyReplica } from '../../replica/key-replica.ts';

/** Adds metrics of the replica, each with how the figures of several workers make one. */
export function addReplicaMetrics(registry: Registry, replica: KeyReplica): void {
  const { state } = replica;
  const status = () => replica.status();
  const { gauge, counter } = readers(registry);
  gauge('latchkey_may_decide', '1 while keys are decided on here, by a lease or without', 'min', () =>
    Number(replica.canDecide()),
  );
  gauge('latchkey_lease_valid', '1 while this replica has a lease', 'min', () => Number(status().leaseValid));
  gauge('latchkey_applied_seq', 'Last change applied here', 'min', () => status().appliedSeq ?? 0);
  gauge('latchkey_lag_events', 'Changes that are known and not applied yet', 'max', () => status().lagEvents);
  gauge(
    'latchkey_replication_failures_in_a_row',
    'Statements of the replication that have failed since one succeeded',
    'max',
    () => status().failuresInARow,
  );
  counter('latchkey_fenced_total', 'Times this replica lost its row', () => status().timesFenced);
  counter('latchkey_loads_total', 'Times all keys were loaded', () => status().timesLoaded);
  gauge('latchkey_keys', 'Keys in memory', 'max', () => state.keys.size);
  gauge('latchkey_key_table_bytes', 'Memory of the key table', 'sum', () => state.keys.bytes);
  gauge(
    'latchkey_session_revocations',
    'Revoked sessions and customers in memory',
    'max',
    () => state.sessions.size,
  );
  gauge('latchkey_notifications', '1 if those of the database arrive', 'min', () =>
    Number(status().notifications),
  );
  addPropagationMetrics(registry, replica);
}

function addPropagationMetrics(registry: Registry, replica: KeyReplica): void {
  const registers = [registry];
  const propagation = new Histogram({
    name: 'latchkey_change_propagation_seconds',
    help: 'Time from the commit of a change made here until no replica decides by the state before it',
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5],
    registers,
  });
  const unconfirmed = new Counter({
    name: 'latchkey_changes_unconfirmed_total',
    help: 'Changes made here that were not confirmed in time to be in force everywhere',
    registers,
  });
  replica.onPropagated((durationMs, isConfirmed) => {
    propagation.observe(durationMs / 1000);
    if (!isConfirmed) unconfirmed.inc();
  });
}

/** Returns functions that add a metric whose value is read when it is scraped. */
function readers(registry: Registry) {
  const registers = [registry];
  return {
    counter(name: string, help: string, read: () => number): void {
      const collect = function (this: Counter): void {
        this.reset();
        this.inc(read());
      };
      void new Counter({ name, help, registers, collect });
    },
    gauge(name: string, help: string, aggregator: 'sum' | 'min' | 'max', read: () => number): void {
      const collect = function (this: Gauge): void {
        this.set(read());
      };
      void new Gauge({ name, help, aggregator, registers, collect });
    },
  };
}
