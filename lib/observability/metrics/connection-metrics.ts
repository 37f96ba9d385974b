import { Counter, Gauge, type Registry } from 'prom-client';
import type { ConnectionLimiter } from '../../http/connection-limiter.ts';

/** Adds the metrics of the server's connections. */
export function addConnectionMetrics(registry: Registry, limiter: ConnectionLimiter): void {
  new Gauge({
    name: 'latchkey_connections',
    help: 'Open connections of clients',
    aggregator: 'sum',
    registers: [registry],
    async collect() {
      this.set(await limiter.countConnections());
    },
  });
  new Gauge({
    name: 'latchkey_connections_max',
    help: 'Connections of clients that may be open at once: MAX_CONNECTIONS',
    aggregator: 'sum',
    registers: [registry],
  }).set(limiter.maxConnections);
  new Counter({
    name: 'latchkey_connections_refused_total',
    help: 'Connections that ended at a bound: refused because MAX_CONNECTIONS were open, or ended because too many requests were in flight on one',
    labelNames: ['bound'],
    registers: [registry],
    collect() {
      this.reset();
      this.inc({ bound: 'connections' }, limiter.refused);
      this.inc({ bound: 'requests_in_flight' }, limiter.overrun);
    },
  });
}
