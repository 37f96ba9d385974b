import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:net';
import { Client, Pool, type PoolClient } from 'pg';
import t from 'tap';
import { isUnavailable, surviveLostConnections, transaction } from '../../../lib/stores/database.ts';
import { createEmptyDatabase } from '../../helper.ts';

t.test(
  'a connection that is cut between two statements fails the transaction, and nothing else',
  async (t) => {
    const pool = new Pool({ connectionString: await createEmptyDatabase(t), max: 2 });
    surviveLostConnections(pool, () => {});
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
    surviveLostConnections(pool, () => {});
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

t.test('a transaction that ends a deadlock by its own end can be tried again', async (t) => {
  const pool = new Pool({ connectionString: await createEmptyDatabase(t), max: 2 });
  surviveLostConnections(pool, () => {});
  t.teardown(() => pool.end());
  const meeting = new EventEmitter();
  let holding = 0;
  const bothHold = once(meeting, 'both hold');
  const outcomes = await Promise.allSettled(
    [1, 2].map((own) =>
      transaction(pool, async (connection) => {
        await connection.query('SELECT pg_advisory_xact_lock($1)', [own]);
        holding += 1;
        if (holding === 2) meeting.emit('both hold');
        await bothHold;
        await connection.query('SELECT pg_advisory_xact_lock($1)', [3 - own]);
      }),
    ),
  );
  const [failed, ...others] = outcomes.flatMap((outcome) =>
    outcome.status === 'rejected' ? [outcome.reason] : [],
  );
  t.match(failed, { code: '40P01' });
  t.ok(isUnavailable(failed));
  t.strictSame(others, [], 'the other one is done');
});
