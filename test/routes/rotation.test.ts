import t from 'tap';
import {
  type CallOptions,
  createEnvironment,
  createKey,
  createPlaintext,
  errorOf,
  startService,
} from '../helper.ts';

const url = '/v1/secrets/api/keys';
const neverExisted = `key_${'0'.repeat(32)}`;
const expired = errorOf('API key has expired', 'permission_denied');
const inactive = errorOf('API key is inactive', 'permission_denied');
const denied = errorOf('Permission denied', 'permission_denied');
const notFound = errorOf('Key not found', 'not_found');
const rotatedBefore = errorOf(
  'The key was already rotated: rotate the key in its rotated_to',
  'already_exists',
);
const tooLate = errorOf('The key has expired: create a new one', 'validation_error');

const service = await startService(t);
const { call, pool } = service;

const rotate = (id: string, payload?: object, options: Partial<CallOptions> = {}) =>
  call({ method: 'POST', url: `${url}/${id}/rotate`, ...(payload && { payload }), ...options });

const patch = (id: string, payload: object) => call({ method: 'PATCH', url: `${url}/${id}`, payload });

const get = async (id: string) => (await call({ url: `${url}/${id}` })).json();

const me = async (key: string) => (await call({ url: '/v1/auth/me', key })).json();

t.test(
  'a rotation without overlap replaces the key at once, by one that differs in its secret only',
  async (t) => {
    const { api_key: oldKey, secret: old } = await createKey(service, {
      name: 'Backend',
      description: 'Of the shop',
      type: 'publishable_key',
      expires_at: '2999-01-01T00:00:00.000Z',
      permissions: ['customers:read', 'customers:write'],
      rate_limit: { limit: 100, window_seconds: 60 },
      metadata: { team: 'shop' },
    });
    // What no request can set is taken over as well.
    await pool.query("UPDATE api_keys SET user_type = 'service_account', user_id = 'user_other'");
    await pool.query(
      `INSERT INTO users (tenant_id, id, type, name, roles)
       VALUES ('tenant_default', 'user_other', 'service_account', 'Other', '{ops}')`,
    );
    const response = await rotate(old.id);
    t.equal(response.statusCode, 201);
    t.equal(response.headers['cache-control'], 'no-store');
    const { secret, api_key: newKey, ...rest } = response.json();
    t.strictSame(rest, {});
    t.match(newKey, /^[0-9a-f]{64}$/);
    t.not(newKey, oldKey);
    t.strictSame(secret, {
      ...old,
      roles: ['ops'],
      user_type: 'service_account',
      user_id: 'user_other',
      id: secret.id,
      display_id: `${newKey.slice(0, 4)}…${newKey.slice(-4)}`,
      created_at: secret.created_at,
      updated_at: secret.created_at,
      rotated_from: old.id,
    });
    t.ok(secret.id > old.id);

    const retired = await get(old.id);
    t.equal(retired.rotated_to, secret.id);
    t.equal(retired.expires_at, retired.updated_at, 'expired when it was rotated');
    t.same(await me(oldKey), expired);
    t.match(await me(newKey), { key_id: secret.id, permissions: ['customers:read', 'customers:write'] });
  },
);

t.test('with an overlap both keys work, and the old one until it ends', async (t) => {
  const { headers } = await createEnvironment(service);
  const { api_key: oldKey, secret: old } = await createKey(service, {}, { headers });
  const { secret, api_key: newKey } = (await rotate(old.id, { overlap_seconds: 3_600 }, { headers })).json();
  t.match(await me(oldKey), { key_id: old.id });
  t.match(await me(newKey), { key_id: secret.id });

  const { items } = (await call({ url, headers })).json();
  t.match(items, [
    { id: secret.id, rotated_from: old.id, rotated_to: null, expires_at: null },
    { id: old.id, rotated_from: null, rotated_to: secret.id, status: 'active' },
  ]);
  const [, { expires_at, updated_at }] = items;
  t.equal(Date.parse(expires_at) - Date.parse(updated_at), 3_600_000);

  await t.test('the old key is refused after the overlap', async (t) => {
    t.intercept(Date, 'now', { value: () => Date.parse(expires_at) });
    t.same(await me(oldKey), expired);
    t.match(await me(newKey), { key_id: secret.id });
  });

  await t.test('the old key is unknown once it is deleted', async (t) => {
    await call({ method: 'DELETE', url: `${url}/${old.id}`, headers });
    t.same(await me(oldKey), errorOf('Invalid API key', 'permission_denied'));
    t.match(await me(newKey), { key_id: secret.id });
  });
});

