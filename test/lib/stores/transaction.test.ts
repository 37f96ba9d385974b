import { once } from 'node:events';
import { Pool, type PoolClient } from 'pg';
import t from 'tap';
import { isUnavailable, transaction } from '../../../lib/stores/database.ts';
import { createEmptyDatabase } from '../../helper.ts';

t.test(
  'a connection that is cut between two statements fails the transaction, and nothing else',
  async (t) => {
    const pool = new Pool({ connectionString: await createEmptyDatabase(t), max: 2 });
    pool.on('error', () => {});
    t.teardown(() => pool.end());
    const connected = once(pool, 'connect') as Promise<[PoolClient]>;

    const work = transaction(pool, async (connection) => {
      const [client] = await connected;
      const ended = new Promise((resolve) => client.once('end', resolve));
      const { rows } = await connection.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      await pool.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
      await ended;
      await connection.query('SELECT 1');
    });

    const error = await work.then(
      () => null,
      (error: unknown) => error,
    );
    t.ok(isUnavailable(error), 'the request can be tried again');
    t.equal(pool.idleCount, 1, 'the connection is not used again');
    t.equal(await transaction(pool, async () => 'done'), 'done');
  },
);
