import postgres from '@fastify/postgres';
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import { Pool } from 'pg';
import { handleConnectionErrors } from '../lib/database/database.ts';
import { migrate, requireMigrations } from '../lib/database/migrations.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** Connections for changes of what decides on keys, and for their confirmation: no listing can hold them up. */
    changesPool: Pool;
  }
}

interface DatabaseOptions {
  url: string;
  /** Whether to bring the schema up to date, or to refuse an older one. */
  migrations: 'apply' | 'require';
  /** How long to wait for the database; half a minute if not said. */
  patienceMs?: number;
}

/** More than this at once wait for a connection; PostgreSQL allows 100 in all by default. */
const maxConnections = 8;
const maxChangeConnections = 4;

/** How long a request waits for a connection, and a statement may run, before it is given up as 503. */
const connectTimeoutMs = 3_000;
const statementTimeoutMs = 5_000;

/**
 * How long a transaction may wait for its next statement. A process that is stopped or cut off in the middle of a
 * change holds the rows that it changes, and other changes of them wait for this time.
 */
const idleInTransactionTimeoutMs = 1_000;

/** The pool of connections to PostgreSQL (`app.pg`), whose schema is as new as this program. */
export default fp<DatabaseOptions>(
  async (app, { url, migrations, patienceMs }) => {
    const onUnavailable = (error: unknown) => app.log.warn({ err: error }, 'waiting for the database');
    if (migrations === 'require') await requireMigrations(url, { timeoutMs: patienceMs, onUnavailable });
    else logApplied(app, await migrate(url, { timeoutMs: patienceMs, onUnavailable }));
    const common = {
      connectionString: url,
      application_name: 'latchkey',
      connectionTimeoutMillis: connectTimeoutMs,
      statement_timeout: statementTimeoutMs,
      // For a server that doesn't answer at all, the timeout of our own side.
      query_timeout: statementTimeoutMs + 1_000,
      idle_in_transaction_session_timeout: idleInTransactionTimeoutMs,
    };
    await app.register(postgres, { ...common, max: maxConnections });
    const changesPool = new Pool({ ...common, max: maxChangeConnections, pipeline: true });
    app.decorate('changesPool', changesPool);
    app.addHook('onClose', () => changesPool.end());
    for (const pool of [app.pg.pool, changesPool]) {
      handleConnectionErrors(pool, (error) =>
        app.log.warn({ err: error }, 'an idle database connection was lost'),
      );
    }
  },
  { name: 'database' },
);

function logApplied({ log }: FastifyInstance, migrations: string[]): void {
  if (migrations.length > 0) log.info({ migrations }, 'the database schema was brought up to date');
}
