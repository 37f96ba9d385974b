import { createHash } from 'node:crypto';
import type { LightMyRequestResponse } from 'fastify';
import { Pool } from 'pg';
import t, { type Test } from 'tap';
import { transaction } from '../lib/database/database.ts';
import { type Operation, readDescription } from './fixtures/description.ts';
import {
  collectLog,
  createKey,
  cutDatabase,
  developmentKey,
  errorOf,
  startService,
  type TestService,
  untilLeaseEnds,
  untilMayDecide,
} from './helper.ts';

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

/** Stops the clocks of this process, so that no lease ends. @returns what turns them on again, by as much ahead */
function stopClocks(t: Test): (aheadMs?: number) => void {
  const real = { monotonic: performance.now.bind(performance), wall: Date.now };
  const [monotonicMs, wallMs] = [real.monotonic(), real.wall()];
  let aheadMs: number | null = null;
  const read = (clock: () => number, stoppedMs: number) => () =>
    aheadMs === null ? stoppedMs : clock() + aheadMs;
  t.intercept(performance, 'now', { value: read(real.monotonic, monotonicMs) });
  t.intercept(Date, 'now', { value: read(real.wall, wallMs) });
  return (ms = 0) => {
    aheadMs = ms;
  };
}

const wrongKey = 'f'.repeat(64);
const noDecision = errorOf('Authentication temporarily unavailable', 'service_unavailable');
const noDatabase = errorOf('Service temporarily unavailable', 'service_unavailable');

/** Requests that memory alone answers for an accepted key. */
const answeredFromMemory: Record<string, object> = {
  'GET /v1/auth/me': { tenant_id: 'tenant_default' },
  'GET /v1/auth/verify': {},
  'POST /v1/auth/keys/verify': { valid: false, code: 'not_found' },
};

const bodyOf = (response: LightMyRequestResponse): object => (response.payload === '' ? {} : response.json());

/** Compares the decisions that memory alone makes. */
function decided(name: string, keyName: KeyName): { status: number; body: object } | null {
  if (keyName === 'wrong') return { status: 401, body: errorOf('Invalid API key', 'permission_denied') };
  if (keyName === 'inactive')
    return { status: 403, body: errorOf('API key is inactive', 'permission_denied') };
  if (keyName === 'stored' && ['POST /v1/tenants', 'PATCH /v1/tenants/{id}'].includes(name))
    return { status: 403, body: errorOf('Permission denied', 'permission_denied') };
  const body = answeredFromMemory[name];
  return body === undefined ? null : { status: 200, body };
}

const keyNames = ['operator', 'stored', 'inactive', 'wrong'] as const;
type KeyName = (typeof keyNames)[number];

type Check = (response: LightMyRequestResponse, name: string, keyName: KeyName) => void;

/** Calls every route that requires a key with every key. */
async function callEveryRoute(
  { call }: TestService,
  operations: readonly Operation[],
  presented: Record<KeyName, string>,
  check: Check,
): Promise<void> {
  for (const { name, method, path, isPublic, needsSession, body } of operations) {
    // A stream doesn't end with its answer: test/event-streams.test.ts has it.
    if (isPublic || needsSession || path.endsWith('/stream')) continue;
    for (const keyName of keyNames) {
      const url = path
        .replace('{id}', path.startsWith('/v1/tenants') ? 'tenant_default' : 'nothing')
        .replace('{session_id}', `sess_${'0'.repeat(32)}`);
      const request = { method, url, key: presented[keyName], payload: Object(body?.example) };
      check(await call(request), name, keyName);
    }
  }
}

