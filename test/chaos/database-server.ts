import { rmSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, Pool, type QueryResultRow } from 'pg';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../embedded-postgres/embedded-postgres.ts';

const pollMs = 20;
const comeBackTimeoutMs = 60_000;

/**
 * A PostgreSQL server in a folder of its own, to be restarted and taken away. It keeps its port. When this process
 * is interrupted or fails, both the server and the folder go.
 */
export class DatabaseServer {
  readonly #postgres: EmbeddedPostgres;
  readonly #dataDir: string;
  #databases = 0;

  private constructor(postgres: EmbeddedPostgres, dataDir: string) {
    this.#postgres = postgres;
    this.#dataDir = dataDir;
    process.once('SIGINT', this.#interrupt).once('SIGTERM', this.#interrupt).once('exit', this.#removeFolder);
  }

  static async start(): Promise<DatabaseServer> {
    const dataDir = await mkdtemp(path.join(tmpdir(), 'latchkey-chaos-'));
    try {
      await chmod(dataDir, 0o755);
      return new DatabaseServer(await startEmbeddedPostgres({ dataDir }), dataDir);
    } catch (error) {
      await rm(dataDir, { recursive: true, force: true });
      throw error;
    }
  }

  /** @returns the URL of a new, empty database */
  async createDatabase(): Promise<string> {
    this.#databases += 1;
    const name = `chaos_${this.#databases}`;
    await this.#query(`CREATE DATABASE ${name}`);
    const url = new URL(this.#postgres.databaseUrl);
    url.pathname = `/${name}`;
    return url.href;
  }

  /**
   * Ends the server, and resolves when its successor answers.
   * @param signal `SIGINT` for a fast shutdown, `SIGQUIT` for an immediate one with recovery afterwards
   */
  async restart(signal: 'SIGINT' | 'SIGQUIT'): Promise<void> {
    const pid = await this.#postmasterPid();
    process.kill(pid, signal);
    await this.#until(async () => (await this.#postmasterPid()) !== pid && (await this.#answers()));
  }

  /** Kills one of its processes. It takes the others down, recovers, and is the same server, with the same start. */
  async crash(): Promise<void> {
    const pid = await this.#walWriterPid();
    if (pid === null) throw new Error('The database server has no WAL writer');
    process.kill(pid, 'SIGKILL');
    await this.#until(async () => ![pid, null].includes(await this.#walWriterPid()));
  }

  /** Ends the server. It stays away until the function that is returned is called, which resolves when it answers. */
  async takeAway(): Promise<() => Promise<void>> {
    const pid = await this.#postmasterPid();
    // Whoever would start it again is the parent, and it is not told of the end as long as it is stopped.
    const watcherPid = await parentOf(pid);
    process.kill(watcherPid, 'SIGSTOP');
    process.kill(pid, 'SIGINT');
    await this.#until(async () => !(await this.#answers()));
    return async () => {
      process.kill(watcherPid, 'SIGCONT');
      await this.#until(() => this.#answers());
    };
  }

  async stop(): Promise<void> {
    process.off('SIGINT', this.#interrupt).off('SIGTERM', this.#interrupt);
    await this.#postgres.stop();
    this.#removeFolder();
    process.off('exit', this.#removeFolder);
  }

  readonly #interrupt = (): void => {
    const exit = () => process.exit(130);
    this.stop().then(exit, exit);
  };

  readonly #removeFolder = (): void => rmSync(this.#dataDir, { recursive: true, force: true, maxRetries: 5 });

  async #postmasterPid(): Promise<number> {
    const file = path.join(this.#dataDir, 'postgres', 'cluster', 'postmaster.pid');
    return Number((await readFile(file, 'utf8').catch(() => '')).split('\n')[0]);
  }

  /** `null` while the server doesn't answer, or has none. */
  async #walWriterPid(): Promise<number | null> {
    const statement = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'walwriter'";
    const rows = await this.#query<{ pid: number }>(statement).catch(() => []);
    return rows[0]?.pid ?? null;
  }

  async #answers(): Promise<boolean> {
    return this.#query('SELECT 1').then(
      () => true,
      () => false,
    );
  }

  async #query<Row extends QueryResultRow>(statement: string): Promise<Row[]> {
    const client = new Client({
      connectionString: this.#postgres.databaseUrl,
      connectionTimeoutMillis: 2_000,
      query_timeout: 5_000,
    });
    client.on('error', () => {}); // The statement that runs fails as well, and tells it.
    try {
      await client.connect();
      return (await client.query<Row>(statement)).rows;
    } finally {
      await client.end();
    }
  }

  async #until(condition: () => Promise<boolean>): Promise<void> {
    const deadlineMs = performance.now() + comeBackTimeoutMs;
    while (!(await condition())) {
      if (performance.now() > deadlineMs) throw new Error('The database server did not do as it was told');
      await delay(pollMs);
    }
  }
}

/** A pool for the harness itself, which outlives restarts of the server. */
export function openPool(databaseUrl: string): Pool {
  const pool = new Pool({ connectionString: databaseUrl, max: 2, application_name: 'chaos' });
  pool.on('error', () => {}); // Restarts cut connections on purpose.
  return pool;
}

async function parentOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const parent = /^PPid:\s*(\d+)/m.exec(status)?.[1];
  if (parent === undefined) throw new Error(`Process ${pid} has no parent`);
  return Number(parent);
}
