import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { LightMyRequestResponse } from 'fastify';
import t, { type Test } from 'tap';
import { type Operation, readDescription } from './fixtures/description.ts';
import { createSession } from './fixtures/sessions.ts';
import { addSecret, deliveryOf, providers } from './fixtures/webhook-providers.ts';
import {
  type CallOptions,
  createKey,
  cutDatabase,
  developmentKey,
  startService,
  untilLeaseEnds,
  usageWriterOf,
} from './helper.ts';

/** A request and the status that answers it, on a path with the id of something that exists. */
interface Example extends Pick<CallOptions, 'payload' | 'query' | 'key' | 'headers'> {
  status: number;
  id?: string;
  /** The whole path, where it has more in it than an id. */
  url?: string;
}

const service = await startService(t, {
  env: { TRUSTED_PROXIES: '192.0.2.1', IDENTITY_KEYS: `one:${Buffer.alloc(32, 1).toString('base64')}` },
});
const { app, call } = service;
const description = await readDescription(service);
const { document, operations, problems, violations } = description;

async function created(url: string, payload: object): Promise<string> {
  const response = await call({ method: 'POST', url, payload });
  const { id, tenant } = response.json();
  return id ?? tenant.id;
}

const key = (await createKey(service, { metadata: { team: 'billing' } })).secret.id;
const deletedKey = (await createKey(service)).secret.id;
const rotatedKey = (await createKey(service)).secret.id;
const customer = await created('/v1/customers', { external_id: 'acct_1', metadata: { plan: 'pro' } });
const otherCustomer = await created('/v1/customers', { external_id: 'acct_2' });
const environment = await created('/v1/environments', { name: 'staging' });
const user = await created('/v1/users', { name: 'Billing', type: 'service_account', roles: ['billing'] });
const session = await createSession(service);
const inSession = { key: null, headers: { 'x-session-token': session.token } };
const portal = `/v1/customers/portal/${encodeURIComponent(session.external_id)}`;
const otherPortal = `/v1/customers/portal/${encodeURIComponent((await createSession(service)).external_id)}`;
const otherTenant = await created('/v1/tenants', { name: 'Acme' });
const limited = await createKey(service, { rate_limit: { limit: 1, window_seconds: 60 } });
await call({ url: '/v1/auth/me', key: limited.api_key });
await usageWriterOf(app).flush();

const [provider, otherProvider] = providers;
if (provider === undefined || otherProvider === undefined) throw new Error('There are no webhook providers');
const inDevelopment = (await call({ url: '/v1/auth/me' })).json();
const place = { tenantId: inDevelopment.tenant_id, id: inDevelopment.environment_id };
await addSecret(service, provider, {});
const webhookSecret = await addSecret(service, otherProvider, {});
const delivered = await deliveryOf(provider, place);
await call(delivered);
const deliveryId = (await call({ url: '/v1/webhooks/deliveries' })).json().items[0].id;
const webhookHmac = {
  signature_header: 'X-Signature',
  algorithm: 'sha256',
  encoding: 'hex',
  prefix: 'sha256=',
};
const datedHmac = { ...webhookHmac, timestamp_header: 'X-Time', id_header: 'X-Id' };

const repeatable = { 'idempotency-key': '0b1d7a5e-6c0f-4f4e-9a58-3f1f8d1f4f0c' };
const rateLimit = { limit: 10, window_seconds: 60 };
const wholeKey = {
  name: 'Backend',
  description: 'Of the shop',
  type: 'publishable_key',
  expires_at: '2999-01-01T00:00:00Z',
  permissions: ['customers:read'],
  rate_limit: rateLimit,
  metadata: { team: 'shop' },
};
const wholeCustomer = { external_id: 'acct_3', name: 'Ada', email: 'ada@example.com', metadata: { a: 'b' } };

