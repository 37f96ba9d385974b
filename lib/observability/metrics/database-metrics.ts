import { Gauge, type Registry } from 'prom-client';

/** The part of a connection pool that its metrics read. */
interface ObservedPool {
  readonly totalCount: number;
  readonly idleCount: number;
  readonly waitingCount: number;
  readonly options: { max: number };
}

/** Adds metrics of the connections to PostgreSQL. @param pools by the name that their label gets */
export function addDatabaseMetrics(registry: Registry, pools: Readonly<Record<string, ObservedPool>>): void {
  const registers = [registry];
  void new Gauge({
    name: 'latchkey_database_connections',
    help: 'Connections to PostgreSQL, by pool and state',
    labelNames: ['pool', 'state'],
    registers,
    collect() {
      for (const [pool, { totalCount, idleCount }] of Object.entries(pools)) {
        this.set({ pool, state: 'used' }, totalCount - idleCount);
        this.set({ pool, state: 'idle' }, idleCount);
      }
    },
  });
  void new Gauge({
    name: 'latchkey_database_connections_max',
    help: 'Connections that a pool may have',
    labelNames: ['pool'],
    registers,
    collect() {
      for (const [pool, { options }] of Object.entries(pools)) this.set({ pool }, options.max);
    },
  });
  void new Gauge({
    name: 'latchkey_database_waiting',
    help: 'Requests and changes that wait for a connection of a pool',
    labelNames: ['pool'],
    registers,
    collect() {
      for (const [pool, { waitingCount }] of Object.entries(pools)) this.set({ pool }, waitingCount);
    },
  });
}
