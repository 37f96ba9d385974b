import { readFile } from 'node:fs/promises';
import t from 'tap';
import {
  type CallOptions,
  configuredKeys,
  createKey,
  createPlaintext,
  errorOf,
  startService,
} from '../helper.ts';

const timestamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const inactive = errorOf('API key is inactive', 'permission_denied');
const denied = errorOf('Permission denied', 'permission_denied');
const noUser = errorOf('User not found', 'not_found');

const configured = configuredKeys({
  acme: { tenant_id: 'tenant_acme', user_id: 'user_acme' },
  second: { tenant_id: 'tenant_acme', user_id: 'user_second', environment_id: 'production' },
  globex: { tenant_id: 'tenant_globex', user_id: 'user_acme', environment_id: 'development' },
});
const { keys } = configured;
const service = await startService(t, { env: configured.env });
const { call, pool } = service;

type Options = Partial<CallOptions>;

const patch = (id: string, payload: object, options: Options = {}) =>
  call({ method: 'PATCH', url: `/v1/users/${id}`, payload, ...options });

const post = (payload: object, options: Options = {}) =>
  call({ method: 'POST', url: '/v1/users', payload, ...options });

async function createUser(body: object = {}, options: Options = {}) {
  const response = await post({ name: 'Somebody', ...body }, options);
  if (response.statusCode !== 201) throw new Error(`Creating a user failed: ${response.body}`);
  return response.json();
}

async function createTenant() {
  return (await call({ method: 'POST', url: '/v1/tenants', payload: { name: 'Some tenant' } })).json();
}

const statusOf = async (key: string, url = '/v1/auth/me') => (await call({ url, key })).statusCode;

const eventsOf = async (subject: string) =>
  (await pool.query('SELECT * FROM key_events WHERE subject_id = $1 ORDER BY seq', [subject])).rows;

t.test('users and service accounts are created, read, listed, changed', async (t) => {
  const { api_key: key, tenant, secret } = await createTenant();
  const payload = { name: 'Billing', type: 'service_account', email: 'ops@example.com', roles: ['billing'] };
  const response = await post(payload, { key });
  t.equal(response.statusCode, 201);
  const account = response.json();
  t.match(account.id, /^user_[0-9a-f]{32}$/);
  t.match(account.created_at, timestamp);
  t.strictSame(account, {
    id: account.id,
    type: 'service_account',
    name: 'Billing',
    email: 'ops@example.com',
    roles: ['billing'],
    status: 'active',
    tenant_id: tenant.id,
    created_at: account.created_at,
    updated_at: account.created_at,
  });
  const person = await createUser({ name: 'Ada' }, { key });
  t.match(person, { type: 'user', email: null, roles: [] });
  t.strictSame((await call({ url: `/v1/users/${account.id}`, key })).json(), account);

  const first = (await call({ url: '/v1/users/me', key })).json();
  t.match(first, { id: secret.user_id, name: 'First user', type: 'user' }, 'the first key has a user, too');
  const list = async (query: string) => (await call({ url: `/v1/users?${query}`, key })).json();
  t.strictSame(await list(''), {
    items: [person, account, first],
    pagination: { total: 3, limit: 50, offset: 0 },
  });
  t.strictSame(await list('type=service_account'), {
    items: [account],
    pagination: { total: 1, limit: 50, offset: 0 },
  });
  t.strictSame((await list('limit=1&offset=1')).items, [account]);
  t.strictSame((await list('status=inactive')).pagination.total, 0);
  for (const query of ['limit=0', 'status=gone', 'type=robot', 'name=x']) {
    t.equal((await call({ url: `/v1/users?${query}`, key })).statusCode, 400, query);
  }

  let now = account;
  for (const change of [
    { name: 'Nightly billing' },
    { email: null },
    { roles: ['billing', 'reports'] },
    { status: 'inactive' },
    { status: 'active' },
  ]) {
    const changed = await patch(account.id, change, { key });
    t.equal(changed.statusCode, 200, JSON.stringify(change));
    const after = changed.json();
    t.strictSame(after, { ...now, ...change, updated_at: after.updated_at });
    t.strictSame((await call({ url: `/v1/users/${account.id}`, key })).json(), after);
    now = after;
  }
  const events = await eventsOf(account.id);
  t.strictSame(
    events.map(({ kind }) => kind),
    ['user.created', ...Array(3).fill('user.updated'), 'user.deactivated', 'user.activated'],
  );
  t.strictSame(events.at(-1)?.after, now);
  t.match(events, Array(6).fill({ tenant_id: tenant.id, environment_id: null, actor_key_id: secret.id }));
});

