import t from 'tap';
import { type CallOptions, createEnvironment, createPlaintext, errorOf, startService } from '../helper.ts';

const url = '/v1/customers';
const timestamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const neverExisted = `cust_${'0'.repeat(32)}`;
const denied = errorOf('Permission denied', 'permission_denied');
const notFound = errorOf('Customer not found', 'not_found');
const duplicate = errorOf('A customer with this external_id already exists', 'already_exists');

const service = await startService(t);
const { call, pool } = service;

async function create(payload: object, options: Partial<CallOptions> = {}) {
  const response = await call({ method: 'POST', url, payload, ...options });
  if (response.statusCode !== 201) throw new Error(`Creating a customer failed: ${response.body}`);
  return response.json();
}

const patch = (id: string, payload: object, options: Partial<CallOptions> = {}) =>
  call({ method: 'PATCH', url: `${url}/${id}`, payload, ...options });

t.test('a customer is created, read, changed field by field, and deleted', async (t) => {
  const environment = await createEnvironment(service);
  const { headers } = environment;
  const response = await call({ method: 'POST', url, payload: { external_id: 'acct_1' }, headers });
  t.equal(response.statusCode, 201);
  t.equal(response.headers['cache-control'], 'no-store');
  const customer = response.json();
  t.match(customer.id, /^cust_[0-9a-f]{32}$/);
  t.match(customer.created_at, timestamp);
  t.strictSame(customer, {
    id: customer.id,
    external_id: 'acct_1',
    name: null,
    email: null,
    metadata: {},
    status: 'active',
    tenant_id: 'tenant_default',
    environment_id: environment.id,
    created_at: customer.created_at,
    updated_at: customer.created_at,
  });

  let now = customer;
  for (const change of [
    { external_id: 'acct_2' },
    { external_id: 'acct_2' },
    { name: 'Ada' },
    { name: null },
    { email: 'ada@example.com' },
    { email: null },
    { metadata: { plan: 'pro' } },
    { metadata: {} },
    { external_id: 'acct_3', name: 'Ada', email: 'ada@example.com', metadata: { a: '1' } },
  ]) {
    const changed = await patch(customer.id, change, { headers });
    t.equal(changed.statusCode, 200, JSON.stringify(change));
    const after = changed.json();
    t.strictSame(after, { ...now, ...change, updated_at: after.updated_at });
    t.ok(Date.parse(after.updated_at) > Date.parse(now.updated_at), 'updated_at moves');
    t.strictSame((await call({ url: `${url}/${customer.id}`, headers })).json(), after);
    now = after;
  }

  const deleted = await call({ method: 'DELETE', url: `${url}/${customer.id}`, headers });
  t.equal(deleted.statusCode, 204);
  t.equal(deleted.body, '');
  for (const gone of [
    await call({ method: 'DELETE', url: `${url}/${customer.id}`, headers }),
    await call({ url: `${url}/${customer.id}`, headers }),
    await patch(customer.id, { name: 'x' }, { headers }),
  ]) {
    t.equal(gone.statusCode, 404);
    t.strictSame(gone.json(), notFound);
  }
  t.equal((await create({ external_id: 'acct_3' }, { headers })).external_id, 'acct_3', 'it is free again');
});

t.test('customers are listed newest first, in pages, and found by their external_id', async (t) => {
  const { headers } = await createEnvironment(service);
  for (const external_id of ['a', 'b', 'A', 'ab', '%']) await create({ external_id }, { headers });

  const list = async (query: string) => {
    const response = await call({ url: `${url}?${query}`, headers });
    t.equal(response.statusCode, 200, query);
    const { items, pagination, ...rest } = response.json();
    t.strictSame(rest, {});
    return [items.map((customer: { external_id: string }) => customer.external_id), pagination];
  };
  t.strictSame(await list(''), [['%', 'ab', 'A', 'b', 'a'], { total: 5, limit: 50, offset: 0 }]);
  t.strictSame(await list('limit=2&offset=2'), [['A', 'b'], { total: 5, limit: 2, offset: 2 }]);
  t.strictSame(await list('offset=5'), [[], { total: 5, limit: 50, offset: 5 }]);
  t.strictSame(await list('external_id=a'), [['a'], { total: 1, limit: 50, offset: 0 }]);
  t.strictSame(await list('external_id=%25'), [['%'], { total: 1, limit: 50, offset: 0 }]);
  t.strictSame(await list('external_id=c'), [[], { total: 0, limit: 50, offset: 0 }]);

  for (const query of ['limit=0', 'limit=1001', 'offset=-1', 'external_id=', 'name=a', 'tenant_id=x']) {
    const response = await call({ url: `${url}?${query}`, headers });
    t.equal(response.statusCode, 400, query);
    t.equal(response.json().error.details[0].path, `querystring/${query.split('=')[0]}`);
  }
});

t.test('an external_id is unique within its environment, and free in another', async (t) => {
  const here = await createEnvironment(service);
  const there = await createEnvironment(service);
  const taken = { external_id: 'acct_42', name: 'Here' };
  const first = await create(taken, { headers: here.headers });

  const again = await call({ method: 'POST', url, payload: taken, headers: here.headers });
  t.equal(again.statusCode, 409);
  t.strictSame(again.json(), duplicate);

  const other = await create({ external_id: 'acct_43' }, { headers: here.headers });
  const renamed = await patch(other.id, { external_id: 'acct_42', name: 'x' }, { headers: here.headers });
  t.equal(renamed.statusCode, 409);
  t.strictSame(renamed.json(), duplicate);
  t.strictSame((await call({ url: `${url}/${other.id}`, headers: here.headers })).json(), other);

  const second = await create({ external_id: 'acct_42', name: 'There' }, { headers: there.headers });
  t.not(second.id, first.id);
  for (const [environment, customer] of [
    [here, first],
    [there, second],
  ] as const) {
    const { items } = (
      await call({ url: `${url}?external_id=acct_42`, headers: environment.headers })
    ).json();
    t.strictSame(items, [customer]);
  }
  const deleted = await call({ method: 'DELETE', url: `${url}/${first.id}`, headers: here.headers });
  t.equal(deleted.statusCode, 204);
  t.strictSame((await call({ url: `${url}/${second.id}`, headers: there.headers })).json(), second);
});

