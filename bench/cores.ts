import { execFileSync, spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/**
 * Keeps the server and what loads it apart: sharing a core, each would be measured with the other's cache misses
 * and waits. This process is moved too, and with it everything that it starts, PostgreSQL and the generator.
 */
export interface Placement {
  /** How one server is started, in front of its command. */
  prefixOf(processes: number): string[];
  pinning: { server: string; generator: string } | null;
}

/** The system places the processes. */
export const unpinned: Placement = { prefixOf: () => [], pinning: null };

/** Moves this process off the server's core, where there is `taskset` (Linux) and more than one core. */
export function placeProcesses(): Placement {
  const cores = allowedCores();
  const [first, ...others] = cores;
  if (first === undefined || others.length === 0) return unpinned;
  const pinning = { server: String(first), generator: others.join(',') };
  execFileSync('taskset', ['-acp', pinning.generator, String(process.pid)], { stdio: 'ignore' });
  const prefixOf = (processes: number) => {
    // The generator keeps a core where there are enough.
    const own = cores.slice(0, processes < cores.length ? processes : cores.length);
    return ['taskset', '-c', own.join(',')];
  };
  return { pinning, prefixOf };
}

function allowedCores(): number[] {
  if (availableParallelism() < 2) return [];
  const { status, stdout } = spawnSync('taskset', ['-cp', String(process.pid)], { encoding: 'utf8' });
  if (status !== 0) return [];
  return (stdout.split(':').at(-1) ?? '').split(',').flatMap((range) => {
    const [from = 0, to = from] = range.split('-').map(Number);
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
}
