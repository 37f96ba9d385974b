import { createHash, randomBytes } from 'node:crypto';
import t from 'tap';
import {
  type CallOptions,
  configuredKeys,
  createEnvironment,
  createKey,
  createPlaintext,
  errorOf,
  startService,
} from '../helper.ts';

const timestamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const inactive = errorOf('API key is inactive', 'permission_denied');
const denied = errorOf('Permission denied', 'permission_denied');
const inaccessible = errorOf('Invalid or inaccessible environment', 'permission_denied');
const noEnvironment = errorOf('Environment not found', 'not_found');
const noTenant = errorOf('Tenant not found', 'not_found');
const duplicateEnvironment = errorOf('An environment of this name already exists', 'already_exists');

const configured = configuredKeys({
  acme: { tenant_id: 'tenant_acme', user_id: 'user_acme', name: 'Acme, no environment' },
  inactive: { tenant_id: 'tenant_acme', is_active: false, environment_id: 'development' },
  production: { tenant_id: 'tenant_acme', environment_id: 'production' },
  lost: { tenant_id: 'tenant_acme', environment_id: 'gone' },
  globex: { tenant_id: 'tenant_globex', environment_id: 'development' },
});
const service = await startService(t, { env: configured.env });
const { call, pool } = service;
const { keys } = configured;

const patchEnvironment = (id: string, payload: object, options: Partial<CallOptions> = {}) =>
  call({ method: 'PATCH', url: `/v1/environments/${id}`, payload, ...options });
const patchTenant = (id: string, payload: object, options: Partial<CallOptions> = {}) =>
  call({ method: 'PATCH', url: `/v1/tenants/${id}`, payload, ...options });

interface Environment {
  id: string;
  name: string;
}

async function environmentsOf(key: string): Promise<Record<string, string>> {
  const { items } = (await call({ url: '/v1/environments?limit=100', key })).json();
  return Object.fromEntries(items.map(({ name, id }: Environment) => [name, id]));
}

async function createTenant(name = 'Some tenant') {
  const response = await call({ method: 'POST', url: '/v1/tenants', payload: { name } });
  if (response.statusCode !== 201) throw new Error(`Creating a tenant failed: ${response.body}`);
  return response.json();
}

const eventsOf = async (subject: string) =>
  (await pool.query('SELECT * FROM key_events WHERE subject_id = $1 ORDER BY seq', [subject])).rows;

t.test('an environment is created, read, listed, changed', async (t) => {
  const tenant = await createTenant();
  const key = tenant.api_key;
  const payload = { name: 'staging', rate_limit: { limit: 10, window_seconds: 60 } };
  const response = await call({ method: 'POST', url: '/v1/environments', payload, key });
  t.equal(response.statusCode, 201);
  t.equal(response.headers['cache-control'], 'no-store');
  const environment = response.json();
  t.match(environment.id, /^env_[0-9a-f]{32}$/);
  t.match(environment.created_at, timestamp);
  t.strictSame(environment, {
    id: environment.id,
    tenant_id: tenant.tenant.id,
    name: 'staging',
    status: 'active',
    rate_limit: payload.rate_limit,
    created_at: environment.created_at,
    updated_at: environment.created_at,
  });
  t.strictSame((await call({ url: `/v1/environments/${environment.id}`, key })).json(), environment);

  const list = async (query: string) => (await call({ url: `/v1/environments?${query}`, key })).json();
  const names = (page: { items: Environment[] }) => page.items.map(({ name }) => name);
  const all = await list('');
  t.strictSame(names(all), ['development', 'production', 'staging']);
  t.strictSame(all.pagination, { total: 3, limit: 50, offset: 0 });
  t.strictSame(all.items[2], environment);
  const page = await list('limit=1&offset=1');
  t.strictSame(names(page), ['production']);
  t.strictSame(page.pagination, { total: 3, limit: 1, offset: 1 });
  for (const query of ['limit=0', 'limit=1001', 'offset=-1', 'name=x']) {
    t.equal((await call({ url: `/v1/environments?${query}`, key })).statusCode, 400, query);
  }

  const own: string = tenant.secret.environment_id;
  let now = (await call({ url: `/v1/environments/${own}`, key })).json();
  for (const change of [
    { name: 'live' },
    { rate_limit: { limit: 100, window_seconds: 1 } },
    { rate_limit: null },
    { name: 'live', status: 'active' },
  ]) {
    const changed = await patchEnvironment(own, change, { key });
    t.equal(changed.statusCode, 200, JSON.stringify(change));
    const after = changed.json();
    t.strictSame(after, { ...now, ...change, updated_at: after.updated_at });
    t.strictSame((await call({ url: `/v1/environments/${own}`, key })).json(), after);
    now = after;
  }
  const kinds = (await eventsOf(own)).map(({ kind }) => kind);
  t.strictSame(kinds, ['environment.created', ...Array(4).fill('environment.updated')]);
});

