import { execFileSync } from 'node:child_process';
import { arch, cpus, release, totalmem, type } from 'node:os';
import type { Placement } from './cores.ts';
import type { BenchResults } from './results.ts';
import { repository } from './server-process.ts';

const git = (...args: string[]): string =>
  execFileSync('git', args, { cwd: repository, encoding: 'utf8' }).trim();

/** The measured commit and the machine. A commit with changes on top of it says so. */
export function describeMachine(
  generator: string,
  { pinning }: Placement,
): Pick<BenchResults, 'commit' | 'date' | 'machine'> {
  const changed = git('status', '--porcelain', '--untracked-files=no') !== '';
  return {
    commit: git('rev-parse', '--short', 'HEAD') + (changed ? '-changed' : ''),
    date: new Date().toISOString().slice(0, 10),
    machine: {
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: cpus().length,
      memoryGb: Math.round(totalmem() / 2 ** 30),
      system: `${type()} ${release()} ${arch()}`,
      node: process.version,
      generator,
      pinning,
    },
  };
}
