import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import t from 'tap';
import {
  type CallOptions,
  createEnvironment,
  createKey,
  createPlaintext,
  developmentKey,
  errorOf,
  startService,
} from '../helper.ts';

const url = '/v1/secrets/api/keys';
const timestamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const neverExisted = `key_${'0'.repeat(32)}`;
const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();

const required = errorOf('API key required', 'permission_denied');
const invalidKey = errorOf('Invalid API key', 'permission_denied');
const expired = errorOf('API key has expired', 'permission_denied');
const inactive = errorOf('API key is inactive', 'permission_denied');
const denied = errorOf('Permission denied', 'permission_denied');
const notFound = errorOf('Key not found', 'not_found');
const invalidRequest = (...details: { path: string; message: string }[]) => ({
  success: false,
  error: { message: 'Invalid request', internal_error: 'validation_error', details },
});

const service = await startService(t);
const { app, pool } = service;

/** As the service's own `call`; asserted of the file as a whole: no answer may be kept by a cache. */
async function call(options: CallOptions) {
  const response = await service.call(options);
  t.equal(response.headers['cache-control'], 'no-store');
  return response;
}

const patch = (id: string, payload: object, options: Partial<CallOptions> = {}) =>
  call({ method: 'PATCH', url: `${url}/${id}`, payload, ...options });

const me = (headers: Record<string, string>, path = '/v1/auth/me') => app.inject({ url: path, headers });

t.test('a key is created with every field, and null or empty where nothing was said', async (t) => {
  const environment = await createEnvironment(service);
  const response = await call({
    method: 'POST',
    url,
    payload: { name: 'Backend' },
    headers: environment.headers,
  });
  t.equal(response.statusCode, 201);
  const { secret, api_key: key, ...rest } = response.json();
  t.strictSame(rest, {});
  t.match(key, /^[0-9a-f]{64}$/);
  t.match(secret.id, /^key_[0-9a-f]{32}$/);
  t.match(secret.created_at, timestamp);
  t.strictSame(secret, {
    id: secret.id,
    name: 'Backend',
    description: null,
    type: 'private_key',
    provider: 'latchkey',
    display_id: `${key.slice(0, 4)}…${key.slice(-4)}`,
    tenant_id: 'tenant_default',
    environment_id: environment.id,
    user_id: 'user_default',
    user_type: 'user',
    roles: [],
    permissions: ['*'],
    rate_limit: null,
    metadata: {},
    status: 'active',
    expires_at: null,
    last_used_at: null,
    created_at: secret.created_at,
    updated_at: secret.created_at,
    rotated_to: null,
    rotated_from: null,
  });
});

t.test('a key is created as it was asked for, and works at once', async (t) => {
  const asked = {
    name: 'Ä name with "quotes" and 🔑',
    description: 'For the shop',
    type: 'publishable_key',
    permissions: ['customers:read', 'customers:write'],
    rate_limit: { limit: 100, window_seconds: 60 },
    metadata: { plan: 'pro', empty: '' },
  };
  const response = await call({
    method: 'POST',
    url,
    payload: { ...asked, expires_at: '2999-01-02T03:04:05+02:00' },
  });
  t.equal(response.statusCode, 201);
  const { secret, api_key: key } = response.json();
  t.match(secret, { ...asked, expires_at: '2999-01-02T01:04:05.000Z' });

  const who = await me({ 'x-api-key': key });
  t.equal(who.statusCode, 200);
  t.strictSame(who.json(), {
    tenant_id: secret.tenant_id,
    environment_id: secret.environment_id,
    user_id: secret.user_id,
    key_id: secret.id,
    permissions: asked.permissions,
    rate_limit: asked.rate_limit,
  });
});

t.test('null asks for nothing, and the widest values are taken', async (t) => {
  const asked = {
    name: 'n'.repeat(255),
    description: 'x'.repeat(1000),
    metadata: Object.fromEntries(
      Array.from({ length: 50 }, (_, i) => [`${i}`.padEnd(40, 'k'), 'v'.repeat(500)]),
    ),
    rate_limit: { limit: 1_000_000_000, window_seconds: 86_400 },
    permissions: [],
  };
  const wide = await call({ method: 'POST', url, payload: asked });
  t.equal(wide.statusCode, 201);
  t.match(wide.json().secret, asked);
  t.strictSame(wide.json().secret.permissions, []);

  const nothing = { description: null, expires_at: null, rate_limit: null };
  const empty = await call({ method: 'POST', url, payload: { name: 'Nothing', ...nothing } });
  t.equal(empty.statusCode, 201);
  t.match(empty.json().secret, nothing);
});

t.test('the database has the SHA-256 of a key in 32 bytes, and the key nowhere', async (t) => {
  const { api_key: key, secret } = await createKey(service, { description: 'To be looked for' });
  await patch(secret.id, { name: 'Changed once' });
  const hash = createHash('sha256').update(key).digest();
  const { rows } = await pool.query('SELECT hash FROM api_keys WHERE id = $1', [secret.id]);
  t.ok(hash.equals(rows[0].hash));

  const tables = await pool.query<{ name: string }>(
    "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'",
  );
  t.ok(tables.rows.length >= 5);
  for (const { name } of tables.rows) {
    const found = await pool.query(`SELECT 1 FROM ${name} x WHERE position($1 IN x::text) > 0`, [key]);
    t.equal(found.rowCount, 0, `no plaintext in ${name}`);
    if (name === 'api_keys' || name === 'key_events') continue;
    const hashes = await pool.query(`SELECT 1 FROM ${name} x WHERE position($1 IN x::text) > 0`, [
      hash.toString('hex'),
    ]);
    t.equal(hashes.rowCount, 0, `no hash in ${name}`);
  }
  const events = await pool.query('SELECT key_hash, before, after FROM key_events WHERE subject_id = $1', [
    secret.id,
  ]);
  t.equal(events.rowCount, 2);
  for (const { key_hash, before, after } of events.rows) {
    t.ok(hash.equals(key_hash), 'the feed has the hash in its column');
    t.notOk(JSON.stringify([before, after]).includes(hash.toString('hex')), 'and nowhere else');
  }
});