t.test('without its database the service decides from memory, until its lease ends', async (t) => {
  const log = collectLog();
  const cut = await startService(t, { env: { LOG_LEVEL: 'info' }, logStream: log.logStream });
  const { operations } = await readDescription(cut);
  const { api_key: stored, secret } = await createKey(cut);
  const { api_key: inactive, secret: inactiveSecret } = await createKey(cut);
  const setStatus = (id: string, status: string) =>
    cut.call({ method: 'PATCH', url: `${keys}/${id}`, payload: { status } });
  await setStatus(inactiveSecret.id, 'inactive');
  const presented: Record<KeyName, string> = { operator: developmentKey, stored, inactive, wrong: wrongKey };
  const isLogged = ({ headers }: LightMyRequestResponse) =>
    log.lines.some((line) => line.includes(String(headers['x-request-id'])) && line.includes('"err"'));

  const callAll = (check: Check) => callEveryRoute(cut, operations, presented, check);

  const startClocks = stopClocks(t);
  await untilMayDecide(cut);
  const restore = await cutDatabase(cut.databaseUrl);

  await t.test('within the lease every decision is made, and only the rest is 503', async (t) => {
    await callAll((response, name, keyName) => {
      const what = `${name}, ${keyName} key`;
      const expected = decided(name, keyName);
      t.equal(response.statusCode, expected?.status ?? 503, what);
      t.match(bodyOf(response), expected?.body ?? noDatabase, what);
      if (expected !== null) return;
      t.match(response.headers['retry-after'], /^[1-9]\d*$/, what);
      t.ok(isLogged(response), what);
    });
    t.equal(cut.app.replica.canDecide(), true, 'the lease held all the time');
    const down = await cut.call({ url: '/health/ready', key: null });
    t.equal(down.statusCode, 200, 'a replica that decides is ready');
    t.match(down.json(), { status: 'ok', checks: { database: 'unavailable', keys: 'ok' } });
  });

  await t.test('after it nothing is decided, right keys and wrong ones alike', async (t) => {
    startClocks();
    await untilLeaseEnds(cut);
    await callAll((response, name, keyName) => {
      const what = `${name}, ${keyName} key`;
      t.equal(response.statusCode, 503, what);
      t.strictSame(response.json(), noDecision, what);
      t.match(response.headers['retry-after'], /^[1-9]\d*$/, what);
      t.ok(isLogged(response), what);
    });
    const down = await cut.call({ url: '/health/ready', key: null });
    t.equal(down.statusCode, 503);
    t.match(down.json(), {
      status: 'unavailable',
      checks: { database: 'unavailable', keys: 'unavailable' },
      replica: { lease_valid: false },
    });
    t.equal((await cut.call({ url: '/health/live', key: null })).statusCode, 200, 'alive all the same');
  });

  await t.test('the service comes back by itself', async (t) => {
    await restore();
    await untilMayDecide(cut);
    t.equal((await cut.call({ url: '/health/ready', key: null })).statusCode, 200);
    const statusOf = async (name: KeyName) =>
      (await cut.call({ url: '/v1/auth/me', key: presented[name] })).statusCode;
    const statuses = () => Promise.all(keyNames.map(statusOf));
    t.strictSame(await statuses(), [200, 200, 403, 401]);
    t.equal((await setStatus(secret.id, 'inactive')).statusCode, 200);
    t.equal((await setStatus(inactiveSecret.id, 'active')).statusCode, 200);
    t.strictSame(await statuses(), [200, 403, 200, 401], 'and changes hold at once again');
  });
});

t.test('AUTH_STALE_IF_ERROR_SECONDS lets it decide on for so long after its lease', async (t) => {
  const stale = await startService(t, { env: { AUTH_STALE_IF_ERROR_SECONDS: '3600' } });
  const { api_key: stored } = await createKey(stale);
  const ask = (key: string) => stale.call({ url: '/v1/auth/me', key });
  const startClocks = stopClocks(t);
  const restore = await cutDatabase(stale.databaseUrl);
  startClocks();
  await untilLeaseEnds(stale);
  await untilMayDecide(stale); // Only once a statement that was sent without a lease has failed.
  t.equal((await ask(stored)).statusCode, 200);
  t.equal((await ask(wrongKey)).statusCode, 401);
  t.strictSame((await stale.call({ url: keys })).json(), noDatabase, 'there is nothing to read all the same');
  const down = await stale.call({ url: '/health/ready', key: null });
  t.equal(down.statusCode, 200);
  t.match(down.json(), { checks: { database: 'unavailable', keys: 'ok' }, replica: { lease_valid: false } });

  startClocks(3_600_000);
  for (const key of [stored, wrongKey]) {
    const response = await ask(key);
    t.equal(response.statusCode, 503, 'and not for longer');
    t.strictSame(response.json(), noDecision);
  }
  await restore();
  await untilMayDecide(stale);
  t.equal((await ask(stored)).statusCode, 200);
  t.equal((await ask(wrongKey)).statusCode, 401);
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
    t.strictSame(response.json(), noDatabase);
    t.match(response.headers['retry-after'], /^[1-9]\d*$/);
  }
  t.strictSame(await contents(), before);
  for (const change of changes)
    t.match(String((await call(change)).statusCode), /^20[014]$/, 'and it can be repeated');
});

t.test('a change that the feed does not take is refused, and nothing of it is kept', async (t) => {
  const { pool, call } = await startService(t);
  const { secret } = await createKey({ call });
  const readKeys = async () => (await pool.query('SELECT * FROM api_keys ORDER BY id')).rows;
  const before = await readKeys();
  const deletion = { method: 'DELETE', url: `${keys}/${secret.id}` } as const;
  const hash = createHash('sha256').update('imported').digest('hex');
  const importing = { method: 'POST', url: `${keys}/import`, payload: [{ name: 'Half', hash }] } as const;
  const creation = { method: 'POST', url: keys, payload: { name: 'Half' } } as const;

  const { rows } = await pool.query('DELETE FROM key_event_counter RETURNING seq, event_id');
  for (const change of [deletion, importing, creation]) {
    t.equal((await call(change)).statusCode, 500, `${change.method} ${change.url}`);
  }
  t.strictSame(await readKeys(), before);
  await pool.query('INSERT INTO key_event_counter (seq, event_id) VALUES ($1, $2)', [
    rows[0].seq,
    rows[0].event_id,
  ]);
  t.equal((await call(deletion)).statusCode, 204);
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