t.test('the name of an environment is unique within its tenant', async (t) => {
  const key = (await createTenant()).api_key;
  const create = (name: string) => call({ method: 'POST', url: '/v1/environments', payload: { name }, key });
  const taken = await create('production');
  t.equal(taken.statusCode, 409);
  t.strictSame(taken.json(), duplicateEnvironment);
  const renamed = await patchEnvironment(
    (await environmentsOf(key))['production'] ?? '',
    { name: 'development' },
    { key },
  );
  t.equal(renamed.statusCode, 409);
  t.strictSame(renamed.json(), duplicateEnvironment);
  const answers = await Promise.all(Array.from({ length: 10 }, () => create('wanted')));
  t.strictSame(answers.map(({ statusCode }) => statusCode).sort(), [201, ...Array(9).fill(409)]);
  const { rows } = await pool.query('SELECT count(*)::int AS n, max(seq)::int AS latest FROM key_events');
  t.equal(rows[0].n, rows[0].latest + 1, 'from 0 on: what was refused left no gap');
});

t.test('a wrong environment is refused with the path of each mistake', async (t) => {
  const { id } = await createEnvironment(service);
  for (const [body, path] of [
    [{ name: '' }, '/name'],
    [{ name: 'x'.repeat(101) }, '/name'],
    [{ name: '\u0000' }, '/name'],
    [{ name: null }, '/name'],
    [{ name: 'x', tenant_id: 'tenant_globex' }, '/tenant_id'],
    [{ name: 'x', rate_limit: { limit: 1 } }, '/rate_limit/window_seconds'],
    [{ name: 'x', rate_limit: { limit: 0, window_seconds: 1 } }, '/rate_limit/limit'],
  ] as const) {
    for (const response of [
      await call({ method: 'POST', url: '/v1/environments', payload: body }),
      await patchEnvironment(id, body),
    ]) {
      t.equal(response.statusCode, 400, JSON.stringify(body).slice(0, 50));
      const { error } = response.json();
      t.match(error, { message: 'Invalid request', internal_error: 'validation_error' });
      t.ok(error.details.some((detail: { path: string }) => detail.path === path));
    }
  }
  t.equal((await patchEnvironment(id, {})).statusCode, 400);
  t.equal((await patchEnvironment(id, { status: 'deleted' })).statusCode, 400);
  t.equal((await call({ method: 'POST', url: '/v1/environments', payload: {} })).statusCode, 400);
});

t.test("another tenant's environment, and one that never was, are one and the same 404", async (t) => {
  const foreign = (await environmentsOf(keys.globex))['development'] ?? '';
  const before = await pool.query('SELECT * FROM environments ORDER BY id');
  for (const id of [foreign, `env_${'0'.repeat(32)}`, 'development']) {
    for (const key of [keys.acme, (await createTenant()).api_key]) {
      for (const response of [
        await call({ url: `/v1/environments/${id}`, key }),
        await patchEnvironment(id, { name: 'Taken over' }, { key }),
      ]) {
        t.equal(response.statusCode, 404);
        t.strictSame(response.json(), noEnvironment);
      }
    }
  }
  const after = await pool.query('SELECT * FROM environments WHERE id = ANY($1) ORDER BY id', [
    before.rows.map(({ id }) => id),
  ]);
  t.strictSame(after.rows, before.rows);
});