t.test('no answer but that of the creation shows a key, and none its hash', async (t) => {
  const { headers } = await createEnvironment(service);
  const created = await call({ method: 'POST', url, payload: { name: 'Shown once' }, headers });
  const { api_key: key, secret } = created.json();
  const hash = createHash('sha256').update(key).digest();
  t.equal(created.body.split(key).length, 2);

  const later = await Promise.all([
    call({ url, headers }),
    call({ url: `${url}/${secret.id}`, headers }),
    patch(secret.id, { name: 'Other' }, { headers }),
    call({ url: '/v1/auth/me', key }),
    patch(secret.id, { [key]: key, name: key.repeat(5) }, { headers }),
    call({ url: `${url}/${key}`, headers }),
    call({ url: `${url}?search=${key}&${key}=1`, headers }),
  ]);
  t.strictSame(
    later.map(({ statusCode }) => statusCode),
    [200, 200, 200, 200, 400, 404, 400],
  );
  for (const { body, headers: answered } of later) {
    t.notOk(`${body}${JSON.stringify(answered)}`.includes(key));
  }
  for (const { body } of [created, ...later]) {
    t.notOk(body.includes(hash.toString('hex')) || body.includes(hash.toString('base64')));
    t.notOk(body.includes('"hash"'));
  }
});

t.test('keys are listed newest first, in pages, and filtered', async (t) => {
  const environment = await createEnvironment(service);
  const { headers } = environment;
  const bodies = [
    { name: 'Alpha' },
    { name: 'Beta 100%', type: 'publishable_key' },
    { name: 'Gamma_x' },
    { name: 'alphabet', type: 'publishable_key' },
    { name: 'Epsilon' },
  ];
  const secrets: { id: string; name: string; display_id: string }[] = [];
  for (const body of bodies) {
    const created = await call({ method: 'POST', url, payload: body, headers });
    secrets.push(created.json().secret);
  }
  const [alpha, , gamma, , epsilon] = secrets;
  if (!alpha || !gamma || !epsilon) throw new Error('The keys were not created');
  await patch(gamma.id, { status: 'inactive' }, { headers });
  await call({ method: 'DELETE', url: `${url}/${epsilon.id}`, headers });

  const list = async (query: string) => {
    const response = await call({ url: `${url}?${query}`, headers });
    t.equal(response.statusCode, 200, query);
    const { items, pagination, ...rest } = response.json();
    t.strictSame(rest, {});
    return { names: items.map(({ name }: { name: string }) => name), pagination };
  };
  const newestFirst = ['alphabet', 'Gamma_x', 'Beta 100%', 'Alpha'];
  const all = { total: 4, limit: 50, offset: 0 };

  t.strictSame(await list(''), { names: newestFirst, pagination: all });
  t.strictSame(await list('order=desc'), { names: newestFirst, pagination: all });
  t.strictSame(await list('order=asc'), { names: newestFirst.toReversed(), pagination: all });
  t.strictSame(await list('limit=2&offset=1'), {
    names: ['Gamma_x', 'Beta 100%'],
    pagination: { total: 4, limit: 2, offset: 1 },
  });
  t.strictSame(await list('limit=100&offset=4'), {
    names: [],
    pagination: { total: 4, limit: 100, offset: 4 },
  });

  const filters: [string, string[]][] = [
    ['status=active', ['alphabet', 'Beta 100%', 'Alpha']],
    ['status=published', ['alphabet', 'Beta 100%', 'Alpha']],
    ['status=inactive', ['Gamma_x']],
    ['type=publishable_key', ['alphabet', 'Beta 100%']],
    ['type=private_key', ['Gamma_x', 'Alpha']],
    ['type=private_key&status=inactive', ['Gamma_x']],
    ['search=ALPHA', ['alphabet', 'Alpha']],
    ['search=ALPHA&type=publishable_key', ['alphabet']],
    // Neither is a wildcard.
    ['search=%25', ['Beta 100%']],
    ['search=_', ['Gamma_x']],
    ['search=nothing', []],
    ['search=%27%20OR%201%3D1--', []],
    [`search=${encodeURIComponent(alpha.display_id)}`, ['Alpha']],
  ];
  for (const [query, names] of filters) {
    t.strictSame(await list(query), { names, pagination: { ...all, total: names.length } }, query);
  }

  const [item] = (await call({ url: `${url}?search=Gamma`, headers })).json().items;
  t.strictSame(item, (await call({ url: `${url}/${gamma.id}`, headers })).json());
});