/** Every route, and requests that it answers with each status of its own. Those of all routes come below. */
const contract: Record<string, Example[]> = {
  'GET /.well-known/jwks.json': [{ status: 200 }],
  'GET /health': [{ status: 200 }],
  'GET /health/live': [{ status: 200 }],
  'GET /health/ready': [{ status: 200 }],
  'GET /v1/audit/events': [
    { status: 200 },
    {
      status: 200,
      query: {
        ...{ kind: 'key.created', actor_key_id: 'key_1', actor_user_id: 'user_1', subject_id: key },
        ...{ from: '2001-01-01T00:00:00Z', to: '2999-01-01T00:00:00Z', limit: '1' },
      },
    },
    { status: 400, query: { cursor: 'none' } },
    { status: 400, query: { from: '2016-12-31T23:59:60Z' } },
  ],
  'GET /v1/audit/events/stream': [
    { status: 200 },
    { status: 200, headers: { 'last-event-id': '0' } },
    { status: 400, headers: { 'last-event-id': '999999999' } },
    { status: 400, headers: { 'last-event-id': 'first' } },
  ],
  'GET /v1/auth/me': [{ status: 200 }, { status: 429, key: limited.api_key }],
  'POST /v1/auth/keys/verify': [
    { status: 200, payload: { api_key: limited.api_key } },
    { status: 200, payload: [{ api_key: limited.api_key, permission: 'orders:read', cost: 0 }] },
    { status: 200, payload: { api_key: 'not a key' } },
  ],
  'GET /v1/auth/verify': [
    { status: 200 },
    { status: 200, query: { permission: 'orders:read', unknown: '1' } },
    { status: 403, query: { deny: '403' }, key: limited.api_key },
  ],
  'GET /v1/customers': [{ status: 200 }, { status: 200, query: { external_id: 'acct_1', limit: '1' } }],
  'POST /v1/customers': [
    { status: 201, payload: wholeCustomer },
    { status: 201, payload: { external_id: 'acct_4' } },
    { status: 409, payload: { external_id: 'acct_4' } },
  ],
  'GET /v1/customers/{id}': [{ status: 200, id: customer }],
  'PATCH /v1/customers/{id}': [
    { status: 200, id: customer, payload: { name: 'Ada King', email: null } },
    { status: 409, id: customer, payload: { external_id: 'acct_2' } },
  ],
  'DELETE /v1/customers/{id}': [{ status: 204, id: otherCustomer }],
  'DELETE /v1/customers/portal/{external_id}/sessions': [{ status: 204, url: `${otherPortal}/sessions` }],
  'GET /v1/customers/portal/{external_id}': [{ status: 200, url: portal }],
  'DELETE /v1/customers/portal/{external_id}/sessions/{session_id}': [
    { status: 204, url: `${portal}/sessions/sess_${'0'.repeat(32)}` },
  ],
  'GET /v1/customer/portal/info': [{ status: 200, ...inSession }],
  'PUT /v1/customer/portal/info': [
    { status: 200, ...inSession, payload: { name: 'Ada', email: 'ada@example.com' } },
    { status: 200, ...inSession, payload: { name: null, email: null } },
  ],
  'GET /v1/environments': [{ status: 200 }],
  'POST /v1/environments': [
    { status: 201, payload: { name: 'preview', rate_limit: rateLimit } },
    { status: 409, payload: { name: 'preview' } },
  ],
  'GET /v1/environments/{id}': [{ status: 200, id: environment }],
  'PATCH /v1/environments/{id}': [
    { status: 200, id: environment, payload: { status: 'inactive', rate_limit: rateLimit } },
    { status: 409, id: environment, payload: { name: 'production' } },
  ],
  'GET /v1/secrets/api/keys': [{ status: 200 }, { status: 200, query: { search: 'Test', order: 'asc' } }],
  'POST /v1/secrets/api/keys': [
    { status: 201, payload: wholeKey },
    { status: 201, payload: { name: 'Of another', user_id: user } },
    { status: 400, payload: { name: 'Late', expires_at: '2001-01-01T00:00:00Z' } },
    { status: 201, payload: { name: 'Once' }, headers: repeatable },
    { status: 201, payload: { name: 'Once' }, headers: repeatable },
    { status: 422, payload: { name: 'Another' }, headers: repeatable },
  ],
  'GET /v1/secrets/api/keys/{id}': [{ status: 200, id: key }],
  'PATCH /v1/secrets/api/keys/{id}': [{ status: 200, id: key, payload: { ...wholeKey, type: undefined } }],
  'DELETE /v1/secrets/api/keys/{id}': [{ status: 204, id: deletedKey }],
  'GET /v1/secrets/webhooks': [{ status: 200 }],
  'POST /v1/secrets/webhooks': [
    { status: 201, payload: { provider: 'hmac', hmac: webhookHmac } },
    { status: 201, payload: { provider: 'hmac', hmac: datedHmac, secret: 'sixteen characters' } },
    { status: 409, payload: { provider: 'hmac', hmac: webhookHmac } },
    { status: 400, payload: { provider: 'stripe' } },
  ],
  'DELETE /v1/secrets/webhooks/{id}': [{ status: 204, id: webhookSecret }],
  'POST /v1/webhooks/{provider}/{tenant_id}/{environment_id}': [{ status: 200, ...delivered }],
  'GET /v1/webhooks/deliveries': [
    { status: 200 },
    { status: 200, query: { provider: 'standard', acknowledged: 'false', after: '0', limit: '1' } },
  ],
  'GET /v1/webhooks/deliveries/{id}': [{ status: 200, id: deliveryId }],
  'POST /v1/webhooks/deliveries/{id}/acknowledge': [{ status: 200, id: deliveryId }],
  'POST /v1/secrets/api/keys/import': [
    { status: 201, payload: [{ ...wholeKey, hash: 'a'.repeat(64) }] },
    { status: 200, payload: [{ name: 'Imported', hash: 'b'.repeat(64) }], query: { dry_run: 'true' } },
    { status: 409, payload: [{ name: 'Imported', hash: 'a'.repeat(64) }] },
  ],
  'POST /v1/secrets/api/keys/{id}/rotate': [
    { status: 201, id: rotatedKey, payload: { overlap_seconds: 60 } },
    { status: 409, id: rotatedKey, payload: {} },
  ],
  'GET /v1/secrets/api/keys/{id}/events': [
    { status: 200, id: key, query: { limit: '1' } },
    { status: 200, id: deletedKey },
    { status: 400, id: key, query: { cursor: 'none' } },
  ],
  'GET /v1/secrets/api/keys/{id}/usage': [
    { status: 200, id: limited.secret.id },
    {
      status: 200,
      id: key,
      query: { from: '2026-11-20T12:00:00Z', to: '2026-11-21T00:00:00Z', granularity: 'day' },
    },
    { status: 400, id: key, query: { from: '2026-11-20T12:00:00Z', to: '2026-11-20T12:00:00Z' } },
  ],
  'GET /v1/usage/summary': [
    { status: 200 },
    { status: 200, query: { used_hours: '168', unused_days: '1', expiring_days: '365', limit: '1' } },
  ],
  'POST /v1/tenants': [{ status: 201, payload: { name: 'Acme' } }],
  'GET /v1/tenants/{id}': [{ status: 200, id: 'tenant_default' }],
  'PATCH /v1/tenants/{id}': [{ status: 200, id: otherTenant, payload: { name: 'Acme Ltd' } }],
  'GET /v1/users': [{ status: 200 }, { status: 200, query: { type: 'user', status: 'active' } }],
  'POST /v1/users': [
    { status: 201, payload: { name: 'Ada', type: 'user', email: 'ada@example.com', roles: ['admin'] } },
  ],
  'GET /v1/users/me': [{ status: 200 }],
  'GET /v1/users/{id}': [{ status: 200, id: user }],
  'PATCH /v1/users/{id}': [
    { status: 200, id: user, payload: { name: 'Bill', email: null, roles: [], status: 'inactive' } },
  ],
};

