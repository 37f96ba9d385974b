/** Two services on one database: what is changed through one is in force in the other when it is answered. */
import { hash, randomBytes } from 'node:crypto';
import { Client } from 'pg';
import t, { type Test } from 'tap';
import { build } from '../app.ts';
import { parseConfig } from '../lib/config/config.ts';
import { appliedChannel } from '../lib/replica/postgres-replication.ts';
import {
  createEnvironment,
  createKey,
  createMigratedDatabase,
  developmentKey,
  errorOf,
  startService,
  type TestService,
  until,
} from './helper.ts';

const keysUrl = '/v1/secrets/api/keys';
const inactive = errorOf('API key is inactive', 'permission_denied');
const unknown = errorOf('Invalid API key', 'permission_denied');
const expired = errorOf('API key has expired', 'permission_denied');

type Options = Parameters<typeof startService>[1];

async function startTwo(t: Test, options: Options = {}): Promise<[TestService, TestService]> {
  const databaseUrl = await createMigratedDatabase(t);
  const first = await startService(t, { ...options, databaseUrl });
  return [first, await startService(t, { ...options, databaseUrl })];
}

async function change(
  { call }: TestService,
  method: 'PATCH' | 'DELETE',
  url: string,
  payload?: object,
): Promise<void> {
  const response = await call({ method, url, ...(payload && { payload }) });
  if (response.statusCode >= 300) throw new Error(`${method} ${url} failed: ${response.body}`);
}

const updateKey = (writer: TestService, id: string, payload: object) =>
  change(writer, 'PATCH', `${keysUrl}/${id}`, payload);

async function rotateKey(
  { call }: TestService,
  id: string,
  overlap_seconds: number,
): ReturnType<typeof createKey> {
  const url = `${keysUrl}/${id}/rotate`;
  const response = await call({ method: 'POST', url, payload: { overlap_seconds } });
  if (response.statusCode !== 201) throw new Error(`Rotating a key failed: ${response.body}`);
  return response.json();
}

/** Returns a service's answer to a key. */
const me = async ({ call }: TestService, key: string) => (await call({ url: '/v1/auth/me', key })).json();

const statusesOf = async ({ call }: TestService, keys: string[]): Promise<number[]> =>
  Promise.all(keys.map(async (key) => (await call({ url: '/v1/auth/me', key })).statusCode));

async function headSeq({ pool }: TestService): Promise<number> {
  return Number((await pool.query('SELECT seq FROM key_event_counter')).rows[0].seq);
}

async function changesOfKey(t: Test, writer: TestService, reader: TestService): Promise<void> {
  const expires_at = new Date(Date.now() + 3_600_000).toISOString();
  const { api_key: key, secret } = await createKey(writer, { permissions: ['customers:read'], expires_at });
  t.match(await me(reader, key), { key_id: secret.id, permissions: ['customers:read'] }, 'created');
  const customers = async (method: 'GET' | 'POST') => {
    const payload = { external_id: `customer of ${secret.id}` };
    return (await reader.call({ method, url: '/v1/customers', key, payload })).statusCode;
  };

  await updateKey(writer, secret.id, { status: 'inactive' });
  t.same(await me(reader, key), inactive, 'deactivated');
  await updateKey(writer, secret.id, { status: 'active' });
  t.match(await me(reader, key), { key_id: secret.id }, 'activated');

  t.equal(await customers('POST'), 403);
  await updateKey(writer, secret.id, { permissions: ['customers:write'] });
  t.equal(await customers('POST'), 201, 'permitted');
  t.equal(await customers('GET'), 403, 'no longer permitted');

  const rate_limit = { limit: 1_000, window_seconds: 60 };
  await updateKey(writer, secret.id, { rate_limit });
  t.match(await me(reader, key), { rate_limit }, 'limited');

  await t.test('its expiry', async (t) => {
    let nowMs = Date.now();
    t.intercept(Date, 'now', { value: () => nowMs });
    nowMs = Date.parse(expires_at);
    t.same(await me(reader, key), expired, 'expired');
    await updateKey(writer, secret.id, { expires_at: new Date(nowMs + 1_000).toISOString() });
    t.match(await me(reader, key), { key_id: secret.id }, 'extended');
    await updateKey(writer, secret.id, { expires_at: null });
    nowMs += 1_000;
    t.match(await me(reader, key), { key_id: secret.id }, 'without an end');
  });

  const next = await rotateKey(writer, secret.id, 60);
  t.match(await me(reader, key), { key_id: secret.id }, 'rotated with an overlap');
  t.match(await me(reader, next.api_key), { key_id: next.secret.id }, 'what replaces it');
  const last = await rotateKey(writer, next.secret.id, 0);
  t.same(await me(reader, next.api_key), expired, 'rotated without an overlap');
  t.match(await me(reader, last.api_key), { key_id: last.secret.id });

  await change(writer, 'DELETE', `${keysUrl}/${secret.id}`);
  t.same(await me(reader, key), unknown, 'deleted');
}