t.test('a listing refuses what it does not know', async (t) => {
  for (const [query, path] of [
    ['limit=0', 'limit'],
    ['limit=1001', 'limit'],
    ['limit=abc', 'limit'],
    ['limit=1&limit=2', 'limit'],
    ['offset=-1', 'offset'],
    ['offset=1.5', 'offset'],
    ['status=deleted', 'status'],
    ['type=secret', 'type'],
    ['order=up', 'order'],
    ['search=', 'search'],
    ['search=%00', 'search'],
    ['tenant_id=x', 'tenant_id'],
  ] as const) {
    const response = await call({ url: `${url}?${query}` });
    t.equal(response.statusCode, 400, query);
    t.match(response.json(), invalidRequest());
    t.equal(response.json().error.details[0].path, `querystring/${path}`);
  }
});

t.test('a key is changed field by field, and nothing else of it changes', async (t) => {
  const { secret } = await createKey(service, {
    name: 'Before',
    description: 'Before',
    metadata: { a: '1', b: '2' },
    permissions: ['customers:read'],
  });
  let now: Record<string, unknown> = { ...secret };
  const expiry = inAnHour();
  const changes: object[] = [
    { name: 'After' },
    { description: 'After' },
    { description: null },
    { status: 'inactive' },
    { status: 'active' },
    { expires_at: expiry },
    { expires_at: null },
    { permissions: ['customers:*', 'keys:read'] },
    { permissions: [] },
    { rate_limit: { limit: 5, window_seconds: 1 } },
    { rate_limit: null },
    // Replaced as a whole.
    { metadata: { c: '3' } },
    { metadata: {} },
    { name: 'All', description: 'All', status: 'inactive', expires_at: expiry, metadata: { d: '4' } },
  ];
  for (const change of changes) {
    const response = await patch(secret.id, change);
    t.equal(response.statusCode, 200, JSON.stringify(change));
    const after = response.json();
    t.strictSame(after, { ...now, ...change, updated_at: after.updated_at });
    t.ok(Date.parse(after.updated_at) > Date.parse(String(now['updated_at'])), 'updated_at moves');
    t.strictSame((await call({ url: `${url}/${secret.id}` })).json(), after);
    now = after;
  }
});

t.test('an inactive key is refused with 403 until it is active again', async (t) => {
  const { api_key: key, secret } = await createKey(service);
  for (const [status, statusCode] of [
    ['inactive', 403],
    ['active', 200],
    ['inactive', 403],
  ] as const) {
    await patch(secret.id, { status });
    const response = await me({ 'x-api-key': key });
    t.equal(response.statusCode, statusCode);
    if (statusCode === 403) t.strictSame(response.json(), inactive);
  }
});

t.test('changed permissions and limits decide on the next request', async (t) => {
  const { api_key: key, secret } = await createKey(service, { permissions: ['customers:read'] });
  t.equal((await call({ url, key })).statusCode, 403);
  await patch(secret.id, { permissions: ['keys:read'] });
  t.equal((await call({ url, key })).statusCode, 200);
  t.equal((await call({ url: '/v1/customers', key })).statusCode, 403);

  await patch(secret.id, { rate_limit: { limit: 1, window_seconds: 3600 } });
  t.equal((await call({ url, key })).statusCode, 200);
  const limited = await call({ url, key });
  t.equal(limited.statusCode, 429);
  t.strictSame(limited.json(), errorOf('Rate limit exceeded', 'too_many_requests'));
  t.match(limited.headers['retry-after'], /^[1-9]\d*$/);
  await patch(secret.id, { rate_limit: null });
  t.equal((await call({ url, key })).statusCode, 200);
});

t.test('a key past its expiry is refused with 401, also where it is inactive as well', async (t) => {
  const expires_at = inAnHour();
  let nowMs = Date.now();
  t.intercept(Date, 'now', { value: () => nowMs });
  const setClock = async (ms: number) => {
    nowMs = ms;
    // The lease watches this clock too, and is renewed soon.
    t.ok(await app.replica.waitUntilCanDecide());
  };
  const { api_key: key, secret } = await createKey(service, { expires_at });
  const before = await latestSeq();
  await setClock(Date.parse(expires_at) - 1);
  t.equal((await me({ 'x-api-key': key })).statusCode, 200, 'it works to the last millisecond');
  await setClock(Date.parse(expires_at));
  const refused = await me({ 'x-api-key': key });
  t.equal(refused.statusCode, 401);
  t.strictSame(refused.json(), expired);
  t.equal(refused.headers['www-authenticate'], 'Bearer realm="latchkey", error="invalid_token"');
  t.equal(await latestSeq(), before, 'which takes no change');

  await patch(secret.id, { status: 'inactive' });
  const inactiveToo = await me({ 'x-api-key': key });
  t.equal(inactiveToo.statusCode, 401);
  t.strictSame(inactiveToo.json(), expired);
  await patch(secret.id, { status: 'active', expires_at: null });
  t.equal((await me({ 'x-api-key': key })).statusCode, 200);
});

t.test('an expiry that is not in the future is refused', async (t) => {
  const { secret } = await createKey(service);
  const details = { path: '/expires_at', message: 'must be in the future' };
  // The last is a leap second, which the format allows and a date can't express.
  for (const expires_at of [
    '2020-01-01T00:00:00Z',
    new Date().toISOString(),
    '0001-01-01T00:00:00Z',
    '2998-12-31T23:59:60Z',
  ]) {
    for (const response of [
      await call({ method: 'POST', url, payload: { name: 'Late', expires_at } }),
      await patch(secret.id, { expires_at }),
    ]) {
      t.equal(response.statusCode, 400, expires_at);
      t.strictSame(response.json(), invalidRequest(details));
    }
  }
});