/** The paths served beside the API. */
const pages = ['/openapi.json', '/docs', '/docs/json', '/docs/yaml'].concat(
  ['index.html', 'swagger-initializer.js', '*'].map((file) => `/docs/static/${file}`),
);

/** Proxies may ask by any method, and with any path behind it: one stands for all. */
const isAnotherVerify = (name: string): boolean =>
  / \/v1\/auth\/verify/.test(name) && name !== 'GET /v1/auth/verify';

const seen = new Map<string, Set<string>>();

function check(test: Test, operation: Operation, response: LightMyRequestResponse): void {
  const status = String(response.statusCode);
  test.strictSame(problems(operation, response), [], `${operation.name} answers ${status} as described`);
  const statuses = seen.get(operation.name) ?? new Set();
  seen.set(operation.name, statuses.add(operation.statuses.includes(status) ? status : `${status[0]}XX`));
}

function send(operation: Operation, { status: _, id = '', url, ...request }: Example): CallOptions {
  return { ...request, method: operation.method, url: url ?? operation.path.replace('{id}', id) };
}

/** The first example that is accepted, changed. */
function spoilt({ name }: Operation, change: Partial<Example> & { status: number }): Example {
  return { ...contract[name]?.[0], ...change };
}

const isKnown = ({ name }: Operation): boolean => name in contract;

