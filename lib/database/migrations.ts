import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { Pool } from 'pg';
import { expectOneRow, handleConnectionErrors, type Queryable, transaction } from './database.ts';
import { type RetryOptions, retryWhileUnavailable } from './retry.ts';

const folder = new URL('../../migrations/', import.meta.url);

/** Any constant will do that no other user of the database takes. */
const advisoryLock = 5_297_336_024;

/**
 * How long a migration waits for a table that requests use. They wait behind it meanwhile; and less than PostgreSQL's
 * `deadlock_timeout` of a second, so that the migration is the one that is cancelled in a deadlock.
 */
const lockTimeoutMs = 500;

interface Migration {
  name: string;
  sql: string;
  checksum: string;
}

/** The schema is older than the program: someone has to start the service, which brings it up to date. */
class SchemaTooOldError extends Error {
  constructor(missing: string[]) {
    super(
      `The database lacks ${missing.join(', ')}: start the service of this version on it first, which brings its ` +
        'schema up to date',
    );
    this.name = 'SchemaTooOldError';
  }
}

/**
 * Brings the schema up to date: the `.sql` files of `migrations/` that have not been applied, in the order
 * of their names, all in one transaction. Processes that start together wait for each other, and all
 * for the database; and for tables that are in use, in several attempts.
 * @returns the names of those that were applied
 * @throws DatabaseUnreachableError, or an error when a file that was applied has changed since
 */
export const migrate = (url: string, patience: RetryOptions = {}): Promise<string[]> =>
  onOwnConnection(url, patience, applyPending);

/**
 * Makes sure that the schema is as new as this program, and changes nothing.
 * @throws SchemaTooOldError, DatabaseUnreachableError, or an error when a file that was applied has changed since
 */
export async function requireMigrations(url: string, patience: RetryOptions = {}): Promise<void> {
  const missing = await onOwnConnection(url, patience, async (pool) =>
    pendingOf(await readMigrations(), await readApplied(pool)),
  );
  if (missing.length > 0) throw new SchemaTooOldError(missing.map(({ name }) => name));
}

async function onOwnConnection<Result>(
  url: string,
  patience: RetryOptions,
  work: (pool: Pool) => Promise<Result>,
): Promise<Result> {
  // A connection of its own, without the time limits of requests: a migration takes as long as it takes.
  const pool = new Pool({ connectionString: url, max: 1, connectionTimeoutMillis: 5_000 });
  handleConnectionErrors(pool, () => {}); // The next statement gets another.
  try {
    return await retryWhileUnavailable(() => work(pool), patience);
  } finally {
    await pool.end();
  }
}

async function applyPending(pool: Pool): Promise<string[]> {
  const migrations = await readMigrations();
  return transaction(pool, async (connection) => {
    await connection.query('SELECT pg_advisory_xact_lock($1)', [advisoryLock]);
    const applied = await readApplied(connection);
    // Asked before, because a role that may make no tables may start the service once all are there.
    if (applied === null) await createTable(connection);
    const pending = pendingOf(migrations, applied);
    if (pending.length > 0) await connection.query(`SET LOCAL lock_timeout = ${lockTimeoutMs}`);
    for (const migration of pending) await apply(connection, migration);
    return pending.map(({ name }) => name);
  });
}

/** @param applied `null`: the database has never been migrated */
function pendingOf(migrations: Migration[], applied: Map<string, string> | null): Migration[] {
  if (applied === null) return migrations;
  for (const { name, checksum } of migrations) {
    if (applied.has(name) && applied.get(name) !== checksum) {
      throw new Error(`Migration ${name} was changed after it had been applied to this database`);
    }
  }
  return migrations.filter(({ name }) => !applied.has(name));
}

async function readMigrations(): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(new URL(name, folder), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

/** @returns `null`: the database has never been migrated */
async function readApplied(connection: Queryable): Promise<Map<string, string> | null> {
  const { exists } = expectOneRow(
    await connection.query<{ exists: boolean }>(
      "SELECT to_regclass('schema_migrations') IS NOT NULL AS exists",
    ),
  );
  if (!exists) return null;
  const { rows } = await connection.query<{ name: string; checksum: string }>(
    'SELECT name, checksum FROM schema_migrations',
  );
  return new Map(rows.map(({ name, checksum }) => [name, checksum]));
}

async function createTable(connection: Queryable): Promise<void> {
  await connection.query(`CREATE TABLE schema_migrations (
    name text PRIMARY KEY,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
  )`);
}

async function apply(connection: Queryable, { name, sql, checksum }: Migration): Promise<void> {
  await connection.query(sql);
  await connection.query('INSERT INTO schema_migrations (name, checksum) VALUES ($1, $2)', [name, checksum]);
}