async function createKeys(
  service: TestService,
  options: Parameters<typeof createKey>[2],
  body = {},
): Promise<string[]> {
  return Promise.all(
    Array.from({ length: 20 }, async () => (await createKey(service, body, options)).api_key),
  );
}

/** Deactivates and activates what many keys are in, each with one event. */
async function changesOfMany(
  t: Test,
  [writer, reader]: [TestService, TestService],
  url: string,
  keys: string[],
): Promise<void> {
  const { api_key: bystander } = await createKey(writer);
  const before = await headSeq(writer);
  t.same(await statusesOf(reader, keys), Array(20).fill(200));
  await change(writer, 'PATCH', url, { status: 'inactive' });
  t.same(await statusesOf(reader, keys), Array(20).fill(403), 'deactivated');
  t.same(await statusesOf(reader, [bystander]), [200]);
  await change(writer, 'PATCH', url, { status: 'active' });
  t.same(await statusesOf(reader, keys), Array(20).fill(200), 'activated');
  t.equal(await headSeq(writer), before + 2, 'one event each');
}

async function changesOfEnvironment(t: Test, writer: TestService, reader: TestService): Promise<void> {
  const { id, headers } = await createEnvironment(writer);
  const keys = await createKeys(writer, { headers });
  await changesOfMany(t, [writer, reader], `/v1/environments/${id}`, keys);

  const [key = ''] = keys;
  const rate_limit = { limit: 1_000, window_seconds: 60 };
  await change(writer, 'PATCH', `/v1/environments/${id}`, { rate_limit });
  t.match(await me(reader, key), { rate_limit }, 'limited');
}

async function changesOfUser(t: Test, writer: TestService, reader: TestService): Promise<void> {
  const created = await writer.call({ method: 'POST', url: '/v1/users', payload: { name: 'User' } });
  const { id } = created.json();
  const keys = await createKeys(writer, {}, { user_id: id });
  await changesOfMany(t, [writer, reader], `/v1/users/${id}`, keys);
}

async function changesOfTenant(t: Test, writer: TestService, reader: TestService): Promise<void> {
  const created = await writer.call({ method: 'POST', url: '/v1/tenants', payload: { name: 'Tenant' } });
  const { tenant, api_key: key } = created.json();
  t.match(await me(reader, key), { tenant_id: tenant.id }, 'created');
  const keys = await createKeys(writer, { key });
  await changesOfMany(t, [writer, reader], `/v1/tenants/${tenant.id}`, keys);
}

// Without notifications each change takes a good part of a second.
t.setTimeout(60_000);

for (const notifications of [true, false]) {
  const how = notifications ? 'with notifications' : 'without notifications';
  t.test(`a change is in force everywhere when it is answered, ${how}`, async (t) => {
    const [first, second] = await startTwo(t, { notifications });
    const ways: [TestService, TestService][] = [[first, second]];
    if (notifications) ways.push([second, first]);
    for (const [writer, reader] of ways) {
      await t.test('of a key', (t) => changesOfKey(t, writer, reader));
      await t.test('of an environment', (t) => changesOfEnvironment(t, writer, reader));
      await t.test('of a user', (t) => changesOfUser(t, writer, reader));
      await t.test('of a tenant', (t) => changesOfTenant(t, writer, reader));
    }
  });
}

