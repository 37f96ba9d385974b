import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { codeOf, EmbeddedPostgresError } from './embedded-postgres-error.ts';
import { inspectOccupancy, isAbandoned } from './occupancy.ts';
import { type ServerProcess, type ServerSettings, spawnServer } from './postgres-process.ts';

/** A server that takes connections for this long is somebody's; one whose owner died shuts down sooner. */
const steadyMs = 1_500;
const claimTimeoutMs = 30_000;
const pollMs = 50;

/**
 * Starts a server on a cluster, as soon as a previous one is gone from it.
 *
 * PostgreSQL itself sees to it that two servers never work in one folder. This only distinguishes a server
 * that somebody uses (refused), one that is ending or abandoned (waited for), and what a dead one left behind.
 *
 * @throws EmbeddedPostgresError if the folder is in use or the server does not start; the reason of `signal` if aborted
 */
export async function startServer(settings: ServerSettings, signal: AbortSignal): Promise<ServerProcess> {
  const deadline = Date.now() + claimTimeoutMs;
  let seen = { pid: 0, since: 0 };
  while (Date.now() < deadline) {
    const occupancy = await inspectOccupancy(settings.clusterFolder);
    if (occupancy.kind === 'free') {
      const server = await attempt(settings, occupancy.lockIsStale, signal);
      if (server !== undefined) return server;
    }
    if (occupancy.kind === 'ready') {
      if (occupancy.pid !== seen.pid) seen = { pid: occupancy.pid, since: Date.now() };
      if (Date.now() - seen.since >= steadyMs) {
        if (!(await isAbandoned(occupancy.pid))) throw inUse(settings.clusterFolder);
        interrupt(occupancy.pid);
      }
    }
    await delay(pollMs, undefined, { signal });
  }
  throw inUse(settings.clusterFolder);
}

/** The port was taken since it was found to be free. */
export class PortTakenError extends EmbeddedPostgresError {}

/** A port of the loopback interface that is free now, and none of those that are `promised` already. */
export async function findFreePort(promised: readonly number[] = []): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('The socket has no port');
  return promised.includes(address.port) ? findFreePort(promised) : address.port;
}

/** Answers undefined if another server was on the folder after all. */
async function attempt(
  settings: ServerSettings,
  lockIsStale: boolean,
  signal: AbortSignal,
): Promise<ServerProcess | undefined> {
  const server = await spawnServer(settings, lockIsStale);
  const stopOnAbort = () => server.stop().catch((error: Error) => settings.log.error(error.message));
  signal.addEventListener('abort', stopOnAbort);
  const outcome = await server.started;
  signal.removeEventListener('abort', stopOnAbort);
  if (outcome === 'ready' && !signal.aborted) return server;
  await server.stop();
  signal.throwIfAborted();
  if (server.wasOccupied()) return undefined;
  const lastWords = server.lastWords();
  const Failure = lastWords.includes('Address already in use') ? PortTakenError : EmbeddedPostgresError;
  throw new Failure(
    `PostgreSQL did not start on ${settings.clusterFolder}: see that its disk is not full and that nothing in the ` +
      `folder was changed by hand. Its last words: ${lastWords}`,
  );
}

function interrupt(pid: number): void {
  try {
    process.kill(pid, 'SIGINT');
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error;
  }
}

function inUse(clusterFolder: string): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    `Another Latchkey is running on the database in ${clusterFolder}: stop it first, set DATA_DIR to another folder, ` +
      'or set DATABASE_URL to a server that both can share.',
  );
}