t.test('a wrong user is refused with the path of each mistake', async (t) => {
  const { id } = await createUser();
  for (const [body, path] of [
    [{ name: '' }, '/name'],
    [{ name: 'x'.repeat(256) }, '/name'],
    [{ name: 'f'.repeat(64) }, '/name'],
    [{ name: 'x', email: 'nobody' }, '/email'],
    [{ name: 'x', roles: ['a', 'a'] }, '/roles'],
    [{ name: 'x', roles: [''] }, '/roles/0'],
    [{ name: 'x', roles: null }, '/roles'],
    [{ name: 'x', tenant_id: 'tenant_globex' }, '/tenant_id'],
    [{ name: 'x', id: 'user_mine' }, '/id'],
  ] as const) {
    for (const response of [await post(body), await patch(id, body)]) {
      t.equal(response.statusCode, 400, JSON.stringify(body).slice(0, 50));
      const { details } = response.json().error;
      t.ok(details.some((detail: { path: string }) => detail.path === path));
    }
  }
  for (const body of [{}, { status: 'deleted' }, { type: 'user' }]) {
    t.equal((await patch(id, body)).statusCode, 400, JSON.stringify(body));
  }
});

t.test("another tenant's user, and one that never was, are one and the same", async (t) => {
  const { secret, api_key: stranger } = await createTenant();
  for (const id of [secret.user_id, `user_${'0'.repeat(32)}`]) {
    for (const response of [
      await call({ url: `/v1/users/${id}` }),
      await patch(id, { status: 'inactive' }),
    ]) {
      t.equal(response.statusCode, 404);
      t.strictSame(response.json(), noUser);
    }
    const payload = { name: 'x', user_id: id };
    const response = await call({ method: 'POST', url: '/v1/secrets/api/keys', payload });
    t.equal(response.statusCode, 400);
    t.strictSame(response.json().error.details, [
      { path: '/user_id', message: 'is not a user of the tenant' },
    ]);
  }
  t.equal(await statusOf(stranger), 200);
});

t.test('a deactivated user has no key that is accepted, and only that user', async (t) => {
  const { id } = await createUser({ roles: ['admin'] });
  const ofUser = await Promise.all(
    Array.from({ length: 20 }, () => createKey(service, { user_id: id, permissions: ['customers:read'] })),
  );
  const [first] = ofUser;
  t.match(first?.secret, { user_id: id, user_type: 'user', roles: ['admin'] });
  const bystander = await createPlaintext(service);
  for (const status of ['inactive', 'active', 'inactive', 'active']) {
    t.match((await patch(id, { status })).json(), { status });
    for (const { api_key: key } of ofUser) {
      const response = await call({ url: '/v1/customers', key });
      t.equal(response.statusCode, status === 'active' ? 200 : 403);
      if (status === 'inactive') t.strictSame(response.json(), inactive);
    }
    t.equal(await statusOf(bystander), 200);
  }
  t.equal((await eventsOf(id)).length, 5, 'one event each, whatever keys there are');

  await patch(id, { roles: ['reader'] });
  const shown = (await call({ url: `/v1/secrets/api/keys/${first?.secret.id}` })).json();
  t.strictSame(shown.roles, ['reader'], 'a key has the roles of its user as they are now');
});

t.test('a key of a service account acts as the account', async (t) => {
  const { id } = await createUser({ type: 'service_account', name: 'Robot', roles: ['robot'] });
  const { api_key: key, secret } = await createKey(service, { user_id: id });
  t.match(secret, { user_id: id, user_type: 'service_account', roles: ['robot'] });
  t.match((await call({ url: '/v1/auth/me', key })).json(), { user_id: id });
  t.match((await call({ url: '/v1/users/me', key })).json(), { id, name: 'Robot' });
  const { secret: child } = await createKey(service, { name: 'Child' }, { key });
  t.match(child, { user_id: id, user_type: 'service_account', roles: ['robot'] }, 'and passes itself on');
});