t.test('whoever uses the old key in its overlap is told so, and until when', async (t) => {
  const { api_key: oldKey, secret: old } = await createKey(service, { permissions: ['keys:write'] });
  const told = async (key: string, url = '/v1/auth/me') => {
    const { statusCode, headers } = await call({ url, key });
    return { statusCode, deprecation: headers['deprecation'], sunset: headers['sunset'] };
  };
  const nothing = { deprecation: undefined, sunset: undefined };
  t.strictSame(await told(oldKey), { statusCode: 200, ...nothing });
  const newKey = (await rotate(old.id, { overlap_seconds: 3_600 })).json().api_key;
  const { expires_at } = await get(old.id);
  const sunset = new Date(expires_at).toUTCString();
  t.match(sunset, /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/, 'as HTTP writes a date');
  t.strictSame(await told(oldKey), { statusCode: 200, deprecation: '@0', sunset });
  t.strictSame(await told(oldKey, '/v1/customers'), { statusCode: 403, deprecation: '@0', sunset });
  t.strictSame(await told(newKey), { statusCode: 200, ...nothing });

  const other = await startService(t, { databaseUrl: service.databaseUrl });
  const loaded = await other.call({ url: '/v1/auth/me', key: oldKey });
  t.match(loaded.headers, { deprecation: '@0', sunset }, 'by who has just loaded it as well');

  await patch(old.id, { expires_at: null });
  t.strictSame(await told(oldKey), { statusCode: 200, deprecation: '@0', sunset: undefined }, 'or no end');
  t.intercept(Date, 'now', { value: () => Date.parse(expires_at) });
  t.strictSame(await told(newKey), { statusCode: 200, ...nothing });
  await patch(old.id, { expires_at: new Date(Date.parse(expires_at) + 1_000).toISOString() });
  t.intercept(Date, 'now', { value: () => Date.parse(expires_at) + 1_000 });
  t.strictSame(await told(oldKey), { statusCode: 401, ...nothing }, 'and nothing when it is over');
});

t.test('an overlap never lets a key live longer than it would have', async (t) => {
  const expires_at = new Date(Date.now() + 60_000).toISOString();
  const { secret: old } = await createKey(service, { expires_at });
  const { secret } = (await rotate(old.id, { overlap_seconds: 3_600 })).json();
  t.equal(secret.expires_at, expires_at);
  t.equal((await get(old.id)).expires_at, expires_at);
});

t.test('an overlap of 0 does not depend on the clock of who decides', async (t) => {
  const { api_key: oldKey, secret: old } = await createKey(service);
  await rotate(old.id, { overlap_seconds: 0 });
  const nowMs = Date.now();
  t.intercept(Date, 'now', { value: () => nowMs - 3_600_000 });
  t.same(await me(oldKey), expired);
  const other = await startService(t, { databaseUrl: service.databaseUrl });
  t.same(
    (await other.call({ url: '/v1/auth/me', key: oldKey })).json(),
    expired,
    'nor of who has just loaded',
  );
});

t.test('a key is rotated once, and what replaces it after that', async (t) => {
  const { secret: first } = await createKey(service);
  const { secret: second } = (await rotate(first.id, { overlap_seconds: 60 })).json();
  const again = await rotate(first.id);
  t.equal(again.statusCode, 409);
  t.strictSame(again.json(), rotatedBefore);
  const { secret: third } = (await rotate(second.id)).json();
  t.match(await get(second.id), { rotated_from: first.id, rotated_to: third.id });

  const { secret: contested } = await createKey(service);
  const attempts = await Promise.all(Array.from({ length: 10 }, () => rotate(contested.id)));
  const statuses = attempts.map(({ statusCode }) => statusCode).sort();
  t.strictSame(statuses, [201, ...Array(9).fill(409)], 'and of ten at once one is made');
});