t.test('a deleted key is gone: 401 for it, 404 about it, and 204 again for its deletion', async (t) => {
  const { headers } = await createEnvironment(service);
  const { api_key: key, secret } = await createKey(service, {}, { headers });
  const remove = () => call({ method: 'DELETE', url: `${url}/${secret.id}`, headers });
  for (const response of [await remove(), await remove(), await remove()]) {
    t.equal(response.statusCode, 204);
    t.equal(response.body, '');
  }
  const refused = await me({ 'x-api-key': key });
  t.equal(refused.statusCode, 401);
  t.strictSame(refused.json(), invalidKey);

  const read = await call({ url: `${url}/${secret.id}`, headers });
  t.equal(read.statusCode, 404);
  t.strictSame(read.json(), notFound);
  const revived = await patch(secret.id, { status: 'active' }, { headers });
  t.equal(revived.statusCode, 404);
  t.strictSame(revived.json(), notFound);
  t.equal((await call({ url, headers })).json().pagination.total, 0);
  t.equal((await me({ 'x-api-key': key })).statusCode, 401);
});

t.test('a key deletes itself, and that is the last thing it does', async (t) => {
  const { api_key: key, secret } = await createKey(service);
  const remove = () => call({ method: 'DELETE', url: `${url}/${secret.id}`, key });
  t.equal((await remove()).statusCode, 204);
  t.equal((await remove()).statusCode, 401);
});

t.test(
  "another environment's or tenant's key, and one that never was, are one and the same 404",
  async (t) => {
    const environment = await createEnvironment(service);
    const elsewhere = await createKey(service, {}, { headers: environment.headers });
    const tenant = await call({ method: 'POST', url: '/v1/tenants', payload: { name: 'Another' } });
    const before = await pool.query('SELECT * FROM api_keys ORDER BY id');

    for (const id of [elsewhere.secret.id, tenant.json().secret.id, neverExisted]) {
      for (const response of [
        await call({ url: `${url}/${id}` }),
        await patch(id, { name: 'Taken over' }),
        await call({ method: 'DELETE', url: `${url}/${id}` }),
      ]) {
        t.equal(response.statusCode, 404);
        t.strictSame(response.json(), notFound);
      }
    }
    t.strictSame((await pool.query('SELECT * FROM api_keys ORDER BY id')).rows, before.rows);
  },
);

t.test('what presents no valid key is refused with 401, and told how to authenticate', async (t) => {
  const { api_key: key } = await createKey(service);
  const { api_key: other, secret } = await createKey(service);
  const deleted = await createKey(service);
  await call({ method: 'DELETE', url: `${url}/${deleted.secret.id}` });
  const unknown = 'f'.repeat(64);
  const challenge = 'Bearer realm="latchkey"';
  const invalidChallenge = `${challenge}, error="invalid_token"`;

  const without: [string, Record<string, string>][] = [
    ['no header', {}],
    ['an empty header', { 'x-api-key': '' }],
    ['another scheme', { authorization: `Basic ${key}` }],
    ['a scheme without a key', { authorization: 'Bearer' }],
    ['an empty Authorization', { authorization: '' }],
    ['a cookie', { cookie: `x-api-key=${key}` }],
  ];
  for (const [what, headers] of without) {
    const response = await me(headers);
    t.equal(response.statusCode, 401, what);
    t.strictSame(response.json(), required);
    t.equal(response.headers['www-authenticate'], challenge);
    t.equal(response.headers['cache-control'], 'no-store');
  }

  const wrong: [string, Record<string, string>][] = [
    ['unknown', { 'x-api-key': unknown }],
    ['deleted', { 'x-api-key': deleted.api_key }],
    ['upper-case', { 'x-api-key': key.toUpperCase() }],
    ['short', { 'x-api-key': key.slice(1) }],
    ['long', { 'x-api-key': `${key}0` }],
    ['very long', { 'x-api-key': key.repeat(50) }],
    ['a space inside', { 'x-api-key': `${key.slice(0, 32)} ${key.slice(32)}` }],
    ['not hex', { 'x-api-key': `g${key.slice(1)}` }],
    ['not ASCII', { 'x-api-key': `é${key.slice(1)}` }],
    ['a list', { 'x-api-key': `${key}, ${key}` }],
    ['its id', { 'x-api-key': secret.id }],
    ['its hash', { 'x-api-key': createHash('sha256').update(key).digest('hex') }],
    ['as a Bearer in the wrong header', { 'x-api-key': `Bearer ${key}` }],
    ['an unknown Bearer', { authorization: `Bearer ${unknown}` }],
    ['a malformed Bearer', { authorization: 'Bearer not-a-key' }],
    ['a Bearer with more', { authorization: `Bearer ${key} ${key}` }],
    ['both headers, different', { 'x-api-key': key, authorization: `Bearer ${other}` }],
    ['both headers, one unknown', { 'x-api-key': key, authorization: `Bearer ${unknown}` }],
    ['both headers, one malformed', { 'x-api-key': key, authorization: 'Bearer x' }],
  ];
  for (const [what, headers] of wrong) {
    const response = await me(headers);
    t.equal(response.statusCode, 401, what);
    t.strictSame(response.json(), invalidKey, what);
    t.equal(response.headers['www-authenticate'], invalidChallenge);
    t.equal(response.headers['cache-control'], 'no-store');
  }

  const right: [string, Record<string, string>][] = [
    ['X-API-Key', { 'x-api-key': key }],
    ['Bearer', { authorization: `Bearer ${key}` }],
    ['a scheme in another case', { authorization: `bearer ${key}` }],
    ['both headers, the same', { 'x-api-key': key, authorization: `Bearer ${key}` }],
    ['an empty X-API-Key and a Bearer', { 'x-api-key': '', authorization: `Bearer ${key}` }],
  ];
  for (const [what, headers] of right) t.equal((await me(headers)).statusCode, 200, what);
});

