/** Reads the trail's events, as each caller may see them, page by page. */
import { createHash } from 'node:crypto';
import t from 'tap';
import type { AuditEvent } from '../../schemas/audit.ts';
import {
  type CallOptions,
  configuredKeys,
  createEnvironment,
  createKey,
  errorOf,
  startService,
} from '../helper.ts';

const configured = configuredKeys({ operator: { tenant_id: 'tenant_ops', environment_id: 'production' } });
const service = await startService(t, { env: configured.env });
const { call, pool } = service;
const url = '/v1/audit/events';
const keysUrl = '/v1/secrets/api/keys';

interface Page {
  items: AuditEvent[];
  next_cursor: string | null;
}

async function read(options: Partial<CallOptions>): Promise<Page> {
  const response = await call({ url, ...options });
  if (response.statusCode !== 200) throw new Error(response.body);
  return response.json();
}

async function change(method: 'PATCH' | 'DELETE', path: string, payload?: object, options = {}) {
  const response = await call({ method, url: path, ...(payload && { payload }), ...options });
  if (response.statusCode >= 300) throw new Error(response.body);
  return response;
}

/** A tenant of its own, with a key that has every permission in its environment `production`. */
async function createTenant(key?: string) {
  const response = await call({
    method: 'POST',
    url: '/v1/tenants',
    payload: { name: 'Acme' },
    ...(key !== undefined && { key }),
  });
  const { tenant, environments, secret, api_key } = response.json();
  return { tenant, environments, secret, key: String(api_key), requestId: response.headers['x-request-id'] };
}

t.test('every change of a key is told: who, what, when, before and after', async (t) => {
  const { headers, id: environment_id } = await createEnvironment(service);
  const author = await createKey(service, { permissions: ['keys:*', 'audit:read'] }, { headers });
  const from = { key: author.api_key, remoteAddress: '192.0.2.7' };
  const { secret, api_key } = await createKey(service, {}, { key: author.api_key });
  const path = `${keysUrl}/${secret.id}`;
  const startMs = Date.now();
  const steps = [
    await change('PATCH', path, { name: 'Renamed' }, from),
    await change('PATCH', path, { status: 'inactive' }, from),
    await change('PATCH', path, { status: 'active' }, from),
    await change('DELETE', path, undefined, from),
  ];

  const { items, next_cursor } = await read({ url: `${path}/events`, key: author.api_key });
  t.equal(next_cursor, null);
  const [created, ...rest] = items.toReversed();
  t.match(created, { kind: 'key.created', before: null, after: secret });
  const kinds = ['key.updated', 'key.deactivated', 'key.activated', 'key.deleted'];
  let before: unknown = secret;
  for (const [i, event] of rest.entries()) {
    const { seq, created_at, ...told } = event;
    const after = kinds[i] === 'key.deleted' ? null : steps[i]?.json();
    t.strictSame(told, {
      kind: kinds[i],
      tenant_id: 'tenant_default',
      environment_id,
      subject_id: secret.id,
      before,
      after,
      actor: { key_id: author.secret.id, user_id: 'user_default', address: '192.0.2.7' },
      request_id: steps[i]?.headers['x-request-id'],
    });
    t.ok(seq > (items.toReversed()[i]?.seq ?? 0));
    t.ok(Math.abs(Date.parse(created_at) - startMs) < 60_000);
    before = after;
  }
  t.equal(rest.length, steps.length, 'the trail of a deleted key stays');

  const ofEnvironment = await call({ url, key: author.api_key, query: { subject_id: secret.id } });
  t.same(ofEnvironment.json().items, items, 'and is that of the environment');
  const hash = createHash('sha256').update(api_key).digest();
  for (const form of [api_key, hash.toString('hex'), hash.toString('base64')]) {
    t.notMatch(ofEnvironment.body, form, 'neither the key nor its hash is told');
  }
});

