import { Pool } from 'pg';
import t from 'tap';
import { transaction } from '../lib/stores/database.ts';
import { readDescription } from './fixtures/description.ts';
import { collectLog, createKey, cutDatabase, developmentKey, errorOf, startService } from './helper.ts';

const keys = '/v1/secrets/api/keys';

t.test('a 5xx shows no cause, and its log line has the request id that the client got', async (t) => {
  const log = collectLog();
  const broken = await startService(t, { env: { LOG_LEVEL: 'info' }, logStream: log.logStream });
  await broken.pool.query('ALTER TABLE customers RENAME COLUMN email TO gone');
  const response = await broken.call({ url: '/v1/customers' });
  t.equal(response.statusCode, 500);
  t.strictSame(response.json(), errorOf('Internal server error', 'system_error'));
  const errors = log.lines.map((line) => JSON.parse(line)).filter(({ level }) => level >= 50);
  t.equal(errors.length, 1);
  t.equal(errors[0].reqId, response.headers['x-request-id']);
  t.match(errors[0].err, { message: 'column "email" does not exist', code: '42703' });
});

t.test('without its database the service answers 503, and comes back by itself', async (t) => {
  const log = collectLog();
  const cut = await startService(t, { env: { LOG_LEVEL: 'info' }, logStream: log.logStream });
  const { operations } = await readDescription(cut);
  const { api_key } = await createKey(cut);
  const restore = await cutDatabase(cut.databaseUrl);
  for (const { name, method, path, isPublic, body } of operations) {
    if (isPublic) continue;
    for (const key of [developmentKey, api_key, 'f'.repeat(64)]) {
      const response = await cut.call({
        method,
        url: path.replace('{id}', 'nothing'),
        key,
        payload: Object(body?.example),
      });
      t.equal(response.statusCode, 503, name);
      const expected = errorOf('Authentication temporarily unavailable', 'service_unavailable');
      t.strictSame(response.json(), expected, name);
      t.match(response.headers['retry-after'], /^[1-9]\d*$/, name);
      t.ok(
        log.lines.some(
          (line) => line.includes(String(response.headers['x-request-id'])) && line.includes('"err"'),
        ),
      );
    }
  }
  const down = await cut.call({ url: '/health/ready', key: null });
  t.equal(down.statusCode, 503);
  t.match(down.json(), { status: 'unavailable', checks: { database: 'unavailable' } });
  t.equal((await cut.call({ url: '/health/live', key: null })).statusCode, 200, 'alive all the same');
  await restore();
  t.equal((await cut.call({ url: '/health/ready', key: null })).statusCode, 200);
  t.equal((await cut.call({ url: '/v1/auth/me', key: api_key })).statusCode, 200);
});

t.test('a change whose connection is cut is 503, nothing of it is kept, and the process lives', async (t) => {
  const { pool, call, databaseUrl } = await startService(t);
  const { secret } = await createKey({ call });
  const tables = ['api_keys', 'key_events', 'tenants', 'environments', 'key_event_counter'];
  const contents = async () => {
    const rows = await Promise.all(tables.map((table) => pool.query(`SELECT * FROM ${table} ORDER BY 1`)));
    return rows.map(({ rows }) => rows);
  };
  const before = await contents();
  const locks = new Pool({ connectionString: databaseUrl });
  t.teardown(() => locks.end());
  const changes = [
    { method: 'POST', url: keys, payload: { name: 'Half' } },
    { method: 'PATCH', url: `${keys}/${secret.id}`, payload: { status: 'inactive' } },
    { method: 'DELETE', url: `${keys}/${secret.id}` },
    { method: 'POST', url: '/v1/tenants', payload: { name: 'Half' } },
    { method: 'POST', url: '/v1/environments', payload: { name: 'half' } },
  ] as const;
  for (const change of changes) {
    const lock = await locks.connect();
    await lock.query('BEGIN');
    await lock.query('SELECT FROM key_event_counter FOR UPDATE');
    const answer = call(change);
    await terminateWaiting(pool);
    const response = await answer;
    await lock.query('ROLLBACK');
    lock.release();
    t.equal(response.statusCode, 503, `${change.method} ${change.url}`);
    t.strictSame(response.json(), errorOf('Service temporarily unavailable', 'service_unavailable'));
    t.match(response.headers['retry-after'], /^[1-9]\d*$/);
  }
  t.strictSame(await contents(), before);
  for (const change of changes)
    t.match(String((await call(change)).statusCode), /^20[014]$/, 'and it can be repeated');
});

/** Ends the one connection that waits for a lock, as soon as it does. */
async function terminateWaiting(pool: Pool): Promise<void> {
  for (;;) {
    const { rowCount } = await pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    if (rowCount === 1) return;
  }
}

t.test(
  'a connection that is cut between two statements of a transaction ends only the transaction',
  async (t) => {
    const { app, pool } = await startService(t);
    const work = transaction(app.pg.pool, async (connection) => {
      const { rows } = await connection.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      await pool.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
      while (await isConnected(pool, rows[0]?.pid));
      await connection.query('SELECT 1');
    });
    await t.rejects(work);
    t.strictSame(await transaction(app.pg.pool, async () => 'next'), 'next');
  },
);

async function isConnected(pool: Pool, pid = 0): Promise<boolean> {
  return (await pool.query('SELECT FROM pg_stat_activity WHERE pid = $1', [pid])).rowCount === 1;
}