t.test('every route that exists is described and known to this test, and the other way round', async (t) => {
  const described = operations.map(({ name }) => name);
  t.strictSame(described.toSorted(), Object.keys(contract).toSorted());
  const served = routesOf(app.printRoutes()).filter((name) => !isAnotherVerify(name));
  const expected = [...described, ...pages.map((page) => `GET ${page}`)];
  t.strictSame(served.toSorted(), expected.map((name) => name.replaceAll(/\{(\w+)\}/g, ':$1')).toSorted());
});

async function checkAnswers(t: Test): Promise<void> {
  for (const operation of operations.filter(isKnown)) {
    for (const example of contract[operation.name] ?? []) {
      const response = await call(send(operation, example));
      t.equal(response.statusCode, example.status, operation.name, { body: response.body });
      check(t, operation, response);
    }
  }
}

async function checkRefusals(t: Test): Promise<void> {
  for (const operation of operations.filter(isKnown)) {
    for (const example of refusalsOf(operation)) {
      const response = await call(send(operation, example));
      t.equal(response.statusCode, example.status, operation.name, { body: response.body });
      check(t, operation, response);
    }
  }
}

/** For any route. */
const tooLarge = JSON.stringify({ name: 'x'.repeat(16 * 1024 * 1024) });

function* refusalsOf(operation: Operation): Generator<Example> {
  if (operation.isPublic) return;
  yield* operation.needsSession ? withoutSession(operation) : withoutKey(operation);
  if (operation.path.includes('{id}')) {
    yield spoilt(operation, { status: 404, id: 'nowhere' });
    yield spoilt(operation, { status: 400, id: '%00' });
  }
  if (
    operation.parameters.some((parameter) => parameter.in === 'query') &&
    !operation.name.endsWith('/verify')
  ) {
    yield spoilt(operation, { status: 400, query: { unknown: '1' } });
  }
  if (operation.body === null) return;
  if (needsSomething(operation.body.schema)) yield spoilt(operation, { status: 400, payload: {} });
  yield spoilt(operation, { status: 400, payload: { unknown: 1 } });
  const headers = contract[operation.name]?.[0]?.headers;
  const plain = { ...headers, 'content-type': 'text/plain' };
  yield spoilt(operation, { status: 415, payload: 'text', headers: plain });
  const json = { ...headers, 'content-type': 'application/json' };
  yield spoilt(operation, { status: 413, payload: tooLarge, headers: json });
}

/** Returns whether a body must say anything at all. */
const needsSomething = (schema: object): boolean =>
  'required' in schema || 'minProperties' in schema || 'minItems' in schema;

function* withoutKey(operation: Operation): Generator<Example> {
  yield spoilt(operation, { status: 401, key: null });
  yield spoilt(operation, { status: 401, key: 'f'.repeat(64) });
  yield spoilt(operation, { status: 403, headers: { 'x-environment-id': 'nowhere' } });
}

function* withoutSession(operation: Operation): Generator<Example> {
  yield spoilt(operation, { status: 401, key: developmentKey, headers: {} });
  yield spoilt(operation, { status: 401, headers: { 'x-session-token': developmentKey } });
}

async function checkFailures(t: Test): Promise<void> {
  const failing = await startService(t);
  const restore = await cutDatabase(failing.databaseUrl);
  t.teardown(restore);
  await untilLeaseEnds(failing);
  for (const operation of operations.filter(isKnown)) {
    const isReadiness = operation.name === 'GET /health/ready';
    if (operation.isPublic && !isReadiness) continue;
    const response = await failing.call(send(operation, spoilt(operation, { status: 503 })));
    t.equal(response.statusCode, 503, operation.name);
    check(t, operation, response);
  }
}