t.test('a header that comes twice is refused, even if it says the same', async (t) => {
  const { api_key: key } = await createKey(service);
  const address = new URL(await app.listen({ host: '127.0.0.1', port: 0 }));

  async function send(headers: Record<string, string | string[]>) {
    const request = httpRequest({ host: address.hostname, port: address.port, path: '/v1/auth/me', headers });
    request.end();
    const [response] = await once(request, 'response');
    let body = '';
    for await (const chunk of response) body += chunk;
    return { statusCode: response.statusCode, headers: response.headers, body: JSON.parse(body) };
  }

  t.equal((await send({ 'X-API-Key': key })).statusCode, 200, 'once');
  t.equal((await send({ 'X-API-Key': `  ${key}  ` })).statusCode, 200, 'spaces around it are not part of it');
  for (const headers of [
    { 'X-API-Key': [key, key] },
    { 'X-API-Key': [key, 'f'.repeat(64)] },
    { 'X-API-Key': ['', key] },
    { 'X-API-Key': [key, ''] },
    { Authorization: [`Bearer ${key}`, `Bearer ${key}`] },
    { 'X-API-Key': key, Authorization: [`Bearer ${key}`, 'Basic x'] },
  ]) {
    const response = await send(headers);
    t.equal(response.statusCode, 401);
    t.strictSame(response.body, invalidKey);
    t.equal(response.headers['www-authenticate'], 'Bearer realm="latchkey", error="invalid_token"');
  }
});

t.test('a key in the URL is never read', async (t) => {
  for (const query of ['api_key', 'apikey', 'key', 'x-api-key', 'X-API-Key', 'access_token', 'token']) {
    const response = await me({}, `/v1/auth/me?${query}=${developmentKey}`);
    t.equal(response.statusCode, 401, query);
    t.strictSame(response.json(), required);
  }
  const userinfo = await app.inject({ url: `http://${developmentKey}:x@localhost/v1/auth/me` });
  t.equal(userinfo.statusCode, 401);
  const body = await app.inject({ method: 'POST', url, payload: { name: 'x', api_key: developmentKey } });
  t.equal(body.statusCode, 401);
});

t.test('each route of keys demands its permission', async (t) => {
  const target = (await createKey(service)).secret.id;
  const write = [
    { method: 'POST', url, payload: { name: 'x', permissions: [] } },
    { method: 'PATCH', url: `${url}/${target}`, payload: { name: 'x' } },
    { method: 'DELETE', url: `${url}/${target}` },
  ] as const;
  const read = [{ url }, { url: `${url}/${target}` }];

  const reader = await createPlaintext(service, { permissions: ['keys:read'] });
  const writer = await createPlaintext(service, { permissions: ['keys:write'] });
  const stranger = await createPlaintext(service, { permissions: ['customers:*', 'environments:*'] });
  const nobody = await createPlaintext(service, { permissions: [] });
  for (const [key, refused] of [
    [reader, write],
    [writer, read],
    [stranger, [...write, ...read]],
    [nobody, [...write, ...read]],
  ] as const) {
    for (const request of refused) {
      const response = await call({ ...request, key });
      t.equal(response.statusCode, 403);
      t.strictSame(response.json(), denied);
    }
  }
  for (const request of read) t.equal((await call({ ...request, key: reader })).statusCode, 200);
  const written: number[] = [];
  for (const request of write) written.push((await call({ ...request, key: writer })).statusCode);
  t.strictSame(written, [201, 200, 204]);
  t.equal((await me({ 'x-api-key': nobody })).statusCode, 200, 'whoever it is may ask who it is');
});

t.test('a key never grants more than its creator holds, at its creation and later', async (t) => {
  const cases: { held: string[]; may: string[][]; mayNot: string[][] }[] = [
    {
      held: ['keys:write', 'customers:read'],
      may: [[], ['customers:read'], ['customers:read', 'keys:write']],
      mayNot: [
        ['*'],
        ['keys:*'],
        ['keys:read'],
        ['customers:*'],
        ['customers:write'],
        ['customers:read', 'customers:write'],
        ['customer:read'],
      ],
    },
    {
      held: ['keys:*'],
      may: [['keys:read'], ['keys:write', 'keys:verify'], ['keys:*']],
      mayNot: [['*'], ['customers:read'], ['key:read'], ['keys2:read'], ['keys:*', 'customers:read']],
    },
    { held: ['*'], may: [['*'], ['keys:*'], ['anything:at-all'], ['anything:*']], mayNot: [] },
  ];
  for (const { held, may, mayNot } of cases) {
    const { api_key: key, secret } = await createKey(service, { permissions: held });
    const target = (await createKey(service, { permissions: [] })).secret.id;
    const ask = async (permissions: string[]) => [
      await call({ method: 'POST', url, payload: { name: 'Child', permissions }, key }),
      await patch(target, { permissions }, { key }),
    ];
    for (const permissions of may) {
      const [created, updated] = await ask(permissions);
      t.equal(created?.statusCode, 201, `${held} may give ${permissions}`);
      t.strictSame(created?.json().secret.permissions, permissions);
      t.equal(updated?.statusCode, 200);
      t.strictSame(updated?.json().permissions, permissions);
    }
    for (const permissions of mayNot) {
      for (const response of await ask(permissions)) {
        t.equal(response.statusCode, 403, `${held} may not give ${permissions}`);
        t.strictSame(response.json(), denied);
      }
    }
    const inherited = await call({ method: 'POST', url, payload: { name: 'Child' }, key });
    t.strictSame(inherited.json().secret.permissions, held.toSorted(), "by default the creator's");
    if (mayNot.length > 0) {
      const escalated = await patch(secret.id, { permissions: ['*'] }, { key });
      t.equal(escalated.statusCode, 403, 'nor may it give to itself');
      t.strictSame((await me({ 'x-api-key': key })).json().permissions, held.toSorted());
    }
  }
});

