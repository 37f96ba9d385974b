import { Counter, Gauge, type Registry } from 'prom-client';
import type { RateLimiter } from '../../rate-limits/rate-limiter.ts';
import type { RefusalLimiter } from '../../rate-limits/refusal-limiter.ts';

/** Adds metrics of the limits. @param refusalLimiter `null`: refused requests aren't counted */
export function addRateLimitMetrics(
  registry: Registry,
  rateLimiter: RateLimiter,
  refusalLimiter: RefusalLimiter | null,
): void {
  const registers = [registry];
  void new Counter({
    name: 'latchkey_rate_limit_refusals_total',
    help: 'Requests that were over a limit: that of their key (key), or that of refused requests (refused)',
    labelNames: ['limit'],
    registers,
    collect() {
      this.reset();
      this.inc({ limit: 'key' }, rateLimiter.keyRefusals);
      this.inc({ limit: 'refused' }, refusalLimiter?.refusals ?? 0);
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
