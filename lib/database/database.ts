import { DatabaseError, type Pool, type QueryResult, type QueryResultRow } from 'pg';

/** The pool, or one connection inside a transaction: anything that runs a statement. */
export interface Queryable {
  query<Row extends QueryResultRow>(text: string, values?: unknown[]): Promise<QueryResult<Row>>;
}

/** A statement that is still to be sent. Its values are such that the driver can always encode them. */
export interface Statement {
  text: string;
  values: (string | number | boolean | null | readonly string[])[];
}

/**
 * Keeps the loss of a connection from ending the process: to be called for every pool that is made. The pool itself
 * listens for errors only while a connection is idle, and so not between two statements of a transaction, nor
 * in the instant after a new connection was made, whose end can come in the same packet as its beginning.
 * @param onIdleLost called when an idle connection is lost; any other loss fails the statement on the connection
 */
export function handleConnectionErrors(pool: Pool, onIdleLost: (error: Error) => void): void {
  pool.on('error', onIdleLost);
  pool.on('connect', (connection) => connection.on('error', () => {}));
}

/**
 * Runs `work` in one transaction, which `end` commits, and answers what `work` returns. When either throws, nothing is
 * kept.
 * A connection on which anything failed isn't used again: after a timeout nobody knows what it is still doing.
 */
export async function transaction<Result>(
  pool: Pool,
  work: (connection: Queryable) => Promise<Result>,
  end: (connection: Queryable) => Promise<unknown> = commit,
): Promise<Result> {
  const connection = await pool.connect();
  let failure: Error | undefined;
  try {
    await connection.query('BEGIN');
    const result = await work(connection);
    await end(connection);
    return result;
  } catch (error) {
    failure = await rollBack(connection, error);
    throw error;
  } finally {
    connection.release(failure);
  }
}

/** Commits what was done on a connection. */
export async function commit(connection: Queryable): Promise<void> {
  await connection.query('COMMIT');
}

/**
 * Commits with a last statement, in one round trip on a connection of a pool with `pipeline`: what that locks is free
 * again as soon as it can be, even if this process is stopped meanwhile. If the statement fails, the server rolls back
 * instead. It must therefore fail where anything is wrong with what it finds.
 */
export async function commitWith<Row extends QueryResultRow>(
  connection: Queryable,
  { text, values }: Statement,
): Promise<QueryResult<Row>> {
  const [result] = await Promise.all([connection.query<Row>(text, values), connection.query('COMMIT')]);
  return result;
}

/** @returns the reason not to use the connection again, if there is one */
async function rollBack(connection: Queryable, error: unknown): Promise<Error | undefined> {
  const isAnswer = error instanceof DatabaseError || !(error instanceof Error) || error.name === 'ApiError';
  if (!isAnswer) return error;
  try {
    await connection.query('ROLLBACK');
    return undefined;
  } catch (rollbackError) {
    return rollbackError instanceof Error ? rollbackError : new Error('ROLLBACK failed');
  }
}

/** The row of a statement that always returns one. */
export function expectOneRow<Row extends QueryResultRow>({ rows }: QueryResult<Row>): Row {
  const [row] = rows;
  if (row === undefined) throw new Error('The statement returned no row');
  return row;
}

/** Returns whether an insert or update was refused because its unique value is taken. */
export const isDuplicate = (error: unknown): boolean =>
  error instanceof DatabaseError && error.code === '23505';

/**
 * Classes and codes of PostgreSQL's appendix A after which the same request may succeed later: connection
 * lost (08), rolled back for another transaction's sake, as in a deadlock (40), out of connections, memory or
 * disk (53), shutting down (57), a statement over its time (57014), a primary that has become a standby (25006), a
 * lock not got in time (55P03), a database that takes no connections (55000) or isn't there (3D000), as while it is
 * restored, a transaction that paused too long (25P03).
 */
const transientErrors = /^(08|40|53|57|25006|25P03|3D000|55000|55P03)/;

/** Returns whether a lock was not got in time: the database was reached, and says itself what was wrong. */
export const isLockTimeout = (error: unknown): boolean =>
  error instanceof DatabaseError && error.code === '55P03';

/** Returns whether the database could not be asked, in contrast to having refused what it was asked. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof DatabaseError) return transientErrors.test(error.code ?? '');
  if ('syscall' in error) return true;
  return /timeout|connection terminated|connection ended|not queryable|cannot use a pool/i.test(
    error.message,
  );
}

/** Returns whether the database answers now. */
export async function isDatabaseReachable(db: Queryable): Promise<boolean> {
  try {
    await db.query('SELECT 1');
    return true;
  } catch {
    return false;
  }
}