t.test('a publishable key holds no permission on keys, at its creation and later', async (t) => {
  const { secret } = await createKey(service, { type: 'publishable_key', permissions: ['customers:read'] });
  for (const permission of ['*', 'keys:*', 'keys:read', 'keys:verify']) {
    const permissions = ['customers:read', permission];
    for (const response of [
      await call({ method: 'POST', url, payload: { name: 'x', type: 'publishable_key', permissions } }),
      await patch(secret.id, { permissions }),
    ]) {
      t.equal(response.statusCode, 400, permission);
      t.strictSame(
        response.json(),
        invalidRequest({
          path: '/permissions',
          message: `a publishable key can't hold ${permission}`,
        }),
      );
    }
  }
  const key = await createPlaintext(service, {
    permissions: ['keys:*', 'customers:read', 'customers:write'],
  });
  const inherited = await createKey(service, { type: 'publishable_key' }, { key });
  t.match(inherited.secret, { permissions: ['customers:read', 'customers:write'] });
  const ofAll = await createKey(service, { type: 'publishable_key' });
  t.strictSame(ofAll.secret, { ...ofAll.secret, permissions: [] }, 'of * nothing is left');
  t.equal((await patch(secret.id, { type: 'private_key' })).statusCode, 400, 'the type stays');
});

/** Mistakes in a creation and in an update, with the paths that the answer names. */
const wrongBodies: [object, string[]][] = [
  [{ name: '' }, ['/name']],
  [{ name: 'n'.repeat(256) }, ['/name']],
  [{ name: 'a\u0000b' }, ['/name']],
  [{ name: 5 }, ['/name']],
  [{ name: null }, ['/name']],
  [{ description: '' }, ['/description']],
  [{ description: 'd'.repeat(1001) }, ['/description']],
  [{ expires_at: 'tomorrow' }, ['/expires_at']],
  [{ expires_at: '2999-02-30T00:00:00Z' }, ['/expires_at']],
  [{ expires_at: '2999-01-01' }, ['/expires_at']],
  [{ expires_at: 4_000_000_000 }, ['/expires_at']],
  [{ permissions: 'customers:read' }, ['/permissions']],
  [{ permissions: null }, ['/permissions']],
  [{ permissions: ['customers:read', 'customers:read'] }, ['/permissions']],
  [{ permissions: ['customers:read', 'Customers:read'] }, ['/permissions/1']],
  [{ permissions: ['customers'] }, ['/permissions/0']],
  [{ permissions: ['*:read'] }, ['/permissions/0']],
  [{ permissions: Array.from({ length: 101 }, (_, i) => `a:b${i}`) }, ['/permissions']],
  [{ rate_limit: {} }, ['/rate_limit/limit', '/rate_limit/window_seconds']],
  [{ rate_limit: { limit: 0, window_seconds: 60 } }, ['/rate_limit/limit']],
  [{ rate_limit: { limit: 1.5, window_seconds: 60 } }, ['/rate_limit/limit']],
  [{ rate_limit: { limit: 1, window_seconds: 86_401 } }, ['/rate_limit/window_seconds']],
  [{ rate_limit: { limit: 1, window_seconds: 1, burst: 1 } }, ['/rate_limit/burst']],
  [{ metadata: { a: 1 } }, ['/metadata/a']],
  [{ metadata: { a: 'x'.repeat(501) } }, ['/metadata/a']],
  [{ metadata: { a: '\u0000' } }, ['/metadata/a']],
  [{ metadata: null }, ['/metadata']],
  [{ metadata: Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`k${i}`, ''])) }, ['/metadata']],
  [{ tenant_id: 'tenant_other' }, ['/tenant_id']],
  [{ environment_id: 'env_other' }, ['/environment_id']],
  [{ user_id: 'x y', roles: ['admin'] }, ['/user_id', '/roles']],
  [{ hash: 'f'.repeat(64) }, ['/hash']],
];