t.test('of those who create the same customer at once, one succeeds', async (t) => {
  const { headers } = await createEnvironment(service);
  const answers = await Promise.all(
    Array.from({ length: 20 }, () =>
      call({ method: 'POST', url, payload: { external_id: 'wanted' }, headers }),
    ),
  );
  const statuses = answers.map(({ statusCode }) => statusCode).sort();
  t.strictSame(statuses, [201, ...Array(19).fill(409)]);
  t.equal((await call({ url, headers })).json().pagination.total, 1);
});

t.test(
  "another environment's or tenant's customer, and one that never was, are one and the same 404",
  async (t) => {
    const { headers } = await createEnvironment(service);
    const tenant = (await call({ method: 'POST', url: '/v1/tenants', payload: { name: 'Another' } })).json();
    const elsewhere = await create({ external_id: 'elsewhere' }, { headers });
    const foreign = await create({ external_id: 'foreign' }, { key: tenant.api_key });
    const before = await pool.query('SELECT * FROM customers ORDER BY id');
    for (const id of [elsewhere.id, foreign.id, neverExisted]) {
      for (const response of [
        await call({ url: `${url}/${id}` }),
        await patch(id, { name: 'Taken over' }),
        await call({ method: 'DELETE', url: `${url}/${id}` }),
      ]) {
        t.equal(response.statusCode, 404);
        t.strictSame(response.json(), notFound);
      }
    }
    t.strictSame((await pool.query('SELECT * FROM customers ORDER BY id')).rows, before.rows);
  },
);

t.test('each route of customers demands its permission', async (t) => {
  const { id } = await create({ external_id: 'guarded' });
  const write = [
    { method: 'POST', url, payload: { external_id: 'new' } },
    { method: 'PATCH', url: `${url}/${id}`, payload: { name: 'x' } },
    { method: 'DELETE', url: `${url}/${id}` },
  ] as const;
  const read = [{ url }, { url: `${url}/${id}` }];
  const reader = await createPlaintext(service, { permissions: ['customers:read'] });
  const writer = await createPlaintext(service, {
    permissions: ['customers:write'],
    type: 'publishable_key',
  });
  const stranger = await createPlaintext(service, { permissions: ['keys:*', 'customer:*'] });
  for (const [key, refused] of [
    [reader, write],
    [writer, read],
    [stranger, [...write, ...read]],
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

  const none = await call({ url, key: null });
  t.equal(none.statusCode, 401);
  t.strictSame(none.json(), errorOf('API key required', 'permission_denied'));
});

t.test('a wrong body is refused with the path of each mistake, and nothing is changed', async (t) => {
  const customer = await create({ external_id: 'valid' });
  const before = await pool.query('SELECT * FROM customers ORDER BY id');
  const both: [object, string][] = [
    [{ external_id: '' }, '/external_id'],
    [{ external_id: 'x'.repeat(256) }, '/external_id'],
    [{ external_id: 'a\u0000b' }, '/external_id'],
    [{ external_id: 5 }, '/external_id'],
    [{ external_id: null }, '/external_id'],
    [{ name: '' }, '/name'],
    [{ name: 'x'.repeat(256) }, '/name'],
    [{ name: '\u0000' }, '/name'],
    [{ email: 'nobody' }, '/email'],
    [{ email: `a@${'x'.repeat(254)}.com` }, '/email'],
    [{ metadata: { a: 1 } }, '/metadata/a'],
    [{ metadata: [] }, '/metadata'],
    [{ metadata: null }, '/metadata'],
    [{ tenant_id: 'tenant_other' }, '/tenant_id'],
    [{ environment_id: 'env_other' }, '/environment_id'],
    [{ id: neverExisted }, '/id'],
  ];
  const check = async (method: 'POST' | 'PATCH', target: string, payload: object, path: string) => {
    const response = await call({ method, url: target, payload });
    t.equal(response.statusCode, 400, `${method} ${JSON.stringify(payload).slice(0, 60)}`);
    const { error } = response.json();
    t.match(error, { message: 'Invalid request', internal_error: 'validation_error' });
    t.ok(error.details.some((detail: { path: string }) => detail.path === path));
  };
  for (const [body, path] of both) {
    await check('POST', url, { external_id: 'new', ...body }, path);
    await check('PATCH', `${url}/${customer.id}`, body, path);
  }
  await check('POST', url, {}, '/external_id');
  await check('PATCH', `${url}/${customer.id}`, {}, '');
  t.strictSame((await pool.query('SELECT * FROM customers ORDER BY id')).rows, before.rows);
});

t.test('the widest values are taken, and come back as they were', async (t) => {
  const { headers } = await createEnvironment(service);
  const widest = {
    external_id: `'; DROP TABLE customers; -- ü🔑\n`.padEnd(255, 'x'),
    name: '<script>'.padEnd(255, '"'),
    email: 'ada+tag@sub.example.com',
    metadata: Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`${i}`, 'v'.repeat(500)])),
  };
  const customer = await create(widest, { headers });
  t.match(customer, widest);
  const query = { external_id: widest.external_id };
  t.strictSame((await call({ url, headers, query })).json().items, [customer]);
});
