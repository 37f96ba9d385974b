import { Counter, Gauge, type Registry } from 'prom-client';
import type { FairQueue } from '../../rate-limits/fair-queue.ts';

/**
 * Adds the metrics of what tenants do at once, and how often.
 * @param queues by kind of work
 * @param rateRefusals by kind of work, counted by the caller
 */
export function addWorkMetrics(
  registry: Registry,
  queues: Record<string, FairQueue>,
  rateRefusals: Record<string, number>,
): void {
  const registers = [registry];
  new Gauge({
    name: 'latchkey_work_running',
    help: 'Changes, imports and listings that run now',
    labelNames: ['work'],
    aggregator: 'sum',
    registers,
    collect() {
      for (const [work, { running }] of Object.entries(queues)) this.set({ work }, running);
    },
  });
  new Counter({
    name: 'latchkey_work_refused_total',
    help: 'Requests that were refused because too many of their tenant waited (waiting), or came in a second (rate)',
    labelNames: ['work', 'bound'],
    registers,
    collect() {
      this.reset();
      for (const [work, { refused }] of Object.entries(queues)) this.inc({ work, bound: 'waiting' }, refused);
      for (const [work, count] of Object.entries(rateRefusals)) this.inc({ work, bound: 'rate' }, count);
    },
  });
}