t.test('issuing a key for somebody else needs the permission for it', async (t) => {
  const account = (await createUser({ type: 'service_account' })).id;
  const person = (await createUser()).id;
  const issue = async (key: string, user_id: string) => {
    const payload = { name: 'Issued', user_id, permissions: ['keys:write'] };
    return call({ method: 'POST', url: '/v1/secrets/api/keys', payload, key });
  };
  const cases: [string[], number, number][] = [
    [['keys:write'], 403, 403],
    [['keys:write', 'users:write', 'users:read'], 403, 403],
    [['keys:write', 'service_accounts:keys'], 201, 403],
    [['keys:write', 'users:keys'], 403, 201],
    [['keys:write', 'service_accounts:*', 'users:*'], 201, 201],
    [['service_accounts:keys', 'users:keys'], 403, 403],
  ];
  for (const [permissions, forAccount, forPerson] of cases) {
    const key = await createPlaintext(service, { permissions });
    for (const [id, expected] of [
      [account, forAccount],
      [person, forPerson],
    ] as const) {
      const response = await issue(key, id);
      t.equal(response.statusCode, expected, `${permissions} for ${id === account ? 'account' : 'person'}`);
      if (expected === 403) t.strictSame(response.json(), denied);
    }
    const { user_id } = (await call({ url: '/v1/auth/me', key })).json();
    const own = permissions.includes('keys:write') ? 201 : 403;
    t.equal((await issue(key, user_id)).statusCode, own, 'their own takes no more');
    for (const [owner, expected] of [
      [account, forAccount],
      [person, forPerson],
      [user_id, own],
    ] as const) {
      const { secret } = await createKey(service, { user_id: owner, permissions: [] });
      const rotated = await call({ method: 'POST', url: `/v1/secrets/api/keys/${secret.id}/rotate`, key });
      t.equal(rotated.statusCode, expected, `${permissions} for a new secret of a key of ${owner}`);
    }
  }
  const blind = await createPlaintext(service, { permissions: ['keys:write'] });
  t.strictSame((await issue(blind, 'user_nobody')).json(), denied, 'nor tells it who exists');

  const issuer = await createPlaintext(service, { permissions: ['keys:write', 'service_accounts:keys'] });
  const payload = { name: 'Too much', user_id: account, permissions: ['customers:read'] };
  const greedy = await call({ method: 'POST', url: '/v1/secrets/api/keys', payload, key: issuer });
  t.strictSame(greedy.json(), denied, 'and never grants what its creator lacks');

  await patch(account, { status: 'inactive' });
  const late = await issue(issuer, account);
  t.equal(late.statusCode, 400);
  t.strictSame(late.json().error.details, [{ path: '/user_id', message: 'is an inactive user' }]);
});

t.test('users demand their permissions', async (t) => {
  const { id } = await createUser();
  const read = [{ url: '/v1/users' }, { url: `/v1/users/${id}` }] as const;
  const write = [
    { method: 'POST', url: '/v1/users', payload: { name: 'x' } },
    { method: 'PATCH', url: `/v1/users/${id}`, payload: { name: 'y' } },
  ] as const;
  const permitted: [string, readonly CallOptions[]][] = [
    ['users:read', read],
    ['users:write', write],
    ['users:*', [...read, ...write]],
    ['users:keys', []],
    ['customers:*', []],
  ];
  for (const [permission, allowed] of permitted) {
    const key = await createPlaintext(service, { permissions: [permission] });
    for (const request of [...read, ...write]) {
      const response = await call({ ...request, key });
      t.equal(response.statusCode === 403, !allowed.includes(request), `${permission} ${request.url}`);
    }
    t.equal(await statusOf(key, '/v1/users/me'), 200, 'of oneself any key may know');
  }
});

t.test('whoever holds less than the keys of a user may deactivate it, but not activate it', async (t) => {
  const { id } = await createUser();
  const { secret } = await createKey(service, { user_id: id, permissions: ['*'] });
  const weak = await createPlaintext(service, { permissions: ['users:write', 'customers:read'] });
  t.equal((await patch(id, { status: 'inactive' }, { key: weak })).statusCode, 200);
  const refused = await patch(id, { status: 'active', name: 'Back' }, { key: weak });
  t.equal(refused.statusCode, 403);
  t.strictSame(refused.json(), denied);
  t.match((await call({ url: `/v1/users/${id}` })).json(), { status: 'inactive', name: 'Somebody' });
  const { secret: other } = await createKey(service, { permissions: ['*'] });
  await pool.query('UPDATE api_keys SET user_id = $1 WHERE id = $2', [id, other.id]);
  const keyUrl = '/v1/secrets/api/keys';
  await call({
    method: 'PATCH',
    url: `${keyUrl}/${secret.id}`,
    payload: { permissions: ['customers:read'] },
  });
  await call({ method: 'PATCH', url: `${keyUrl}/${other.id}`, payload: { status: 'inactive' } });
  const again = () => patch(id, { status: 'active' }, { key: weak });
  t.equal((await again()).statusCode, 403, 'an inactive key may be activated yet');
  await call({ method: 'DELETE', url: `${keyUrl}/${other.id}` });
  t.equal((await again()).statusCode, 200, 'a deleted one no more');
});

