import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('./background-load-process.ts', import.meta.url));

/** The orders to the process. */
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
 * Sends verifications at a fixed rate that nobody judges, from a process of its own, so that what times changes isn't
 * busy with them, until `signal` says stop.
 */
export async function runBackgroundLoad(
  plan: BackgroundPlan,
  signal: AbortSignal,
): Promise<BackgroundCounts> {
  const child = fork(program);
  const died = once(child, 'exit').then((): never => {
    throw new Error('The background load ended by itself');
  });
  died.catch(() => {}); // It ends after its last message, too.
  signal.addEventListener('abort', () => child.connected && child.send('stop'), { once: true });
  child.send(plan);
  const [counts]: BackgroundCounts[] = await Promise.race([once(child, 'message'), died]);
  if (counts === undefined) throw new Error('The background load said nothing');
  return counts;
}