t.test('a tenant is told of its environment and of itself, and who the operator is of nobody', async (t) => {
  const { operator } = configured.keys;
  const { tenant, environments, secret, key, requestId } = await createTenant(operator);
  await change('PATCH', `/v1/tenants/${tenant.id}`, { name: 'Acme Ltd' }, { key: operator });
  const production = environments.find(({ name }: { name: string }) => name === 'production').id;
  await change(
    'PATCH',
    `/v1/environments/${production}`,
    { name: 'live' },
    { key, remoteAddress: '192.0.2.9' },
  );

  const { items } = await read({ key });
  t.strictSame(
    items.map(({ kind, environment_id, actor, subject_id }) => [
      kind,
      environment_id,
      actor.key_id,
      subject_id,
    ]),
    [
      ['environment.updated', production, secret.id, production],
      ['tenant.updated', null, null, tenant.id],
      ['key.created', production, null, secret.id],
      ['user.created', null, null, secret.user_id],
      ['environment.created', production, null, production],
      ['tenant.created', null, null, tenant.id],
    ],
    'and not of its environment development',
  );
  t.strictSame(items[0]?.actor, { key_id: secret.id, user_id: secret.user_id, address: '192.0.2.9' });
  t.strictSame(items[4]?.actor, { key_id: null, user_id: null, address: null });
  t.equal(items[4]?.request_id, requestId, 'the operator can be asked about the request');

  const keyId = (await call({ url: '/v1/auth/me', key: operator })).json().key_id;
  for (const query of [{ actor_key_id: keyId }, { actor_user_id: 'user_operator' }]) {
    t.same((await read({ key, query })).items, [], 'nor can it be guessed');
  }
});

t.test('what the operator does in its own tenant, its own keys are told', async (t) => {
  const { headers, id } = await createEnvironment(service);
  const { key_id } = (await call({ url: '/v1/auth/me' })).json();
  const reader = await createKey(service, { permissions: ['audit:read'] }, { headers });
  const { items } = await read({ key: reader.api_key, query: { actor_key_id: key_id, subject_id: id } });
  t.match(items, [{ kind: 'environment.created', actor: { key_id, user_id: 'user_default' } }]);
  const { items: own } = await read({ key: reader.api_key, query: { kind: 'tenant.created' } });
  t.match(
    own,
    [{ subject_id: 'tenant_default', actor: { key_id: null }, request_id: null }],
    'by the service',
  );
});

t.test('pages have everything once, whatever is added meanwhile', async (t) => {
  const { headers } = await createEnvironment(service);
  const { secret } = await createKey(service, {}, { headers });
  const path = `${keysUrl}/${secret.id}`;
  for (let i = 0; i < 9; i++) await change('PATCH', path, { name: `Name ${i}` }, { headers });
  for (const options of [
    { url: `${path}/events`, headers },
    { url, headers, query: { subject_id: secret.id } },
  ]) {
    const { items: whole } = await read({ ...options, query: { limit: '100', ...options.query } });
    t.ok(whole.length >= 10);
    const seen: AuditEvent[] = [];
    let cursor: string | null = null;
    do {
      const query: Record<string, string> = {
        limit: '3',
        ...options.query,
        ...(cursor !== null && { cursor }),
      };
      const page: Page = await read({ ...options, query });
      t.ok(page.items.length > 0 && page.items.length <= 3, 'no page is empty');
      seen.push(...page.items);
      cursor = page.next_cursor;
      await change('PATCH', path, { name: `Added ${seen.length}` }, { headers });
    } while (cursor !== null);
    t.strictSame(seen, whole);
  }
});

t.test('each filter lets through what it says', async (t) => {
  const { headers } = await createEnvironment(service);
  const [first, second] = [
    await createKey(service, {}, { headers }),
    await createKey(service, {}, { headers }),
  ];
  for (const { secret } of [first, second]) {
    await change('PATCH', `${keysUrl}/${secret.id}`, { status: 'inactive' }, { headers });
    await change('PATCH', `${keysUrl}/${secret.id}`, { status: 'active' }, { headers });
  }
  const third = await createKey(service, {}, { key: first.api_key });
  await change('DELETE', `${keysUrl}/${third.secret.id}`, undefined, { key: second.api_key });
  const { items: all } = await read({ headers, query: { limit: '100' } });
  const sixth = all.at(5)?.created_at ?? '';

  const filters: [Record<string, string>, (event: AuditEvent) => boolean][] = [
    [{ kind: 'key.deactivated' }, ({ kind }) => kind === 'key.deactivated'],
    [{ subject_id: second.secret.id }, ({ subject_id }) => subject_id === second.secret.id],
    [{ actor_key_id: first.secret.id }, ({ actor }) => actor.key_id === first.secret.id],
    [{ actor_user_id: 'user_default' }, ({ actor }) => actor.user_id === 'user_default'],
    [{ from: sixth }, ({ created_at }) => created_at >= sixth],
    [{ to: sixth }, ({ created_at }) => created_at < sixth],
    [
      { kind: 'key.created', subject_id: second.secret.id, to: '2999-01-01T00:00:00+01:00' },
      ({ kind, subject_id }) => kind === 'key.created' && subject_id === second.secret.id,
    ],
  ];
  for (const [query, holds] of filters) {
    const expected = all.filter(holds);
    t.ok(expected.length > 0 && expected.length < all.length, JSON.stringify(query));
    t.strictSame((await read({ headers, query: { limit: '100', ...query } })).items, expected);
  }
  for (const query of [
    { kind: 'key.rotated' },
    { subject_id: 'key_none' },
    { from: '0000-01-01T00:00:00Z', to: '0000-01-02T00:00:00Z' },
  ]) {
    t.same(await read({ headers, query: { ...query } }), { items: [], next_cursor: null });
  }
});