for (const notifications of [true, false]) {
  const how = notifications ? 'with notifications' : 'without notifications';
  t.test(`imported keys work everywhere when their import is answered, ${how}`, async (t) => {
    const [writer, reader] = await startTwo(t, { notifications });
    // More than one sync takes in.
    const count = notifications ? 5_000 : 1_500;
    for (let round = 0; round < 3; round++) {
      const keys = Array.from({ length: count }, () => randomBytes(32).toString('hex'));
      const some = [0, 1, 999, 1_000, 1_499, count - 1].map((i) => keys[i] ?? '');
      t.same(await statusesOf(reader, some), Array(6).fill(401), 'refused a moment ago');
      const payload = keys.map((key) => ({ name: 'Imported', hash: hash('sha256', key) }));
      const response = await writer.call({ method: 'POST', url: `${keysUrl}/import`, payload });
      t.same(await statusesOf(reader, some), Array(6).fill(200), 'and accepted now');
      t.same(await statusesOf(writer, some), Array(6).fill(200));
      t.equal(response.statusCode, 201);
    }
    t.equal(reader.app.replica.status().timesLoaded, 1, 'by way of the feed');
    t.equal(reader.app.replica.status().timesFenced, 0);
  });
}

t.test('without the wait for confirmation an old decision would be seen', async (t) => {
  const [writer, reader] = await startTwo(t, { notifications: false, confirmChanges: false });
  const { api_key: key, secret } = await createKey(writer);
  const seq = await headSeq(writer);
  await until(() => reader.app.replica.status().appliedSeq === seq);
  let old = 0;
  for (let round = 0; round < 20; round++) {
    const status = round % 2 === 0 ? 'inactive' : 'active';
    await updateKey(writer, secret.id, { status });
    const [decision] = await statusesOf(reader, [key]);
    if (decision !== (status === 'active' ? 200 : 403)) old += 1;
  }
  t.ok(old > 0, `${old} of 20`);
});

t.test('what a service loads decides as what another has followed', async (t) => {
  const first = await startService(t);
  const { id, headers } = await createEnvironment(first);
  const idle = await createKey(first, {}, { headers });
  const limited = await createKey(first, { rate_limit: { limit: 9, window_seconds: 9 } });
  const changed = await createKey(first, { expires_at: '2999-01-01T00:00:00.001Z' });
  const off = await createKey(first);
  const deleted = await createKey(first);
  const rotated = await createKey(first);
  const leaked = await createKey(first);
  await rotateKey(first, rotated.secret.id, 60);
  await rotateKey(first, leaked.secret.id, 0);
  const user = (await first.call({ method: 'POST', url: '/v1/users', payload: { name: 'Gone' } })).json().id;
  const ofUser = await createKey(first, { user_id: user });
  await change(first, 'PATCH', `/v1/users/${user}`, { status: 'inactive' });
  await change(first, 'PATCH', `/v1/environments/${id}`, { status: 'inactive' });
  await updateKey(first, changed.secret.id, { permissions: ['customers:*', 'customers:read', 'a:b'] });
  await updateKey(first, off.secret.id, { status: 'inactive' });
  await change(first, 'DELETE', `${keysUrl}/${deleted.secret.id}`);

  const second = await startService(t, { databaseUrl: first.databaseUrl });
  const all = [idle, limited, changed, off, deleted, rotated, leaked, ofUser];
  for (const { api_key: key } of all) {
    t.same(await me(second, key), await me(first, key));
  }
  t.same(
    await statusesOf(
      second,
      all.map(({ api_key }) => api_key),
    ),
    [403, 200, 200, 403, 401, 200, 401, 403],
  );
  t.equal(second.app.replica.state.keys.size, first.app.replica.state.keys.size);
});

const replicaRows = async ({ pool }: TestService): Promise<unknown[]> =>
  (await pool.query('SELECT id FROM replicas')).rows;

