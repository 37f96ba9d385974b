import fp from 'fastify-plugin';
import { Gauge } from 'prom-client';

/** What Prometheus sees of the connections to PostgreSQL. */
export default fp(
  async (app) => {
    const registers = [app.metrics];
    const pools = [
      ['requests', app.pg.pool],
      ['changes', app.changesPool],
    ] as const;
    void new Gauge({
      name: 'latchkey_database_connections',
      help: 'Connections to PostgreSQL, by pool and state',
      labelNames: ['pool', 'state'],
      registers,
      collect() {
        for (const [pool, { totalCount, idleCount }] of pools) {
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
        for (const [pool, { options }] of pools) this.set({ pool }, options.max);
      },
    });
    void new Gauge({
      name: 'latchkey_database_waiting',
      help: 'Whoever waits for a connection of a pool',
      labelNames: ['pool'],
      registers,
      collect() {
        for (const [pool, { waitingCount }] of pools) this.set({ pool }, waitingCount);
      },
    });
  },
  { name: 'database-metrics', dependencies: ['metrics', 'database'] },
);