t.test('changes of one user at once happen one after the other, and each is told as it was', async (t) => {
  const { id } = await createUser();
  const changes = Array.from({ length: 20 }, (_, i) =>
    i % 2 === 0 ? { name: `${i}` } : { roles: [`${i}`] },
  );
  const answers = await Promise.all(changes.map((change) => patch(id, change)));
  t.strictSame(new Set(answers.map(({ statusCode }) => statusCode)), new Set([200]));
  const events = await eventsOf(id);
  for (const [i, { before }] of events.entries()) t.strictSame(before, events[i - 1]?.after ?? null);
  t.strictSame(events.at(-1)?.after, (await call({ url: `/v1/users/${id}` })).json());
});

t.test('nobody locks themselves or the operator out', async (t) => {
  const { id } = await createUser();
  const key = await createPlaintext(service, { user_id: id, permissions: ['*'] });
  const own = await patch(id, { status: 'inactive' }, { key });
  t.equal(own.statusCode, 400);
  t.strictSame(own.json().error.details, [
    { path: '/status', message: 'deactivating the user of your own key would lock you out' },
  ]);
  t.equal((await patch(id, { status: 'active', name: 'Me' }, { key })).statusCode, 200);

  const asSecond = { key: keys.second };
  const operated = await createUser({}, asSecond);
  const stored = await createPlaintext(service, { user_id: operated.id, permissions: ['*'] }, asSecond);
  for (const change of [{ status: 'inactive' }, { name: 'x' }, { roles: [] }]) {
    const response = await patch('user_acme', change, { key: stored });
    t.equal(response.statusCode, 403);
    t.strictSame(response.json(), denied);
  }
});

t.test('the user of a configured key is there from the start, and refuses it when inactive', async (t) => {
  const me = async (key: string) => (await call({ url: '/v1/users/me', key })).json();
  t.match(await me(keys.acme), { id: 'user_acme', tenant_id: 'tenant_acme', name: 'user_acme' });
  t.match(await me(keys.globex), { id: 'user_acme', tenant_id: 'tenant_globex' });
  t.match((await patch('user_acme', { roles: ['owner'] }, { key: keys.second })).json(), {
    roles: ['owner'],
  });

  await patch('user_acme', { status: 'inactive' }, { key: keys.second });
  for (const url of ['/v1/auth/me', '/v1/users', '/v1/environments']) {
    const response = await call({ url, key: keys.acme });
    t.equal(response.statusCode, 403, url);
    t.strictSame(response.json(), inactive);
  }
  t.equal(await statusOf(keys.second), 200);
  t.equal(await statusOf(keys.globex), 200, 'a user of the same id in another tenant is another');
  const again = await startService(t, { env: configured.env, databaseUrl: service.databaseUrl });
  const response = await again.call({ url: '/v1/auth/me', key: keys.acme });
  t.equal(response.statusCode, 403, 'and a start changes nothing');
  await patch('user_acme', { status: 'active' }, { key: keys.second });
  t.equal(await statusOf(keys.acme), 200);
});

t.test('a user id without a user is active, and is found nowhere', async (t) => {
  const { api_key: key, secret } = await createKey(service);
  await pool.query("UPDATE api_keys SET user_id = 'user_lost' WHERE id = $1", [secret.id]);
  const second = await startService(t, { databaseUrl: service.databaseUrl });
  t.match((await second.call({ url: '/v1/auth/me', key })).json(), { user_id: 'user_lost' });
  t.strictSame((await second.call({ url: '/v1/users/me', key })).json(), noUser);
  t.strictSame((await second.call({ url: `/v1/secrets/api/keys/${secret.id}` })).json().roles, []);
});

t.test('those who had keys before there were users become users', async (t) => {
  const old = await startService(t);
  const { secret } = await createKey(old);
  await old.app.close();
  await old.pool.query(
    'DROP TABLE users; DROP INDEX api_keys_of_user; ALTER TABLE api_keys ADD COLUMN roles text[]',
  );
  await old.pool.query("UPDATE api_keys SET user_id = 'user_old', user_type = 'service_account'");
  await old.pool.query(await readFile(new URL('../../migrations/005-users.sql', import.meta.url), 'utf8'));
  const { rows } = await old.pool.query('SELECT tenant_id, id, type, status, roles FROM users');
  t.strictSame(rows, [
    {
      tenant_id: secret.tenant_id,
      id: 'user_old',
      type: 'service_account',
      status: 'active',
      roles: [],
    },
  ]);
});