t.test('a stored key changes the environment that it works in, and no other', async (t) => {
  const { api_key: key, secret, environments } = await createTenant();
  const other = environments.find(({ id }: Environment) => id !== secret.environment_id);
  t.equal((await patchEnvironment(secret.environment_id, { name: 'mine' }, { key })).statusCode, 200);
  const refused = await patchEnvironment(other.id, { status: 'inactive' }, { key });
  t.equal(refused.statusCode, 403);
  t.strictSame(refused.json(), denied);
  t.strictSame((await call({ url: `/v1/environments/${other.id}`, key })).json(), other);
});

t.test('environments and tenants demand their permissions', async (t) => {
  const { api_key: owner, tenant, secret } = await createTenant();
  const readEnvironments = [
    { url: '/v1/environments' },
    { url: `/v1/environments/${secret.environment_id}` },
  ] as const;
  const writeEnvironments = [
    { method: 'POST', url: '/v1/environments', payload: { name: 'x' } },
    { method: 'PATCH', url: `/v1/environments/${secret.environment_id}`, payload: { name: 'y' } },
  ] as const;
  const readTenant = [{ url: `/v1/tenants/${tenant.id}` }] as const;
  const every = [...readEnvironments, ...writeEnvironments, ...readTenant];
  const permitted: [string, readonly CallOptions[]][] = [
    ['environments:read', readEnvironments],
    ['environments:write', writeEnvironments],
    ['environments:*', [...readEnvironments, ...writeEnvironments]],
    ['tenants:read', readTenant],
    ['customers:*', []],
  ];
  for (const [permission, allowed] of permitted) {
    const key = await createPlaintext(service, { permissions: [permission] }, { key: owner });
    for (const request of every) {
      const response = await call({ ...request, key });
      if (allowed.includes(request)) t.not(response.statusCode, 403, `${permission} ${request.url}`);
      else {
        t.equal(response.statusCode, 403, `${permission} ${request.url}`);
        t.strictSame(response.json(), denied);
      }
    }
  }
});

t.test('a tenant begins with two environments and a key that works in production', async (t) => {
  const response = await call({
    method: 'POST',
    url: '/v1/tenants',
    payload: { name: 'Initech' },
    remoteAddress: '192.0.2.9',
  });
  t.equal(response.statusCode, 201);
  t.equal(response.headers['cache-control'], 'no-store');
  const { tenant, environments, secret, api_key: key, ...rest } = response.json();
  t.strictSame(rest, {});
  t.match(tenant.id, /^tenant_[0-9a-f]{32}$/);
  t.match(tenant.created_at, timestamp);
  t.strictSame(tenant, {
    id: tenant.id,
    name: 'Initech',
    status: 'active',
    created_at: tenant.created_at,
    updated_at: tenant.created_at,
  });
  const [development, production] = environments;
  for (const [environment, name] of [
    [development, 'development'],
    [production, 'production'],
  ]) {
    t.strictSame(environment, {
      id: environment.id,
      tenant_id: tenant.id,
      name,
      status: 'active',
      rate_limit: null,
      created_at: environment.created_at,
      updated_at: environment.created_at,
    });
  }
  t.equal(environments.length, 2);
  t.match(key, /^[0-9a-f]{64}$/);
  t.match(secret, {
    tenant_id: tenant.id,
    environment_id: production.id,
    permissions: ['*'],
    type: 'private_key',
    expires_at: null,
    display_id: `${key.slice(0, 4)}…${key.slice(-4)}`,
  });
  t.match(secret.user_id, /^user_[0-9a-f]{32}$/, 'a user of its own, not the operator');

  const me = await call({ url: '/v1/auth/me', key });
  t.match(me.json(), { tenant_id: tenant.id, environment_id: production.id, key_id: secret.id });
  t.strictSame((await call({ url: `/v1/tenants/${tenant.id}`, key })).json(), tenant);
  t.strictSame((await call({ url: '/v1/secrets/api/keys', key })).json().items, [secret], 'shown this once');
  const customer = await call({ method: 'POST', url: '/v1/customers', payload: { external_id: 'a' }, key });
  t.equal(customer.json().environment_id, production.id);

  const { rows } = await pool.query('SELECT * FROM key_events WHERE tenant_id = $1 ORDER BY seq', [
    tenant.id,
  ]);
  t.strictSame(
    rows.map(({ kind, subject_id, environment_id }) => [kind, subject_id, environment_id]),
    [
      ['tenant.created', tenant.id, null],
      ['environment.created', development.id, development.id],
      ['environment.created', production.id, production.id],
      ['user.created', secret.user_id, null],
      ['key.created', secret.id, production.id],
    ],
  );
  t.match(rows, Array(5).fill({ actor_user_id: 'user_default', actor_address: '192.0.2.9' }));
  t.strictSame(rows.at(-1)?.after, secret);
});

