import { once } from 'node:events';
import { createServer } from 'node:net';
import { Client, Pool, type PoolClient } from 'pg';
import t from 'tap';
import { handleConnectionErrors, isUnavailable, transaction } from '../../../lib/database/database.ts';
import { createEmptyDatabase } from '../../helper.ts';

t.test(
  'a connection that is cut between two statements fails the transaction, and nothing else',
  async (t) => {
    const pool = new Pool({ connectionString: await createEmptyDatabase(t), max: 2 });
    handleConnectionErrors(pool, () => {});
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

/** A message of PostgreSQL's protocol: its type, its length, its content. */
function message(type: string, content: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(content.length + 4);
  return Buffer.concat([Buffer.from(type), length, content]);
}

t.test(
  'a connection that is cut as soon as it is made fails the transaction, and nothing else',
  async (t) => {
    const authenticated = message('R', Buffer.alloc(4));
    const ready = message('Z', Buffer.from('I'));
    const shutdown = message('E', Buffer.from('SFATAL\0C57P01\0Mterminating connection\0\0'));
    const server = createServer((socket) => {
      socket.once('data', () => socket.end(Buffer.concat([authenticated, ready, shutdown])));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.teardown(() => server.close());
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('The server has no port');
    const pool = new Pool({ host: '127.0.0.1', port: address.port, user: 'nobody', max: 1 });
    handleConnectionErrors(pool, () => {});
    t.teardown(() => pool.end());

    await t.rejects(transaction(pool, async (connection) => connection.query('SELECT 1')));
  },
);

t.test('a transaction that paused for too long can be tried again', async (t) => {
  const client = new Client({
    connectionString: await createEmptyDatabase(t),
    idle_in_transaction_session_timeout: 20,
  });
  client.on('error', () => {}); // The end of the connection is told too, after its reason.
  const lost = once(client, 'error');
  await client.connect();
  await client.query('BEGIN');
  const [error] = await lost;
  t.match(error, { code: '25P03' });
  t.ok(isUnavailable(error));
});

t.test('of two transactions that wait for each other, one fails and can be tried again', async (t) => {
  const pool = new Pool({ connectionString: await createEmptyDatabase(t), max: 2 });
  handleConnectionErrors(pool, () => {});
  t.teardown(() => pool.end());
  await pool.query('CREATE TABLE one AS SELECT; CREATE TABLE other AS SELECT');
  const lock = (tables: string[], locked: () => Promise<unknown>) =>
    transaction(pool, async (connection) => {
      await connection.query(`LOCK TABLE ${tables[0]}`);
      await locked();
      await connection.query(`LOCK TABLE ${tables[1]}`);
    });
  let left = 2;
  let go = () => {};
  const bothHaveOne = new Promise<void>((resolve) => {
    go = resolve;
  });
  const locked = async () => {
    left -= 1;
    if (left === 0) go();
    await bothHaveOne;
  };
  const results = await Promise.allSettled([lock(['one', 'other'], locked), lock(['other', 'one'], locked)]);
  const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  t.match(failures, [{ code: '40P01' }]);
  t.ok(isUnavailable(failures[0]));
});