t.test(
  'what replaces an inactive key is inactive, so that no rotation brings a key back to life',
  async (t) => {
    const { api_key: oldKey, secret: old } = await createKey(service);
    await patch(old.id, { status: 'inactive' });
    const { secret, api_key: newKey } = (await rotate(old.id)).json();
    t.equal(secret.status, 'inactive');
    t.same(await me(oldKey), expired);
    t.same(await me(newKey), inactive);
    await patch(secret.id, { status: 'active' });
    t.match(await me(newKey), { key_id: secret.id });
  },
);

t.test('an expired key is not rotated', async (t) => {
  const { secret } = await createKey(service, { expires_at: '2999-01-01T00:00:00Z' });
  t.intercept(Date, 'now', { value: () => Date.parse('2999-01-01T00:00:00Z') });
  const response = await rotate(secret.id);
  t.equal(response.statusCode, 409);
  t.strictSame(response.json(), tooLate);
});

t.test('who holds less than a key can not have its new secret', async (t) => {
  const { secret: strong } = await createKey(service, { permissions: ['customers:*'] });
  const weak = await createPlaintext(service, { permissions: ['keys:write', 'customers:read'] });
  const response = await rotate(strong.id, {}, { key: weak });
  t.equal(response.statusCode, 403);
  t.strictSame(response.json(), denied);
  t.equal((await get(strong.id)).rotated_to, null);

  const reader = await createPlaintext(service, { permissions: ['keys:read', 'customers:*'] });
  t.strictSame((await rotate(strong.id, {}, { key: reader })).json(), denied, 'nor who may not write keys');
});

t.test('a key can rotate itself', async (t) => {
  const { api_key: key, secret } = await createKey(service, { permissions: ['keys:write'] });
  const response = await rotate(secret.id, {}, { key });
  t.equal(response.statusCode, 201);
  t.same(await me(key), expired);
  t.match(await me(response.json().api_key), { permissions: ['keys:write'] });
});

t.test('what is not there, or is elsewhere, or is deleted, is not found', async (t) => {
  const { headers } = await createEnvironment(service);
  const { secret: elsewhere } = await createKey(service, {}, { headers });
  const { secret: deleted } = await createKey(service);
  await call({ method: 'DELETE', url: `${url}/${deleted.id}` });
  for (const id of [neverExisted, elsewhere.id, deleted.id]) {
    const response = await rotate(id);
    t.equal(response.statusCode, 404);
    t.strictSame(response.json(), notFound);
  }
});

t.test('a wrong overlap is refused', async (t) => {
  const { secret } = await createKey(service);
  for (const overlap_seconds of [-1, 2_592_001, 1.5, '60', null]) {
    const response = await rotate(secret.id, { overlap_seconds });
    t.equal(response.statusCode, 400);
    t.equal(response.json().error.details[0].path, '/overlap_seconds');
  }
  t.equal((await get(secret.id)).rotated_to, null);
  t.equal((await rotate(secret.id, { overlap_seconds: 2_592_000 })).statusCode, 201, 'and 30 days are right');
});

t.test('both halves of a rotation are in the feed, next to each other', async (t) => {
  const { secret: old } = await createKey(service);
  const { secret } = (await rotate(old.id, { overlap_seconds: 60 })).json();
  const { rows } = await pool.query(
    'SELECT seq::int, kind, subject_id, before, after, request_id FROM key_events ORDER BY seq DESC LIMIT 2',
  );
  t.match(rows, [
    { kind: 'key.rotated', subject_id: old.id, before: old, after: { rotated_to: secret.id } },
    { kind: 'key.created', subject_id: secret.id, before: null, after: secret },
  ]);
  t.equal(rows[0].seq, rows[1].seq + 1);
  t.equal(rows[0].request_id, rows[1].request_id);
});

t.test('a rotation that fails leaves both keys as they were', async (t) => {
  const { api_key: key, secret } = await createKey(service);
  await pool.query(`
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;
    CREATE TRIGGER refuse BEFORE INSERT ON key_events FOR EACH ROW WHEN (NEW.kind = 'key.rotated')
      EXECUTE FUNCTION refuse()`);
  t.teardown(() => pool.query('DROP FUNCTION refuse CASCADE'));
  const count = async () => (await pool.query('SELECT count(*)::int FROM api_keys')).rows[0].count;
  const before = await count();
  t.equal((await rotate(secret.id)).statusCode, 500);
  t.equal(await count(), before);
  t.equal((await get(secret.id)).rotated_to, null);
  t.match(await me(key), { key_id: secret.id });
});
