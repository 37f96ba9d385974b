import { Pool, type PoolConfig } from 'pg';
import { handleConnectionErrors } from './database.ts';

/** Connections at once for requests, and for changes; PostgreSQL allows 100 in all by default. */
const maxConnections = 8;
const maxChangeConnections = 4;

/** How long a request waits for a connection, and a statement may run, before it is given up as 503. */
const connectTimeoutMs = 3_000;
const statementTimeoutMs = 5_000;

/**
 * How long a transaction may wait for its next statement. A process that is stopped or cut off in the middle of a
 * change holds locks on the rows that it changes, and other changes of them wait for this time.
 */
const idleInTransactionTimeoutMs = 1_000;

/** Settings of the pool for everything but changes. */
export const requestPoolConfig = (url: string): PoolConfig => ({ ...commonConfig(url), max: maxConnections });

/**
 * Creates the pool for changes of what decides on keys and for their confirmation, so that no listing can hold them up.
 * @param onIdleLost called when an idle connection is lost
 */
export function createChangesPool(url: string, onIdleLost: (error: Error) => void): Pool {
  const pool = new Pool({ ...commonConfig(url), max: maxChangeConnections, pipeline: true });
  handleConnectionErrors(pool, onIdleLost);
  return pool;
}

/** Creates the pool for everything but changes. */
export function createRequestPool(url: string, onIdleLost: (error: Error) => void): Pool {
  const pool = new Pool(requestPoolConfig(url));
  handleConnectionErrors(pool, onIdleLost);
  return pool;
}

const commonConfig = (url: string): PoolConfig => ({
  connectionString: url,
  application_name: 'latchkey',
  connectionTimeoutMillis: connectTimeoutMs,
  statement_timeout: statementTimeoutMs,
  // A timeout of our own side, for a server that doesn't answer at all.
  query_timeout: statementTimeoutMs + 1_000,
  idle_in_transaction_session_timeout: idleInTransactionTimeoutMs,
});
