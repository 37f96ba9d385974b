/**
 * Preloaded into every server that is measured: tells the parent what the process and its workers have used, and
 * what the process spent its time on if it is asked to; and ends the process with its parent, in whichever way that ends.
 */
import cluster from 'node:cluster';
import { once } from 'node:events';
import { ProcessProfiler } from './profiler.ts';

export interface Usage {
  /** User and system time of all threads since the process began. */
  cpuMicros: number;
  residentBytes: number;
}

function ownUsage(): Usage {
  const { user, system } = process.cpuUsage();
  return { cpuMicros: user + system, residentBytes: process.memoryUsage.rss() };
}

async function usageOfWorkers(): Promise<Usage[]> {
  const workers = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
  return Promise.all(
    workers.map(async (worker) => {
      worker.send('usage');
      const [usage]: Usage[] = await once(worker, 'message');
      if (usage === undefined) throw new Error('A worker said nothing');
      return usage;
    }),
  );
}

async function tellUsage(): Promise<void> {
  const all = [ownUsage(), ...(await usageOfWorkers())];
  process.send?.({
    cpuMicros: all.reduce((sum, { cpuMicros }) => sum + cpuMicros, 0),
    residentBytes: all.reduce((sum, { residentBytes }) => sum + residentBytes, 0),
  });
}

const profiler = new ProcessProfiler();

process.on('message', (message) => {
  if (message === 'usage') void tellUsage();
  if (message === 'start profile') void profiler.start().then(() => process.send?.({}));
  if (message === 'stop profile') void profiler.stop().then((profile) => process.send?.(profile));
});
process.on('disconnect', () => process.exit());
