import { Counter, Gauge, type Registry } from 'prom-client';
import { type BodyBudget, bodiesMaxBytes } from '../../http/body-budget.ts';
import type { ConnectionLimiter } from '../../http/connection-limiter.ts';
import type { UntrustedProxy } from '../../http/untrusted-proxy.ts';

interface Connections {
  connectionLimiter: ConnectionLimiter;
  webhookBodies: BodyBudget;
  untrustedProxy: UntrustedProxy;
}

/** Adds the metrics of the server's connections, and of the webhooks that arrive on them. */
export function addConnectionMetrics(
  registry: Registry,
  { connectionLimiter: limiter, webhookBodies, untrustedProxy }: Connections,
): void {
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
  new Gauge({
    name: 'latchkey_webhook_body_bytes',
    help: `Bytes reserved for webhooks that are being received, of ${bodiesMaxBytes} in a process`,
    aggregator: 'sum',
    registers: [registry],
    collect() {
      this.set(webhookBodies.bytes);
    },
  });
  new Counter({
    name: 'latchkey_webhook_bodies_refused_total',
    help: 'Webhooks that were refused because too many were being received',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(webhookBodies.refused);
    },
  });
  new Gauge({
    name: 'latchkey_untrusted_proxy',
    help: '1 once a proxy that TRUSTED_PROXIES does not name has sent X-Forwarded-For',
    aggregator: 'max',
    registers: [registry],
    collect() {
      this.set(Number(untrustedProxy.isSeen));
    },
  });
}