t.test('a wrong body is refused with the path of each mistake, and nothing is changed', async (t) => {
  const { secret } = await createKey(service);
  const count = async () => (await pool.query('SELECT count(*) FROM api_keys')).rows[0].count;
  const before = await count();
  const creating: [object, string[]][] = [
    ...wrongBodies.map(([body, paths]): [object, string[]] => [{ name: 'x', ...body }, paths]),
    [{}, ['/name']],
    [{ name: 'x', type: 'secret' }, ['/type']],
    [{ name: 'x', status: 'inactive' }, ['/status']],
  ];
  const changing: [object, string[]][] = [
    ...wrongBodies,
    [{ status: 'deleted' }, ['/status']],
    [{ status: 'published' }, ['/status']],
    [{ type: 'publishable_key' }, ['/type']],
    [{}, ['']],
  ];
  const check = async (method: 'POST' | 'PATCH', target: string, [payload, paths]: [object, string[]]) => {
    const response = await call({ method, url: target, payload });
    const said = `${method} ${JSON.stringify(payload).slice(0, 80)}`;
    t.equal(response.statusCode, 400, said);
    const { error, ...rest } = response.json();
    t.strictSame(rest, { success: false });
    const { details, ...errorRest } = error;
    t.strictSame(errorRest, { message: 'Invalid request', internal_error: 'validation_error' });
    const told = details.map(({ path }: { path: string }) => path);
    for (const path of paths) t.ok(told.includes(path), `${said} tells of ${path}: ${told}`);
    t.ok(details.every(({ message }: { message: unknown }) => typeof message === 'string' && message !== ''));
  };
  for (const request of creating) await check('POST', url, request);
  for (const request of changing) await check('PATCH', `${url}/${secret.id}`, request);

  const array = await call({ method: 'POST', url, payload: [{ name: 'x' }] });
  t.equal(array.statusCode, 400);
  t.equal((await call({ url: `${url}/not%20an%20id` })).statusCode, 400);
  t.equal(await count(), before);
  t.strictSame((await call({ url: `${url}/${secret.id}` })).json(), secret);
});

interface EventRow {
  seq: number;
  kind: string;
  subject_id: string;
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
}

async function eventsAfter(seq: number): Promise<EventRow[]> {
  const { rows } = await pool.query<EventRow>(
    'SELECT seq::int, kind, subject_id, before, after FROM key_events WHERE seq > $1 ORDER BY seq',
    [seq],
  );
  return rows;
}

async function latestSeq(): Promise<number> {
  const { rows } = await pool.query(
    `SELECT seq::int, (SELECT coalesce(max(seq), 0)::int FROM key_events) AS written FROM key_event_counter`,
  );
  t.equal(rows[0].seq, rows[0].written, 'the counter stands at the latest event');
  return rows[0].seq;
}

t.test(
  'each change writes exactly one event, with who made it; what changes nothing writes none',
  async (t) => {
    const environment = await createEnvironment(service);
    const { headers } = environment;
    const author = await createKey(service, { permissions: ['keys:*'] }, { headers });
    const key = author.api_key;
    const { api_key: subject, secret } = await createKey(
      service,
      { permissions: ['keys:read'] },
      { headers },
    );
    const { id } = secret;
    const eventIds = new Set<string>();
    const start = await latestSeq();

    const steps: [string | null, CallOptions][] = [
      ['key.updated', { method: 'PATCH', url: `${url}/${id}`, payload: { name: 'Renamed' } }],
      ['key.deactivated', { method: 'PATCH', url: `${url}/${id}`, payload: { status: 'inactive' } }],
      ['key.activated', { method: 'PATCH', url: `${url}/${id}`, payload: { status: 'active', name: 'Too' } }],
      [null, { method: 'PATCH', url: `${url}/${id}`, payload: { name: '' } }],
      [null, { method: 'PATCH', url: `${url}/${id}`, payload: { permissions: ['*'] } }],
      [null, { method: 'PATCH', url: `${url}/${id}`, payload: { expires_at: '2020-01-01T00:00:00Z' } }],
      [null, { method: 'PATCH', url: `${url}/${neverExisted}`, payload: { name: 'x' } }],
      [null, { method: 'POST', url, payload: { name: 'x', permissions: ['*'] } }],
      [null, { url: `${url}/${id}` }],
      [null, { url }],
      ['key.deleted', { method: 'DELETE', url: `${url}/${id}` }],
      [null, { method: 'DELETE', url: `${url}/${id}` }],
      [null, { method: 'DELETE', url: `${url}/${neverExisted}` }],
      [null, { method: 'PATCH', url: `${url}/${id}`, payload: { name: 'x' } }],
    ];
    let seq = start;
    let state: unknown = (await call({ url: `${url}/${id}`, headers })).json();
    for (const [kind, request] of steps) {
      const response = await call({ ...request, key, remoteAddress: '192.0.2.7' });
      const said = `${request.method ?? 'GET'} ${JSON.stringify(request.payload) ?? ''} ${response.statusCode}`;
      t.equal(await latestSeq(), kind === null ? seq : seq + 1, said);
      if (kind === null) continue;
      seq++;
      const { rows } = await pool.query('SELECT * FROM key_events WHERE seq = $1', [seq]);
      const { created_at, event_id, ...event } = rows[0];
      t.type(created_at, Date);
      t.notOk(eventIds.has(event_id), 'its id is its own');
      eventIds.add(event_id);
      const head = await pool.query('SELECT event_id FROM key_event_counter');
      t.equal(head.rows[0].event_id, event_id, 'and that of the head');
      const after = kind === 'key.deleted' ? null : response.json();
      t.strictSame(event, {
        seq: String(seq),
        kind,
        decides: true,
        version: 1,
        tenant_id: 'tenant_default',
        environment_id: environment.id,
        subject_id: id,
        key_hash: createHash('sha256').update(subject).digest(),
        before: state,
        after,
        actor_tenant_id: 'tenant_default',
        actor_key_id: author.secret.id,
        actor_user_id: 'user_default',
        actor_address: '192.0.2.7',
        request_id: response.headers['x-request-id'],
      });
      state = after;
    }
    const created = await createKey(service, { permissions: [] }, { key });
    t.match(await eventsAfter(seq), [
      { kind: 'key.created', subject_id: created.secret.id, before: null, after: created.secret },
    ]);
  },
);

