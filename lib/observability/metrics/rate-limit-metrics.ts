import { Counter, Gauge, type Registry } from 'prom-client';
import type { AddressLimiter } from '../../rate-limits/address-limiter.ts';
import type { RateLimiter } from '../../rate-limits/rate-limiter.ts';

/** Adds metrics of the limits. @param addresses `null`: no address is ever blocked */
export function addRateLimitMetrics(
  registry: Registry,
  rateLimiter: RateLimiter,
  addresses: AddressLimiter | null,
): void {
  const registers = [registry];
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
    help: 'Times that Redis failed to count a limit',
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
}
