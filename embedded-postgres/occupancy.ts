import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { codeOf } from './embedded-postgres-error.ts';
import { clusterName, watcherName } from './postgres-process.ts';

/** Who is on a cluster's folder, by the lock file that PostgreSQL keeps in it. */
export type Occupancy =
  /** Nobody. `lockIsStale`: the lock file is left over, and PostgreSQL would not find that out by itself. */
  | { readonly kind: 'free'; readonly lockIsStale: boolean }
  /** A server that is starting or stopping. */
  | { readonly kind: 'changing' }
  | { readonly kind: 'ready'; readonly pid: number };

const free: Occupancy = { kind: 'free', lockIsStale: false };

/** Reads the lock file; see `src/include/utils/pidfile.h` of PostgreSQL for its lines. */
export async function inspectOccupancy(clusterFolder: string): Promise<Occupancy> {
  const lock = await readFile(path.join(clusterFolder, 'postmaster.pid'), 'utf8').catch(ignoreMissing);
  if (lock === undefined) return free;
  const lines = lock.split('\n');
  // A server in single-user mode writes its number negative.
  const pid = Math.abs(Number(lines[0]));
  // Left by a crash of the machine, or about to be filled by a server that starts.
  if (!Number.isInteger(pid) || pid === 0) return { kind: 'free', lockIsStale: true };
  if (!isAlive(pid)) return free;
  if (!(await isOnFolder(pid, clusterFolder))) return { kind: 'free', lockIsStale: true };
  return lines[7]?.trim() === 'ready' ? { kind: 'ready', pid } : { kind: 'changing' };
}

/**
 * Says whether a server is one of ours whose watcher was killed, so that nobody will ever stop it. Told on Linux
 * only; elsewhere such a server counts as owned.
 */
export async function isAbandoned(pid: number): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  const ours = (await commandLine(pid)).includes(`cluster_name=${clusterName}`);
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(ignoreMissing);
  const parent = /^PPid:\s*(\d+)/m.exec(status ?? '')?.[1];
  return ours && parent !== undefined && !(await commandLine(Number(parent))).includes(watcherName);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, as another user's.
    return codeOf(error) === 'EPERM';
  }
}

/**
 * Process numbers are used again, in containers soon: the process that a lock file names may be any other. Servers
 * work in the folder of their cluster. Where this cannot be read the process is not of our user, so not our server.
 */
async function isOnFolder(pid: number, clusterFolder: string): Promise<boolean> {
  if (process.platform !== 'linux') return true;
  const [work, cluster] = await Promise.all([
    stat(`/proc/${pid}/cwd`).catch(() => undefined),
    stat(clusterFolder),
  ]);
  return work?.ino === cluster.ino && work.dev === cluster.dev;
}

async function commandLine(pid: number): Promise<string> {
  return (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(ignoreMissing)) ?? '';
}

function ignoreMissing(error: unknown): undefined {
  const code = codeOf(error);
  if (code === 'ENOENT' || code === 'ESRCH') return undefined;
  throw error;
}