t.test('a change and its event are kept together or not at all, and leave no gap', async (t) => {
  const { api_key: key, secret } = await createKey(service, { name: 'Stays' });
  const start = await latestSeq();
  const keyCount = async () => (await pool.query('SELECT count(*) FROM api_keys')).rows[0].count;
  const before = await keyCount();
  await pool.query(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql
                    AS $$ BEGIN RAISE EXCEPTION 'no event can be written'; END $$`);
  await pool.query('CREATE TRIGGER refuse AFTER INSERT ON key_events FOR EACH ROW EXECUTE FUNCTION refuse()');
  for (const response of [
    await call({ method: 'POST', url, payload: { name: 'x' } }),
    await patch(secret.id, { status: 'inactive' }),
    await call({ method: 'DELETE', url: `${url}/${secret.id}` }),
  ]) {
    t.equal(response.statusCode, 500);
    t.strictSame(response.json(), errorOf('Internal server error', 'system_error'));
  }
  await pool.query('DROP TRIGGER refuse ON key_events');
  await pool.query('DROP FUNCTION refuse');
  t.equal(await keyCount(), before);
  t.strictSame((await call({ url: `${url}/${secret.id}` })).json(), secret);
  t.equal((await me({ 'x-api-key': key })).statusCode, 200);

  await patch(secret.id, { name: 'Changed' });
  t.match(await eventsAfter(start), [{ seq: start + 1, kind: 'key.updated' }]);
});

t.test('of 50 changes at once each that succeeds has its number, without gaps', async (t) => {
  const { headers } = await createEnvironment(service);
  const targets = await Promise.all(
    Array.from({ length: 20 }, async () => (await createKey(service, {}, { headers })).secret.id),
  );
  const start = await latestSeq();
  const changes = Array.from({ length: 50 }, (_, i): CallOptions => {
    const target = `${url}/${targets[i % 20]}`;
    if (i % 5 === 0) return { method: 'POST', url, payload: { name: `New ${i}` }, headers };
    if (i % 5 === 1) return { method: 'DELETE', url: target, headers };
    if (i % 5 === 2)
      return { method: 'PATCH', url: `${url}/${neverExisted}`, payload: { name: 'x' }, headers };
    return { method: 'PATCH', url: target, payload: { name: `Renamed ${i}` }, headers };
  });
  const answers = await Promise.all(changes.map((change) => call(change)));
  const events = await eventsAfter(start);
  t.strictSame(
    events.map(({ seq }) => seq),
    events.map((_, i) => start + 1 + i),
  );
  const succeeded = (method: string, statusCode: number) =>
    answers.filter((answer, i) => changes[i]?.method === method && answer.statusCode === statusCode).length;
  const written = (kind: string) => events.filter((event) => event.kind === kind).length;
  t.equal(succeeded('POST', 201), 10);
  t.equal(succeeded('DELETE', 204), 10);
  t.equal(succeeded('PATCH', 404), 10);
  t.equal(succeeded('PATCH', 200), 20);
  t.equal(written('key.created'), 10);
  t.equal(written('key.updated'), 20);
  // Five keys are deleted, each twice, and the second time changes nothing.
  t.equal(
    written('key.deleted'),
    new Set(changes.filter((c) => c.method === 'DELETE').map((c) => c.url)).size,
  );
  t.equal(events.length, await latestSeq().then((seq) => seq - start));
});

t.test('changes of one key at once happen one after the other, and none is lost', async (t) => {
  const { secret } = await createKey(service, { description: 'd' });
  const start = await latestSeq();
  const changes = [
    { name: 'Together' },
    { description: 'together' },
    { status: 'inactive' },
    { expires_at: '2999-01-01T00:00:00.000Z' },
    { permissions: ['customers:read'] },
    { rate_limit: { limit: 7, window_seconds: 7 } },
    { metadata: { at: 'once' } },
  ];
  const answers = await Promise.all(changes.map((change) => patch(secret.id, change)));
  t.ok(answers.every(({ statusCode }) => statusCode === 200));
  const after = (await call({ url: `${url}/${secret.id}` })).json();
  t.match(after, Object.assign({}, ...changes));

  const events = await eventsAfter(start);
  t.equal(events.length, changes.length);
  let state: object | null = secret;
  for (const event of events) {
    t.strictSame(event.before, state, 'each begins where the one before it ended');
    state = event.after;
  }
  t.strictSame(state, after);
});

t.test('a deletion among changes wins, and happens once', async (t) => {
  const { api_key: key, secret } = await createKey(service);
  const start = await latestSeq();
  const answers = await Promise.all(
    Array.from({ length: 24 }, (_, i) =>
      i % 3 === 2
        ? call({ method: 'DELETE', url: `${url}/${secret.id}` })
        : patch(secret.id, { status: i % 3 === 0 ? 'active' : 'inactive' }),
    ),
  );
  const statuses = answers.map(({ statusCode }) => statusCode);
  t.equal(statuses.filter((status) => status === 204).length, 8);
  t.ok(statuses.every((status) => [200, 204, 404].includes(status)));
  const events = await eventsAfter(start);
  t.equal(events.length, statuses.filter((status) => status === 200).length + 1);
  t.equal(events.filter(({ kind }) => kind === 'key.deleted').length, 1);
  t.equal(events.at(-1)?.kind, 'key.deleted');
  t.strictSame((await me({ 'x-api-key': key })).json(), invalidKey);
});
