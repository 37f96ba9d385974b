import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('./background-load-process.ts', import.meta.url));

/** What the process is told. */
export interface BackgroundPlan {
  ports: readonly number[];
  /** As they go over the wire; each with the same chance. */
  requests: readonly string[];
  perSecond: number;
}

export interface BackgroundCounts {
  answered: number;
  /** Connections that broke, and requests that found none free. */
  lost: number;
}

/**
 * Verifications at a fixed rate that nobody judges, from a process of its own, so that what times changes isn't busy with
 * them.
 * @returns how to stop it
 */
export function startBackgroundLoad(plan: BackgroundPlan): { stop(): Promise<BackgroundCounts> } {
  const child = fork(program);
  const stop = async (): Promise<BackgroundCounts> => {
    child.send('stop');
    const [counts]: BackgroundCounts[] = await once(child, 'message');
    if (counts === undefined) throw new Error('The background load said nothing');
    return counts;
  };
  child.send(plan);
  return { stop };
}
