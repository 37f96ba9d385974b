import { readdir, readFile } from 'node:fs/promises';
import { Client } from 'pg';
import { migrate } from '../lib/database/migrations.ts';
import { type Databases, execute, startDatabases } from './databases.ts';

/** A PostgreSQL server's counters of one database. */
export interface DatabaseUsage {
  atMs: number;
  statements: number;
  walBytes: number;
  /** CPU time of all of its processes; NaN where there is no `/proc`. */
  cpuSeconds: number;
}

/** Every statement of one kind since the last look. */
export interface StatementUsage {
  text: string;
  calls: number;
  meanMs: number;
}

/** How many of the kernel's clock ticks are a second, on every Linux that Node runs on. */
const ticksPerSecond = 100;

/** A server that counts statements, with a database for the service, and one from which it is looked at. */
export class DatabaseMeter {
  /** The service's database, with its schema. */
  readonly databaseUrl: string;
  readonly #client: Client;
  readonly #postmasterPid: number;

  private constructor(databaseUrl: string, client: Client, postmasterPid: number) {
    this.databaseUrl = databaseUrl;
    this.#client = client;
    this.#postmasterPid = postmasterPid;
  }

  /** Starts a server of its own, which ends with the bench. @param maxConnections that it allows */
  static async start(maxConnections: number): Promise<DatabaseMeter> {
    const databases: Databases = await startDatabases({
      shared_preload_libraries: 'pg_stat_statements',
      max_connections: maxConnections,
    });
    const databaseUrl = await databases.empty('observed');
    await migrate(databaseUrl);
    const observer = await databases.empty('observer');
    await execute(observer, 'CREATE EXTENSION pg_stat_statements');
    const client = new Client({ connectionString: observer });
    client.on('error', () => {}); // The server ends first, when the bench is stopped. Statements fail as well.
    await client.connect();
    const { rows } = await client.query(
      "SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1) AS pid",
    );
    return new DatabaseMeter(databaseUrl, client, Number(rows[0].pid));
  }

  async usage(): Promise<DatabaseUsage> {
    const { rows } = await this.#client.query(`
      SELECT (SELECT coalesce(sum(calls), 0) FROM pg_stat_statements
               WHERE dbid = (SELECT oid FROM pg_database WHERE datname = 'observed')) AS statements,
             pg_current_wal_insert_lsn() - '0/0' AS wal_bytes`);
    return {
      atMs: performance.now(),
      statements: Number(rows[0].statements),
      walBytes: Number(rows[0].wal_bytes),
      cpuSeconds: await cpuSecondsOf(this.#postmasterPid),
    };
  }

  /** How many connections to the service's database there are. */
  async connections(): Promise<number> {
    const { rows } = await this.#client.query(
      "SELECT count(*)::integer AS count FROM pg_stat_activity WHERE datname = 'observed'",
    );
    return rows[0].count;
  }

  /** The kinds of statements since the last call, the most frequent first; counting begins anew. */
  async takeStatements(): Promise<StatementUsage[]> {
    const { rows } = await this.#client.query(`
      SELECT query AS text, calls::integer, mean_exec_time AS "meanMs" FROM pg_stat_statements
       WHERE dbid = (SELECT oid FROM pg_database WHERE datname = 'observed') ORDER BY calls DESC`);
    await this.#client.query('SELECT pg_stat_statements_reset()');
    return rows;
  }

  async close(): Promise<void> {
    await this.#client.end();
  }
}

/** Of the server's main process, of its children, and of those that have ended. */
async function cpuSecondsOf(postmasterPid: number): Promise<number> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  if (pids.length === 0) return Number.NaN;
  let ticks = 0;
  for (const pid of pids) {
    // It may have ended since.
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    // Fields 4 and 14 to 17 of proc(5); the second, in parentheses, may have spaces in it.
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [parent = 0, userTime = 0, systemTime = 0] = [fields[1], fields[11], fields[12]];
    const ofEnded = (fields[13] ?? 0) + (fields[14] ?? 0);
    if (Number(pid) === postmasterPid) ticks += userTime + systemTime + ofEnded;
    else if (parent === postmasterPid) ticks += userTime + systemTime;
  }
  return ticks / ticksPerSecond;
}
