/**
 * Preloaded into every server that is measured: tells the parent what the process and its workers have used,
 * and ends the process with its parent, in whichever way that ends.
 */
import cluster from 'node:cluster';
import { once } from 'node:events';

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

process.on('message', (message) => {
  if (message === 'usage') void tellUsage();
});
process.on('disconnect', () => process.exit());