async function checkStatuses(t: Test): Promise<void> {
  for (const { name, statuses, isPublic } of operations) {
    const possible = statuses.filter((status) => !(isPublic && status.endsWith('XX')));
    t.strictSame([...(seen.get(name) ?? [])].toSorted(), possible.toSorted(), name);
  }
}

t.test('every body has an example, and every example is what it is an example of', async (t) => {
  for (const { name, body } of operations) {
    if (body === null) continue;
    t.not(body.example, undefined, `${name} has an example`);
    t.strictSame(violations(body.schema, body.example), [], name);
  }
  const answers = Object.values(document.paths).flatMap((path) =>
    Object.values(path).flatMap(({ responses }) => Object.values(responses)),
  );
  for (const { content } of [...answers, ...Object.values(document.components.responses ?? {})]) {
    const media = content?.['application/json'];
    if (media?.example !== undefined) t.strictSame(violations(media.schema, media.example), []);
  }
});

t.test('what has a default need not be sent', async (t) => {
  const parameters = operations.flatMap((operation) => operation.parameters);
  const withDefault = parameters.filter(({ schema }) => schema.default !== undefined);
  t.ok(withDefault.length > 0);
  t.strictSame(
    withDefault.filter(({ required }) => required),
    [],
  );
});

t.test('the description has no key, and is OpenAPI 3.1', async (t) => {
  t.equal(document.openapi, '3.1.0');
  t.notMatch(JSON.stringify(document), developmentKey);
});

t.test('redocly finds nothing to complain about', async (t) => {
  const file = path.join(t.testdir(), 'openapi.json');
  await writeFile(file, JSON.stringify(document));
  const redocly = spawn(
    process.execPath,
    ['node_modules/@redocly/cli/bin/cli.js', 'lint', file, '--extends=recommended', '--format=json'],
    { env: { PATH: process.env['PATH'], REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' } },
  );
  let output = '';
  redocly.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  await once(redocly, 'close');
  const { totals, problems: found } = JSON.parse(output);
  t.strictSame({ totals, found }, { totals: { errors: 0, warnings: 0, ignored: 0 }, found: [] });
});

t.test('the pages refer to no other host, and may load nothing from one', async (t) => {
  const page = await call({ url: '/docs/', key: null });
  t.equal(page.statusCode, 200);
  const files = [...page.body.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, file]) => file ?? '');
  t.ok(files.length > 3);
  for (const file of files) {
    const url = new URL(file, 'http://docs.test/docs/');
    t.equal(url.host, 'docs.test', file);
    t.equal((await call({ url: url.pathname, key: null })).statusCode, 200, file);
  }
  const initializer = await call({ url: '/docs/static/swagger-initializer.js', key: null });
  t.notMatch(initializer.body.replaceAll(/^ *\/\/.*$/gm, ''), /https?:\/\//);
  t.match(initializer.body, 'validatorUrl: null');
  const policy = String(page.headers['content-security-policy']);
  t.match(policy, "default-src 'self'");
  t.notMatch(policy, /https?:|upgrade-insecure-requests|\w\.\w/);
});

/** The routes in Fastify's drawing of its tree, without the HEAD that every GET has. */
function routesOf(tree: string): string[] {
  const parts: string[] = [];
  return tree.split('\n').flatMap((line) => {
    const [, indent = '', part, methods] = /^(.*?)[├└]── (.*?)(?: \((.*)\))?$/.exec(line) ?? [];
    if (part === undefined) return [];
    parts.splice(indent.length / 4, parts.length, part);
    const names = methods?.split(', ').filter((method) => method !== 'HEAD') ?? [];
    return names.map((method) => `${method} ${parts.join('')}`);
  });
}

t.test('the service keeps its description', async (t) => {
  await t.test('answers are as described', checkAnswers);
  await t.test('refusals are as described', checkRefusals);
  await t.test('failures are as described', checkFailures);
  await t.test(
    'every status that is declared has been seen, where a request can bring it about',
    checkStatuses,
  );
});
