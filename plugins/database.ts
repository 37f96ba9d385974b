import postgres from '@fastify/postgres';
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import type { Pool } from 'pg';
import { handleConnectionErrors } from '../lib/database/database.ts';
import { migrate } from '../lib/database/migrations.ts';
import { createChangesPool, requestPoolConfig } from '../lib/database/pools.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** Connections for changes of what decides on keys, and for their confirmation: no listing can hold them up. */
    changesPool: Pool;
  }
}

interface DatabaseOptions {
  url: string;
}

/** The pool of connections to PostgreSQL (`app.pg`), whose schema is as new as this program. */
export default fp<DatabaseOptions>(
  async (app, { url }) => {
    const onUnavailable = (error: unknown) => app.log.warn({ err: error }, 'waiting for the database');
    logApplied(app, await migrate(url, { onUnavailable }));
    const onIdleLost = (error: Error) => app.log.warn({ err: error }, 'idle database connection lost');
    await app.register(postgres, requestPoolConfig(url));
    handleConnectionErrors(app.pg.pool, onIdleLost);
    const changesPool = createChangesPool(url, onIdleLost);
    app.decorate('changesPool', changesPool);
    app.addHook('onClose', () => changesPool.end());
  },
  { name: 'database' },
);

function logApplied({ log }: FastifyInstance, migrations: string[]): void {
  if (migrations.length > 0) log.info({ migrations }, 'database schema migrated');
}