t.test("another's key has no trail, nor has one that never was", async (t) => {
  const { key: stranger } = await createTenant();
  const { headers } = await createEnvironment(service);
  const { secret } = await createKey(service, {}, { headers });
  const path = `${keysUrl}/${secret.id}/events`;
  t.equal((await call({ url: path, headers })).statusCode, 200);
  const notFound = errorOf('Key not found', 'not_found');
  for (const options of [{ key: stranger }, {}]) {
    const response = await call({ url: path, ...options });
    t.equal(response.statusCode, 404);
    t.same(response.json(), notFound);
  }
  t.equal((await call({ url: `${keysUrl}/${headers['x-environment-id']}/events`, headers })).statusCode, 404);
});

t.test('the trail needs audit:read, and that of a key keys:read', async (t) => {
  const permissions = { audit: ['audit:read'], keys: ['keys:read'], none: ['customers:read'] };
  for (const [name, held] of Object.entries(permissions)) {
    const { api_key: key, secret } = await createKey(service, { permissions: held });
    const statusOf = async (path: string) => (await call({ url: path, key })).statusCode;
    t.equal(await statusOf(url), name === 'audit' ? 200 : 403);
    t.equal(await statusOf(`${url}/stream`), name === 'audit' ? 200 : 403);
    t.equal(await statusOf(`${keysUrl}/${secret.id}/events`), name === 'keys' ? 200 : 403);
  }
  const inherits = await createKey(service, { permissions: ['audit:read', 'customers:read', 'keys:write'] });
  const publishable = await createKey(service, { type: 'publishable_key' }, { key: inherits.api_key });
  t.match(publishable.secret, { permissions: ['customers:read'] }, 'strangers are not told by default');
});

t.test('what is no query is refused', async (t) => {
  const queries = [
    { cursor: 'x' },
    { cursor: Buffer.from('seq:-1').toString('base64url') },
    { cursor: Buffer.from('seq:1 OR 1=1').toString('base64url') },
    { cursor: 'a'.repeat(41) },
    { limit: '0' },
    { limit: '101' },
    { kind: "key.created' OR true" },
    { subject_id: '%' },
    { actor_user_id: '\u0000' },
    { from: 'yesterday' },
    { offset: '1' },
  ];
  for (const query of queries) {
    const response = await call({ url, query: { ...query } });
    t.equal(response.statusCode, 400, JSON.stringify(query));
    t.match(response.json(), { error: { internal_error: 'validation_error' } });
  }
  const { rows } = await pool.query('SELECT count(*)::int AS n FROM key_events');
  t.ok(rows[0].n > 0);
});

t.test(
  'times follow the order of the changes, even when the clock of the database is set back',
  async (t) => {
    const { headers } = await createEnvironment(service);
    // As if the clock had been an hour ahead until now.
    await pool.query("UPDATE key_event_counter SET changed_at = now() + interval '1 hour'");
    t.teardown(() => pool.query('UPDATE key_event_counter SET changed_at = now()'));
    const { secret: first } = await createKey(service, {}, { headers });
    const { secret: second } = await createKey(service, {}, { headers });
    const { items } = await read({ headers, query: { kind: 'key.created' } });
    t.strictSame(
      items.map(({ subject_id }) => subject_id),
      [second.id, first.id],
    );
    const instant = items[1]?.created_at ?? '';
    t.ok(Date.parse(instant) > Date.now() + 3_500_000);
    const query = { kind: 'key.created', from: instant };
    t.strictSame((await read({ headers, query })).items, items);
  },
);