t.test('a tenant is created as a whole or not at all', async (t) => {
  await pool.query(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql
                    AS $$ BEGIN RAISE EXCEPTION 'no key can be written'; END $$`);
  await pool.query('CREATE TRIGGER refuse BEFORE INSERT ON api_keys FOR EACH ROW EXECUTE FUNCTION refuse()');
  const count = async () =>
    (
      await pool.query(`SELECT (SELECT count(*) FROM tenants) AS tenants,
        (SELECT count(*) FROM environments) AS environments, (SELECT seq FROM key_event_counter) AS seq`)
    ).rows[0];
  const before = await count();
  const response = await call({ method: 'POST', url: '/v1/tenants', payload: { name: 'Half' } });
  await pool.query('DROP TRIGGER refuse ON api_keys');
  t.equal(response.statusCode, 500);
  t.strictSame(response.json(), errorOf('Internal server error', 'system_error'));
  t.strictSame(await count(), before);
});

t.test('only a configured key creates or changes tenants', async (t) => {
  const { api_key: key, tenant } = await createTenant();
  for (const request of [
    { method: 'POST', url: '/v1/tenants', payload: { name: 'x' } },
    { method: 'PATCH', url: `/v1/tenants/${tenant.id}`, payload: { name: 'x' } },
    { method: 'PATCH', url: '/v1/tenants/tenant_globex', payload: { name: 'x' } },
  ] as const) {
    const response = await call({ ...request, key });
    t.equal(response.statusCode, 403);
    t.strictSame(response.json(), denied);
    t.equal((await call({ ...request, key: null })).statusCode, 401);
  }
  const renamed = await patchTenant(tenant.id, { name: 'Renamed' });
  t.equal(renamed.statusCode, 200);
  t.strictSame(renamed.json(), { ...tenant, name: 'Renamed', updated_at: renamed.json().updated_at });
  const missing = await patchTenant('tenant_missing', { name: 'x' });
  t.equal(missing.statusCode, 404);
  t.strictSame(missing.json(), noTenant);
  for (const body of [{}, { name: '' }, { name: null }, { status: 'deleted' }, { name: 'x', id: 'y' }]) {
    t.equal((await patchTenant(tenant.id, body)).statusCode, 400, JSON.stringify(body));
  }
  for (const body of [{}, { name: '' }, { name: 'x'.repeat(256) }, { name: 'x', id: 'tenant_mine' }]) {
    t.equal((await call({ method: 'POST', url: '/v1/tenants', payload: body })).statusCode, 400);
  }
});

t.test('a key reads its own tenant, and no other, the operator neither', async (t) => {
  const { api_key: key, tenant } = await createTenant();
  t.equal((await call({ url: `/v1/tenants/${tenant.id}`, key })).statusCode, 200);
  for (const [id, asker] of [
    ['tenant_globex', key],
    ['tenant_missing', key],
    [tenant.id, keys.acme],
    ['tenant_missing', keys.acme],
  ] as const) {
    const response = await call({ url: `/v1/tenants/${id}`, key: asker });
    t.equal(response.statusCode, 404);
    t.strictSame(response.json(), noTenant);
  }
});

t.test('a deactivated tenant refuses its keys at once, and accepts them again', async (t) => {
  const { api_key: key, tenant } = await createTenant();
  const requests = [{ url: '/v1/auth/me' }, { url: '/v1/customers' }, { url: '/v1/environments' }];
  for (const status of ['inactive', 'active', 'inactive', 'active']) {
    t.match((await patchTenant(tenant.id, { status })).json(), { status });
    for (const request of requests) {
      const response = await call({ ...request, key });
      t.equal(response.statusCode, status === 'active' ? 200 : 403);
      if (status === 'inactive') t.strictSame(response.json(), inactive);
    }
  }
  t.strictSame(
    (await eventsOf(tenant.id)).map(({ kind }) => kind),
    ['tenant.created', ...Array(2).fill(['tenant.deactivated', 'tenant.activated']).flat()],
  );

  await patchTenant('tenant_globex', { status: 'inactive' });
  for (const request of requests) {
    const response = await call({ ...request, key: keys.globex });
    t.equal(response.statusCode, 403);
    t.strictSame(response.json(), inactive);
  }
  await patchTenant('tenant_globex', { status: 'active' });
  t.equal((await call({ url: '/v1/customers', key: keys.globex })).statusCode, 200);

  const own = await patchTenant('tenant_acme', { status: 'inactive' }, { key: keys.acme });
  t.equal(own.statusCode, 400, 'nobody locks himself out');
  t.equal(own.json().error.details[0].path, '/status');
});

t.test('a deactivated environment refuses its keys at once, and only its own', async (t) => {
  const environment = await createEnvironment(service);
  const { api_key: key } = await createKey(service, {}, { headers: environment.headers });
  const elsewhere = await createPlaintext(service);
  for (const status of ['inactive', 'active', 'inactive', 'active']) {
    t.match((await patchEnvironment(environment.id, { status })).json(), { status });
    for (const request of [{ key }, { headers: environment.headers }]) {
      const response = await call({ url: '/v1/customers', ...request });
      t.equal(response.statusCode, status === 'active' ? 200 : 403);
      if (status === 'inactive') t.strictSame(response.json(), inactive);
    }
    t.equal((await call({ url: '/v1/auth/me', key })).statusCode, status === 'active' ? 200 : 403);
    t.equal((await call({ url: '/v1/customers', key: elsewhere })).statusCode, 200);
  }
  t.strictSame(
    (await eventsOf(environment.id)).map(({ kind }) => kind),
    ['environment.created', ...Array(2).fill(['environment.deactivated', 'environment.activated']).flat()],
  );
});

t.test('an environment is deactivated without waiting for what is being made in it', async (t) => {
  const { id } = await createEnvironment(service);
  const connection = await pool.connect();
  await connection.query('BEGIN');
  // As a foreign key does for every row that is inserted.
  await connection.query('SELECT FROM environments WHERE id = $1 FOR KEY SHARE', [id]);
  t.equal((await patchEnvironment(id, { status: 'inactive' })).statusCode, 200);
  await connection.query('ROLLBACK');
  connection.release();
});

t.test('a configured key works in its environment, selected by id or by name', async (t) => {
  const environments = await environmentsOf(keys.acme);
  const me = async (key: string, selector?: string) =>
    call({ url: '/v1/auth/me', key, ...(selector && { headers: { 'x-environment-id': selector } }) });
  t.strictSame((await me(keys.production)).json(), {
    tenant_id: 'tenant_acme',
    environment_id: environments['production'],
    user_id: 'user_production',
    key_id: (await me(keys.production)).json().key_id,
    permissions: ['*'],
    rate_limit: null,
  });
  for (const key of [keys.production, keys.acme, keys.lost]) {
    for (const name of ['development', 'production']) {
      const id = environments[name] ?? '';
      t.equal((await me(key, name)).json().environment_id, id);
      t.equal((await me(key, id)).json().environment_id, id);
      const customer = await call({
        method: 'POST',
        url: '/v1/customers',
        payload: { external_id: randomBytes(8).toString('hex') },
        key,
        headers: { 'x-environment-id': name },
      });
      t.equal(customer.json().environment_id, id);
    }
  }
  t.equal((await me(keys.production, '')).json().environment_id, environments['production'], 'empty is none');

  const byId = configuredKeys({
    one: { tenant_id: 'tenant_acme', environment_id: environments['production'] ?? '' },
  });
  const second = await startService(t, { env: byId.env, databaseUrl: service.databaseUrl });
  const response = await second.call({ url: '/v1/auth/me', key: byId.keys.one });
  t.equal(response.json().environment_id, environments['production']);
});

t.test("an id goes before a name, so that nobody's name takes over another environment", async (t) => {
  const { acme: key } = keys;
  const target = (await environmentsOf(key))['development'] ?? '';
  await call({ method: 'POST', url: '/v1/environments', payload: { name: target }, key });
  const response = await call({ url: '/v1/auth/me', key, headers: { 'x-environment-id': target } });
  t.equal(response.json().environment_id, target);
});

t.test("an environment that is unknown or another tenant's is refused alike, on every route", async (t) => {
  const foreign = (await environmentsOf(keys.globex))['development'] ?? '';
  await createEnvironment(service, { name: 'only-in-default' });
  for (const key of [keys.acme, keys.production, keys.lost]) {
    for (const selector of [
      foreign,
      'only-in-default',
      'env_unknown',
      ' ',
      "' OR 1=1--",
      '%',
      'Development',
    ]) {
      for (const url of ['/v1/customers', '/v1/environments', '/v1/auth/me', '/v1/tenants/tenant_acme']) {
        const response = await call({ url, key, headers: { 'x-environment-id': selector } });
        t.equal(response.statusCode, 403, `${selector} ${url}`);
        t.strictSame(response.json(), inaccessible);
      }
    }
  }
});

t.test('without an environment a configured key reaches only what belongs to the tenant', async (t) => {
  for (const key of [keys.acme, keys.lost]) {
    for (const url of ['/v1/environments', '/v1/tenants/tenant_acme', '/v1/users', '/v1/auth/me']) {
      t.equal((await call({ url, key })).statusCode, 200, url);
    }
    t.equal((await call({ url: '/v1/auth/me', key })).json().environment_id, null);
    for (const request of [
      { url: '/v1/customers' },
      { url: '/v1/customers/cust_x' },
      { method: 'POST', url: '/v1/customers', payload: { external_id: 'x' } },
      { url: '/v1/secrets/api/keys' },
      { url: '/v1/secrets/api/keys/key_x' },
      { method: 'POST', url: '/v1/secrets/api/keys', payload: { name: 'x' } },
      { method: 'PATCH', url: '/v1/secrets/api/keys/key_x', payload: { name: 'x' } },
      { method: 'DELETE', url: '/v1/secrets/api/keys/key_x' },
    ] as const) {
      const response = await call({ ...request, key });
      t.equal(response.statusCode, 403, request.url);
      t.strictSame(response.json(), inaccessible);
    }
  }
});

t.test('a configured key that is inactive is refused everywhere', async (t) => {
  for (const url of ['/v1/customers', '/v1/environments', '/v1/auth/me', '/v1/tenants/tenant_acme']) {
    const response = await call({ url, key: keys.inactive });
    t.equal(response.statusCode, 403, url);
    t.strictSame(response.json(), inactive);
  }
});

t.test('a configured key whose environment is inactive can activate it again', async (t) => {
  const { id, name } = await createEnvironment(service);
  const headers = { 'x-environment-id': name };
  await patchEnvironment(id, { status: 'inactive' }, { headers });
  t.strictSame((await call({ url: '/v1/customers', headers })).json(), inactive);
  t.equal((await patchEnvironment(id, { status: 'active' }, { headers })).statusCode, 200);
  t.equal((await call({ url: '/v1/customers', headers })).statusCode, 200);
});

t.test('configured keys are never written to the database', async (t) => {
  for (const key of Object.values(keys)) await call({ url: '/v1/customers', key });
  const hashes = Object.values(keys).map((key) => createHash('sha256').update(key).digest());
  const { rowCount } = await pool.query('SELECT 1 FROM api_keys WHERE hash = ANY($1)', [hashes]);
  t.equal(rowCount, 0);
});

t.test('a stored key stays in its environment, whatever X-Environment-ID says', async (t) => {
  const { api_key: key, secret, environments } = await createTenant();
  const other = environments.find(({ id }: Environment) => id !== secret.environment_id);
  const foreign = (await environmentsOf(keys.globex))['development'] ?? '';
  for (const selector of [other.id, other.name, foreign, 'unknown', '', 'x'.repeat(1000)]) {
    const headers = { 'x-environment-id': selector };
    const me = await call({ url: '/v1/auth/me', key, headers });
    t.equal(me.json().environment_id, secret.environment_id, selector);
    const created = await createKey(service, {}, { key, headers });
    t.equal(created.secret.environment_id, secret.environment_id);
    t.equal(created.secret.tenant_id, secret.tenant_id);
    const { items } = (await call({ url: '/v1/secrets/api/keys', key, headers })).json();
    t.ok(items.every((item: { environment_id: string }) => item.environment_id === secret.environment_id));
  }
});

t.test("an environment's limit holds for its keys one by one, unless they have their own", async (t) => {
  const rate_limit = { limit: 2, window_seconds: 3600 };
  const environment = await createEnvironment(service, { rate_limit });
  const { headers, id } = environment;
  await patchEnvironment(id, { rate_limit: null });
  const first = await createPlaintext(service, {}, { headers });
  const second = await createPlaintext(service, {}, { headers });
  const wide = await createPlaintext(
    service,
    { rate_limit: { limit: 3, window_seconds: 3600 } },
    { headers },
  );
  await patchEnvironment(id, { rate_limit });

  const send = (key: string) => call({ url: '/v1/auth/me', key });
  for (const key of [first, second]) {
    for (const [statusCode, remaining] of [
      [200, '1'],
      [200, '0'],
      [429, '0'],
      [429, '0'],
    ] as const) {
      const response = await send(key);
      t.equal(response.statusCode, statusCode);
      t.equal(String(response.headers['x-ratelimit-limit']), '2');
      t.equal(String(response.headers['x-ratelimit-remaining']), remaining);
      if (statusCode === 200) {
        t.strictSame(response.json().rate_limit, rate_limit);
        continue;
      }
      t.strictSame(response.json(), errorOf('Rate limit exceeded', 'too_many_requests'));
      const retryAfter = Number(response.headers['retry-after']);
      t.ok(Number.isInteger(retryAfter) && retryAfter >= 1 && retryAfter <= 3600);
    }
  }
  const statuses: number[] = [];
  for (let i = 0; i < 4; i++) statuses.push((await send(wide)).statusCode);
  t.strictSame(statuses, [200, 200, 200, 429]);

  await patchEnvironment(id, { rate_limit: null });
  t.equal((await send(first)).statusCode, 200, 'no limit again');
});
