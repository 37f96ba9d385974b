/** Attacks two replicas and prints what a well-behaved tenant went through: `npm run siege -- [seconds of each attack]`. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { withPostgres } from '../../scripts/with-postgres.ts';
import type { Quantiles } from '../chaos/latencies.ts';
import { type AttackResult, runSiege } from './siege.ts';

const timesOf = (times: Quantiles | undefined): string =>
  times === undefined
    ? 'none'
    : `${times.count} · p50 ${times.p50Ms.toFixed(1)} · p99 ${times.p99Ms.toFixed(0)} · max ${times.maxMs.toFixed(0)} ms`;

function print({ attack, times, errors, memoryMiB, leasesLost }: AttackResult): void {
  process.stdout.write(
    `${attack}\n  verifications ${timesOf(times['verification'])}\n  changes       ${timesOf(times['change'])}\n` +
      `  errors ${errors.length} · leases lost ${leasesLost} · memory ${memoryMiB} MiB\n`,
  );
  for (const error of new Set(errors)) process.stdout.write(`    ${error}\n`);
}

const seconds = Number(process.argv[2] ?? 10);
const handlers: (() => unknown)[] = [];
const cwd = await mkdtemp(path.join(tmpdir(), 'latchkey-siege-'));
try {
  const results = await withPostgres(async (databaseUrl) => {
    try {
      const teardown = (handler: () => unknown) => void handlers.push(handler);
      return await runSiege({ databaseUrl, cwd, seconds, teardown, onAttack: print });
    } finally {
      for (const handler of handlers) await handler();
    }
  });
  const failed = results.filter(({ errors, leasesLost }) => errors.length > 0 || leasesLost > 0);
  process.exitCode = failed.length > 0 ? 1 : 0;
} finally {
  await rm(cwd, { recursive: true, force: true });
}
