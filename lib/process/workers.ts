import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import type { BaseLogger } from 'pino';

/** A worker that dies is replaced after this time, so that one that always dies doesn't keep the machine busy. */
const restartDelayMs = 1_000;

export interface Workers {
  /** The port that they share. */
  port: number;
  /** Tells every worker to stop, and waits until all have. */
  stop(): Promise<void>;
}

/**
 * Runs `count` processes of this program that share its port, and replaces those that die.
 * @param environment settings that differ from those of this process
 * @returns when all of them listen
 * @throws when a worker ends before all of them listen
 */
export async function startWorkers(
  count: number,
  environment: Record<string, string>,
  log: BaseLogger,
): Promise<Workers> {
  let stopping = false;
  const workers = Array.from({ length: count }, () => cluster.fork(environment));
  const ports = await Promise.all(workers.map(listening)).catch(async (error) => {
    stopping = true;
    await stopAll();
    throw error;
  });

  cluster.on('exit', (worker, code, signal) => {
    if (stopping) return;
    log.error({ worker: worker.process.pid, code, signal }, 'worker ended, starting another');
    setTimeout(() => {
      if (!stopping) cluster.fork(environment);
    }, restartDelayMs);
  });

  return {
    port: Math.max(...ports),
    async stop() {
      stopping = true;
      await stopAll();
    },
  };
}

/** @returns the port that it listens on */
async function listening(worker: Worker): Promise<number> {
  const ended = once(worker, 'exit').then(() => {
    throw new Error('A worker ended before it listened');
  });
  const [address]: { port: number }[] = await Promise.race([once(worker, 'listening'), ended]);
  return address?.port ?? 0;
}

async function stopAll(): Promise<void> {
  const workers = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
  await Promise.all(
    workers.map(async (worker) => {
      if (worker.isDead()) return;
      worker.process.kill('SIGTERM');
      await once(worker, 'exit');
    }),
  );
}
