import fp from 'fastify-plugin';
import { Counter, Gauge } from 'prom-client';

/** What Prometheus sees of the limits. */
export default fp(
  async (app) => {
    const { rateLimiter, addresses } = app.authenticator;
    const registers = [app.metrics];
    void new Counter({
      name: 'latchkey_rate_limit_refusals_total',
      help: 'Requests that were over a limit: that of their key, or that of their address on refused keys',
      labelNames: ['limit'],
      registers,
      collect() {
        this.reset();
        this.inc({ limit: 'key' }, rateLimiter.keyRefusals);
        this.inc({ limit: 'address' }, addresses?.refusals ?? 0);
      },
    });
    void new Counter({
      name: 'latchkey_redis_failures_total',
      help: 'Times Redis was asked for a limit in vain',
      registers,
      collect() {
        this.reset();
        this.inc(rateLimiter.redisFailures);
      },
    });
    void new Gauge({
      name: 'latchkey_rate_limits_shared',
      help: '1 while limits are counted across all processes, in Redis',
      aggregator: 'min',
      registers,
      collect() {
        this.set(Number(rateLimiter.mode === 'shared'));
      },
    });
  },
  { name: 'rate-limit-metrics', dependencies: ['metrics', 'authenticator'] },
);