t.test('a service that stops in order leaves nothing that a change would wait for', async (t) => {
  const [first, second] = await startTwo(t);
  t.equal((await replicaRows(first)).length, 2);
  await second.app.close();
  t.equal((await replicaRows(first)).length, 1);
  t.notOk(second.app.replica.canDecide(), 'and decides no more');
  const { api_key: key } = await createKey(first);
  t.same(await statusesOf(first, [key]), [200]);
  await first.app.close();
  t.same(await replicaRows(first), []);
});

t.test('a change is acknowledged by a notification among few replicas, and quietly among many', async (t) => {
  const [first] = await startTwo(t);
  const listener = new Client({ connectionString: first.databaseUrl });
  await listener.connect();
  t.teardown(() => listener.end());
  let acknowledgements = 0;
  listener.on('notification', () => {
    acknowledgements += 1;
  });
  await listener.query(`LISTEN ${appliedChannel}`);

  await createKey(first);
  await listener.query('SELECT 1');
  t.equal(acknowledgements, 2);

  // Replicas that are ahead of every change, so that nobody waits for them.
  await first.pool.query(`INSERT INTO replicas (id, applied_seq, lease_id, lease_ms)
    SELECT 'replica_' || n, 1000000, gen_random_uuid(), 2000 FROM generate_series(1, 31) n`);
  const { api_key: key } = await createKey(first);
  await listener.query('SELECT 1');
  t.equal(acknowledgements, 2);
  t.same(await statusesOf(first, [key]), [200], 'it is in force all the same when it is answered');
});

t.test('/health/ready shows the replica', async (t) => {
  const first = await startService(t);
  const { secret } = await createKey(first);
  await createKey(first);
  await updateKey(first, secret.id, { status: 'inactive' });
  const response = await first.call({ url: '/health/ready', key: null });
  t.equal(response.statusCode, 200);
  const { replica, ...rest } = response.json();
  t.same(rest, {
    status: 'ok',
    checks: { database: 'ok', keys: 'ok', rate_limits: 'process', proxies: 'ok' },
  });
  const { key_table_bytes, last_propagation_ms, ...exact } = replica;
  t.same(exact, {
    keys: 2,
    lease_valid: true,
    applied_seq: await headSeq(first),
    lag_events: 0,
    times_fenced: 0,
    notifications: null,
  });
  t.ok(key_table_bytes > 0);
  t.ok(last_propagation_ms > 0);

  await t.test('readiness shows whether notifications arrive, once the service listens', async (t) => {
    for (const notifications of [true, false]) {
      const service = await startService(t, { databaseUrl: first.databaseUrl, notifications });
      await service.app.listen({ port: 0, host: '127.0.0.1' });
      await until(() => service.app.replica.status().notifications !== null);
      const ready = await service.call({ url: '/health/ready', key: null });
      t.equal(ready.statusCode, 200, 'neither is a failure');
      t.equal(ready.json().replica.notifications, notifications);
    }
  });

  await t.test('readiness is 503 while the replica loads, when no key is decided on', async (t) => {
    const lock = new Client({ connectionString: first.databaseUrl });
    await lock.connect();
    t.teardown(() => lock.end());
    await lock.query('BEGIN');
    await lock.query('LOCK TABLE api_keys');

    const app = await build({
      ...parseConfig({ NODE_ENV: 'test', LOG_LEVEL: 'silent' }),
      databaseUrl: first.databaseUrl,
    });
    t.teardown(() => app.close());
    const ready = await app.inject('/health/ready');
    t.equal(ready.statusCode, 503);
    t.match(ready.json(), {
      status: 'unavailable',
      checks: { database: 'ok', keys: 'loading' },
      replica: { keys: 0, lease_valid: false, applied_seq: null },
    });
    t.equal((await app.inject('/health/live')).statusCode, 200);
    const refused = await app.inject({ url: '/v1/auth/me', headers: { 'x-api-key': developmentKey } });
    t.equal(refused.statusCode, 503);
    t.same(refused.json(), errorOf('Authentication temporarily unavailable', 'service_unavailable'));
    t.same(await statusesOf(first, [developmentKey]), [200], 'others go on');

    await lock.query('COMMIT');
    await until(() => app.replica.canDecide());
    t.equal((await app.inject('/health/ready')).statusCode, 200);
  });
});
