import { DatabaseError, type Pool, type QueryResult, type QueryResultRow } from 'pg';

/** What a statement needs: the pool, or one connection inside a transaction. */
export interface Queryable {
  query<Row extends QueryResultRow>(text: string, values?: unknown[]): Promise<QueryResult<Row>>;
}

/**
 * Runs `work` in one transaction and answers what it returns. When it throws, nothing is kept.
 * A connection on which anything failed isn't used again: after a timeout nobody knows what it is still doing.
 */
export async function transaction<Result>(
  pool: Pool,
  work: (connection: Queryable) => Promise<Result>,
): Promise<Result> {
  const connection = await pool.connect();
  // The pool listens only to connections that nobody uses; without a listener one that is cut ends the process.
  connection.on('error', toldByStatement);
  let failure: Error | undefined;
  try {
    await connection.query('BEGIN');
    const result = await work(connection);
    await connection.query('COMMIT');
    return result;
  } catch (error) {
    failure = await rollBack(connection, error);
    throw error;
  } finally {
    connection.release(failure);
    connection.off('error', toldByStatement);
  }
}

/** The statement that runs on the connection, or the next one, fails with it. */
const toldByStatement = (): void => {};

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
export function only<Row extends QueryResultRow>({ rows }: QueryResult<Row>): Row {
  const [row] = rows;
  if (row === undefined) throw new Error('The statement returned no row');
  return row;
}

/** Whether an insert or update was refused because its unique value is taken. */
export const isDuplicate = (error: unknown): boolean =>
  error instanceof DatabaseError && error.code === '23505';

/**
 * Classes and codes of PostgreSQL's appendix A after which the same request may succeed later: connection
 * lost (08), out of connections, memory or disk (53), shutting down (57), a statement over its time (57014),
 * a primary that has become a standby (25006), a lock not got in time (55P03), a database that takes no
 * connections (55000) or isn't there (3D000), as while it is restored.
 */
const passing = /^(08|53|57|25006|3D000|55000|55P03)/;

/** Whether the database could not be asked, in contrast to having refused what it was asked. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof DatabaseError) return passing.test(error.code ?? '');
  if ('syscall' in error) return true;
  return /timeout|connection terminated|connection ended|not queryable|cannot use a pool/i.test(
    error.message,
  );
}

/** Whether the database answers now. */
export async function isDatabaseReachable(db: Queryable): Promise<boolean> {
  try {
    await db.query('SELECT 1');
    return true;
  } catch {
    return false;
  }
}
