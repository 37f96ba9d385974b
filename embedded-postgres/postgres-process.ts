import { type ChildProcess, spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { folderArgument } from './data-folder.ts';
import { codeOf, EmbeddedPostgresError } from './embedded-postgres-error.ts';
import type { Log } from './postgres-log.ts';
import type { Identity } from './privileges.ts';
import { childEnvironment } from './run-command.ts';
import type { UsableBinaries } from './usable-binaries.ts';

export interface ServerSettings {
  readonly binaries: UsableBinaries;
  readonly identity: Identity | undefined;
  readonly clusterFolder: string;
  readonly port: number;
  /** Of PostgreSQL, beside ours. */
  readonly serverSettings: Readonly<Record<string, string | number>>;
  readonly log: Log;
}

/** How a server's start came out; `ended` says that nothing of it is left. */
type StartOutcome = 'ready' | 'ended' | 'late';

export interface ServerProcess {
  /** Resolves as soon as it takes connections, has ended, or has done neither in time. */
  readonly started: Promise<StartOutcome>;
  /** Resolves when the server and all of its processes are gone (or cannot be ended). */
  readonly ended: Promise<void>;
  /** It could not start because another server is on its folder. */
  readonly wasOccupied: () => boolean;
  /** The last that it said. */
  readonly lastWords: () => string;
  /** Ends it, gently at first. Rejects if even that leaves something behind. */
  readonly stop: () => Promise<void>;
}

export const clusterName = 'latchkey';
export const watcherName = 'latchkey-postgres-watcher';

const occupiedExitCode = 75;
const startTimeoutMs = 120_000;
const stopTimeoutMs = 20_000;
const killTimeoutMs = 5_000;
const lastLines = 20;

/**
 * Runs PostgreSQL and holds a pipe from us. A second shell reads from the pipe, and at its end (we closed it, or are
 * dead) asks PostgreSQL to shut down fast; repeatedly, because a server that has not set up its signals yet would miss
 * it. Either shell can be killed without the other losing its task. The first ends last, so that no process is orphaned.
 *
 * Every process of the server inherits descriptor 3, the folder, with the lock on it. So the lock is free only when
 * none is left, and that holds across containers, where process numbers say nothing. PostgreSQL's own lock file is
 * what counts where there is no `flock`.
 *
 * Signals to the whole group, as service managers send them, are for the server and for us.
 */
const watcher = `
trap '' HUP INT TERM
exec 4<&0 </dev/null
stale=$1
shift
if command -v flock >/dev/null; then
  flock -n 3
  case $? in
    0) if [ "$stale" = stale ]; then rm -f /proc/self/fd/3/postmaster.pid; fi ;;
    1) exit ${occupiedExitCode} ;;
  esac
fi
"$@" 4<&- &
server=$!
(
  read -r _
  trap '' USR1
  tries=0
  while [ $tries -lt 300 ] && kill -INT $server; do
    sleep 0.2
    tries=$((tries + 1))
  done
) <&4 3<&- >/dev/null 2>&1 &
interrupter=$!
exec 3<&- 4<&-
wait $server
code=$?
kill -USR1 $interrupter 2>/dev/null
wait $interrupter
exit $code
`;

/** Starts PostgreSQL on a cluster; removes a lock file in it that is known to be stale. */
export async function spawnServer(settings: ServerSettings, lockIsStale: boolean): Promise<ServerProcess> {
  const folder = await open(settings.clusterFolder);
  try {
    const command = [settings.binaries.postgres, ...serverArguments(settings)];
    const child = spawn(
      '/bin/sh',
      ['-c', watcher, watcherName, lockIsStale ? 'stale' : 'fresh', ...command],
      {
        ...settings.identity,
        cwd: '/',
        env: childEnvironment,
        // A group of its own: Ctrl-C in our terminal must not reach PostgreSQL before our orderly stop.
        detached: true,
        stdio: ['pipe', 'ignore', 'pipe', folder.fd],
      },
    );
    return follow(child, settings.log);
  } finally {
    await folder.close();
  }
}

function serverArguments({ clusterFolder, port, serverSettings }: ServerSettings): string[] {
  const settings = {
    cluster_name: clusterName,
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    max_connections: 200,
    shared_buffers: '128MB',
    timezone: 'UTC',
    log_timezone: 'UTC',
    lc_messages: 'C',
    // Its messages come to us, each with its error code, but without the values in them.
    logging_collector: 'off',
    log_destination: 'stderr',
    log_line_prefix: '%e ',
    log_error_verbosity: 'terse',
    log_min_error_statement: 'panic',
    ...serverSettings,
  };
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return ['-D', folderArgument(clusterFolder), ...args];
}

function follow(child: ChildProcess, log: Log): ServerProcess {
  const { stdin, stderr } = child;
  if (stdin === null || stderr === null)
    throw new EmbeddedPostgresError('There are too many open files to start PostgreSQL.');
  const lines: string[] = [];
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', (error) => {
      lines.push(`/bin/sh could not be run: ${error.message}`);
      resolve();
    });
  });
  const ready = new Promise<void>((resolve) => {
    createInterface({ input: stderr }).on('line', (line) => {
      lines.splice(0, lines.length - lastLines + 1);
      lines.push(line);
      forward(line, log);
      if (line.includes('database system is ready to accept connections')) resolve();
    });
  });
  const stop = once(() => endGroup(child, ended));
  // Nothing is ever written to it, and its other end may be gone when we close it.
  stdin.on('error', () => {});
  // Usually the server is gone with its watcher. If only the watcher died, the server is to go as well.
  child.once('exit', () => stop().catch((error: Error) => log.error(error.message)));
  return {
    started: outcomeOf(ready, ended),
    ended,
    wasOccupied: () =>
      child.exitCode === occupiedExitCode || lines.some((line) => line.startsWith('F0001 FATAL')),
    lastWords: () => lines.join('\n'),
    stop,
  };
}

/** PostgreSQL's severities: `LOG` and a statement's `ERROR` are for debugging. */
function forward(line: string, log: Log): void {
  const message = `PostgreSQL: ${line}`;
  if (/^\S+ (WARNING|FATAL|PANIC):/.test(line)) log.warn(message);
  else log.debug(message);
}

async function outcomeOf(ready: Promise<void>, ended: Promise<void>): Promise<StartOutcome> {
  const timer = new AbortController();
  try {
    return await Promise.race([
      ready.then(() => 'ready' as const),
      ended.then(() => 'ended' as const),
      delay(startTimeoutMs, 'late' as const, { signal: timer.signal }),
    ]);
  } finally {
    timer.abort();
  }
}

async function endGroup(child: ChildProcess, ended: Promise<void>): Promise<void> {
  child.stdin?.end();
  if (await settlesWithin(ended, stopTimeoutMs)) return;
  for (const signal of ['SIGQUIT', 'SIGKILL'] as const) {
    killGroup(child, signal);
    if (await settlesWithin(ended, killTimeoutMs)) return;
  }
  throw new EmbeddedPostgresError(
    'PostgreSQL could not be ended: end the processes named "postgres: latchkey" yourself.',
  );
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error;
  }
}

async function settlesWithin(promise: Promise<void>, timeoutMs: number): Promise<boolean> {
  const timer = new AbortController();
  try {
    return await Promise.race([promise.then(() => true), delay(timeoutMs, false, { signal: timer.signal })]);
  } finally {
    timer.abort();
  }
}

function once<T>(action: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => {
    result ??= action();
    return result;
  };
}
