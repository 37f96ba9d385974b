import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { HttpClient } from './http-client.ts';
import type { ReplicaSettings } from './replica-settings.ts';

const program = fileURLToPath(new URL('./replica-process.ts', import.meta.url));

/** Enough that neither waits for the other while a replica is paused, and few enough to stay bounded. */
const maxLoadConnections = 64;
const maxControlConnections = 256;

/** A process of the service that listens. */
export class Replica {
  readonly name: string;
  readonly pid: number;
  readonly port: number;
  /** For the background load. */
  readonly load: HttpClient;
  /** For changes, and for the verifications that follow them. */
  readonly control: HttpClient;
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  isPaused = false;

  private constructor(name: string, child: ChildProcess, pid: number, port: number) {
    this.name = name;
    this.pid = pid;
    this.port = port;
    this.#child = child;
    this.load = new HttpClient(port, maxLoadConnections);
    this.control = new HttpClient(port, maxControlConnections);
    this.ended = endOf(child);
  }

  /**
   * @param onSpawn told of the process as soon as there is one
   * @returns when it listens, which may be before it can decide
   */
  static async start(
    name: string,
    settings: ReplicaSettings,
    onSpawn: (child: ChildProcess) => void,
  ): Promise<Replica> {
    const url = new URL(settings.databaseUrl);
    // Tells the connections of this replica from those of the others, in pg_stat_activity.
    url.searchParams.set('application_name', name);
    const child = fork(program, [JSON.stringify({ ...settings, databaseUrl: url.href })], {
      execArgv: ['--import=tsx'],
      env: { ...process.env, FASTIFY_AUTOLOAD_TYPESCRIPT: '1' },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    onSpawn(child);
    const ended = endOf(child).then(() => {
      throw new Error(`${name} ended before it listened`);
    });
    const [message] = await Promise.race([once(child, 'message'), ended]);
    if (child.pid === undefined) throw new Error(`${name} has no process number`);
    return new Replica(name, child, child.pid, message.port);
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** Asks it to stop in order. */
  retire(): void {
    this.#child.kill('SIGTERM');
  }

  pause(): void {
    this.isPaused = true;
    this.#child.kill('SIGSTOP');
  }

  resume(): void {
    this.isPaused = false;
    this.#child.kill('SIGCONT');
  }

  close(): void {
    this.load.close();
    this.control.close();
  }
}

const endOf = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
};
