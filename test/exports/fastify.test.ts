import { EventEmitter, once } from 'node:events';
import type { RequestListener } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import postgres from '@fastify/postgres';
import Fastify, { type FastifyInstance, type LightMyRequestResponse } from 'fastify';
import { Pool } from 'pg';
import t, { type Test } from 'tap';
import latchkey, { type LatchkeyOptions } from '../../exports/fastify.ts';
import { migrate } from '../../lib/database/migrations.ts';
import { listen } from '../fixtures/raw-http.ts';
import { createRedis, redisIsMissing } from '../fixtures/redis.ts';
import { type StandIn, startStandIn } from '../fixtures/stand-in-service.ts';
import {
  collectLog,
  createEmptyDatabase,
  createKey,
  createPlaintext,
  cutDatabase,
  errorOf,
  startService,
  type TestService,
  until,
} from '../helper.ts';

type Addition = (app: FastifyInstance) => unknown;

/** An app whose routes ask for keys, with what a test adds to it before that. */
async function createApp(
  t: Test,
  options: LatchkeyOptions,
  add: Addition = () => {},
  { logStream } = collectLog(),
): Promise<FastifyInstance> {
  const app = Fastify({ logger: { level: 'trace', stream: logStream } });
  t.teardown(() => app.close());
  await add(app);
  await app.register(latchkey, options);
  app.get('/whoami', ({ tenantId, environmentId, auth }) => ({ tenantId, environmentId, auth }));
  app.get('/customers', { config: { latchkey: { permission: 'customers:read' } } }, () => 'customers');
  app.post('/customers', { config: { latchkey: { permission: 'customers:write' } } }, ({ body }) => body);
  app.get('/open', { config: { latchkey: 'public' } }, ({ auth }) => ({ auth }));
  return app;
}

/** The same, ready to decide. */
async function startApp(...args: Parameters<typeof createApp>): Promise<FastifyInstance> {
  const app = await createApp(...args);
  await app.ready();
  if (!(await app.latchkey.ready())) throw new Error('The app is not ready to decide');
  return app;
}

const call = (app: FastifyInstance, key: string, url = '/whoami'): Promise<LightMyRequestResponse> =>
  app.inject({ url, headers: { 'x-api-key': key } });

const statusOf = async (app: FastifyInstance, key: string, url = '/whoami'): Promise<number> =>
  (await call(app, key, url)).statusCode;

const change = (service: TestService, id: string, payload: object) =>
  service.call({ method: 'PATCH', url: `/v1/secrets/api/keys/${id}`, payload });

const remove = (service: TestService, id: string) =>
  service.call({ method: 'DELETE', url: `/v1/secrets/api/keys/${id}` });

/** Changes one key after the other, each in every way, and asks the app after each change what it makes of the key. */
async function changeKeys(t: Test, service: TestService, app: FastifyInstance, count: number): Promise<void> {
  const statuses: number[][] = [];
  for (let i = 0; i < count; i += 1) {
    const { api_key, secret } = await createKey(service);
    const created = await statusOf(app, api_key);
    await change(service, secret.id, { status: 'inactive' });
    const deactivated = await statusOf(app, api_key);
    await change(service, secret.id, { status: 'active' });
    const activated = await statusOf(app, api_key);
    await remove(service, secret.id);
    statuses.push([created, deactivated, activated, await statusOf(app, api_key)]);
  }
  t.same(statuses, Array(count).fill([200, 403, 200, 401]));
}

/** The headers that `GET /customers` refuses, by their mistake. */
async function refusedHeaders(service: TestService): Promise<Record<string, Record<string, string>>> {
  const permissions = ['customers:read'];
  const deleted = await createKey(service);
  await remove(service, deleted.secret.id);
  const inactive = await createKey(service, { permissions });
  await change(service, inactive.secret.id, { status: 'inactive' });
  const expired = await createKey(service, { permissions });
  await service.call({ method: 'POST', url: `/v1/secrets/api/keys/${expired.secret.id}/rotate` });
  const good = await createPlaintext(service, { permissions });
  return {
    none: {},
    empty: { 'x-api-key': '' },
    unknown: { 'x-api-key': 'f'.repeat(64) },
    malformed: { 'x-api-key': 'key' },
    two: { 'x-api-key': good, authorization: `Bearer ${'f'.repeat(64)}` },
    deleted: { 'x-api-key': deleted.api_key },
    inactive: { 'x-api-key': inactive.api_key },
    expired: { 'x-api-key': expired.api_key },
    'without the permission': {
      'x-api-key': await createPlaintext(service, { permissions: ['orders:read'] }),
    },
  };
}

/** The part of an answer that must be the same everywhere. */
function partsOf({ statusCode, headers, body }: LightMyRequestResponse) {
  const { 'x-request-id': _id, date: _date, connection: _connection, ...rest } = headers;
  return { statusCode, body, headers: rest };
}

t.test('an app decides on keys as a replica of its own', async (t) => {
  const service = await startService(t);
  const { databaseUrl } = service;
  const log = collectLog();
  const app = await startApp(t, { databaseUrl }, undefined, log);

  await t.test('a replica knows the identity of a request', async (t) => {
    const { api_key, secret } = await createKey(service, { permissions: ['orders:read'] });
    const response = await app.inject({ url: '/whoami', headers: { authorization: `Bearer ${api_key}` } });
    t.equal(response.statusCode, 200);
    t.match(response.json(), {
      tenantId: secret.tenant_id,
      environmentId: secret.environment_id,
      auth: { keyId: secret.id, permissions: ['orders:read'], rateLimit: null },
    });
    t.equal(response.headers['cache-control'], 'no-store', 'which no proxy may keep for another');
  });

  await t.test('a replica refuses as the service does', async (t) => {
    for (const [name, headers] of Object.entries(await refusedHeaders(service))) {
      const expected = await service.call({ url: '/v1/customers', key: null, headers });
      const refused = await app.inject({ url: '/customers', headers });
      t.ok(refused.statusCode === 401 || refused.statusCode === 403, name);
      t.same(partsOf(refused), partsOf(expected), name);
      t.match(refused.headers['x-request-id'], /^req-/, 'with the id that the app has given the request');
    }
    const twice = await app.inject({ url: '/whoami', headers: { 'x-api-key': ['a', 'b'] } });
    t.equal(twice.statusCode, 401, 'a key that is there twice');
  });

  await t.test('a replica counts limits in its own process', async (t) => {
    const key = await createPlaintext(service, { rate_limit: { limit: 2, window_seconds: 60 } });
    const responses = [await call(app, key), await call(app, key), await call(app, key)];
    t.same(
      responses.map(({ statusCode, headers }) => [statusCode, headers['x-ratelimit-remaining']]),
      [
        [200, '1'],
        [200, '0'],
        [429, '0'],
      ].map(([status, left]) => [status, left]),
    );
    const [, , refused] = responses;
    t.same(refused?.json(), errorOf('Rate limit exceeded', 'too_many_requests'));
    t.ok(Number(refused?.headers['retry-after']) > 50);
  });

  await t.test('a key that the service has revoked is refused from its answer on', async (t) => {
    await changeKeys(t, service, app, 20);
  });

  await t.test("no line of the replica's log has a key", async (t) => {
    t.ok(log.lines.length > 0);
    t.notMatch(log.lines.join(''), /[0-9a-f]{64}/);
  });
});

t.test('a key that is revoked while the body arrives does nothing', async (t) => {
  const service = await startService(t);
  await revokeWhileBodyArrives(t, service, { databaseUrl: service.databaseUrl });
});

async function revokeWhileBodyArrives(
  t: Test,
  service: TestService,
  options: LatchkeyOptions,
): Promise<void> {
  const progress = new EventEmitter();
  const admitted = once(progress, 'admitted');
  const app = await startApp(t, options, (app) => {
    app.addHook('preParsing', async () => void progress.emit('admitted'));
  });
  const { api_key, secret } = await createKey(service, { permissions: ['customers:write'] });
  const socket = connect(await listen(app), '127.0.0.1').setEncoding('latin1');
  socket.write(`POST /customers HTTP/1.1\r\nHost: localhost\r\nX-API-Key: ${api_key}\r\n`);
  socket.write('Content-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{');
  await admitted;
  await remove(service, secret.id);
  const received = once(socket, 'data');
  socket.write('}');
  t.match(String(await received), /^HTTP\/1\.1 401 /);
}

t.test('the app stays what it was', async (t) => {
  const service = await startService(t);
  const { databaseUrl } = service;
  const key = await createPlaintext(service, { permissions: ['orders:read'] });
  const strangers = [
    'replica',
    'metrics',
    'changesPool',
    'rateLimits',
    'keyUsage',
    'keyHooks',
    'decideOnKey',
  ];

  const app = await startApp(t, { databaseUrl }, async (app) => {
    await app.register(postgres, { connectionString: databaseUrl });
    for (const name of strangers) app.decorate(name, 'of the app');
    for (const name of ['identity', 'scope', 'actor', 'session']) app.decorateRequest(name, 'of the app');
    app.setErrorHandler((error, _request, reply) => reply.code(418).send({ mine: String(error) }));
    app.setNotFoundHandler((_request, reply) => reply.code(404).send({ mine: 'not found' }));
    app.addHook('preSerialization', async (_request, _reply, payload) => ({ wrapped: payload }));
    const schema = { response: { '4xx': { type: 'object', properties: { mine: { type: 'string' } } } } };
    app.get('/strict', { schema }, () => 'never');
    app.get('/failing', () => {
      throw new Error('of the app');
    });
    app.get('/tenant', { config: { latchkey: 'public' } }, ({ tenantId }) => tenantId);
    app.get('/anything', ({ scope }) => String(scope));
  });

  await t.test('its names are its own', async (t) => {
    t.equal(app.pg.pool.options.connectionString, databaseUrl);
    t.same(
      strangers.map((name) => Object.getOwnPropertyDescriptor(app, name)?.value),
      strangers.map(() => 'of the app'),
    );
    t.equal((await call(app, key, '/anything')).body, 'of the app');
  });

  await t.test('its error handler gets its errors, and no refusals', async (t) => {
    const failed = await call(app, key, '/failing');
    t.same([failed.statusCode, failed.json()], [418, { wrapped: { mine: 'Error: of the app' } }]);
    const refused = await app.inject('/failing');
    t.same([refused.statusCode, refused.json()], [401, errorOf('API key required', 'permission_denied')]);
  });

  await t.test('its schemas and serializers leave refusals as they are', async (t) => {
    t.same((await app.inject('/strict')).json(), errorOf('API key required', 'permission_denied'));
  });

  await t.test('what no route answers, it answers', async (t) => {
    const response = await app.inject('/nowhere');
    t.same([response.statusCode, response.json()], [404, { wrapped: { mine: 'not found' } }]);
  });

  await t.test('its public routes ask for no key, and speak for no tenant', async (t) => {
    for (const headers of [{}, { 'x-api-key': key }, { 'x-api-key': 'wrong' }]) {
      const response = await app.inject({ url: '/open', headers });
      t.same([response.statusCode, response.json()], [200, { wrapped: { auth: null } }]);
    }
    t.match((await call(app, key, '/tenant')).json().wrapped.mine, 'This route is public');
  });

  await t.test('routes that were there before ask for a key too', async (t) => {
    t.equal((await app.inject('/anything')).statusCode, 401);
  });
});

t.test('only the routes of the context that it is registered in ask for keys', async (t) => {
  const { databaseUrl } = await startService(t);
  const app = Fastify();
  t.teardown(() => app.close());
  app.get('/outside', () => 'open');
  app.register(async (inside) => {
    // The route is there before the plugin is.
    inside.register(latchkey, { databaseUrl });
    inside.get('/inside', () => 'closed');
    inside.register(async (deeper) => void deeper.get('/deeper', () => 'closed'));
  });
  t.equal((await app.inject('/outside')).statusCode, 200);
  for (const url of ['/inside', '/deeper']) t.equal((await app.inject(url)).statusCode, 401, url);
});

t.test('it leaves in order, without a connection, and writes usage down', { timeout: 20_000 }, async (t) => {
  const service = await startService(t);
  const { databaseUrl, pool } = service;
  const replicas = async () => (await pool.query('SELECT id FROM replicas')).rows.length;
  const app = await startApp(t, { databaseUrl });
  t.equal(await replicas(), 2, 'the service and the app');
  t.match(app.latchkey.replica(), { leaseValid: true, lagEvents: 0, timesFenced: 0 });

  const { api_key, secret } = await createKey(service);
  for (let i = 0; i < 3; i += 1) t.equal(await statusOf(app, api_key), 200);
  t.equal(await statusOf(app, api_key, '/customers'), 200);
  await app.close();

  t.equal(await replicas(), 1, 'nobody waits for it any more');
  const usage = await service.call({ url: `/v1/secrets/api/keys/${secret.id}/usage` });
  t.equal(usage.json().totals.accepted, 4);
  await service.app.close();
  const connections = async () =>
    (
      await pool.query(
        "SELECT FROM pg_stat_activity WHERE application_name LIKE 'latchkey%' AND datname = current_database()",
      )
    ).rows.length;
  // The server needs a moment to end what has been closed.
  while ((await connections()) > 0) await delay(5);
});

t.test('without its database it accepts nobody', async (t) => {
  const service = await startService(t);
  const key = await createPlaintext(service);
  const app = await startApp(t, { databaseUrl: service.databaseUrl });
  t.equal(await statusOf(app, key), 200);
  const restore = await cutDatabase(service.databaseUrl);
  t.teardown(restore);
  await until(() => app.latchkey.replica()?.leaseValid === false);

  const refused = await call(app, key);
  t.equal(refused.statusCode, 503);
  t.same(refused.json(), errorOf('Authentication temporarily unavailable', 'service_unavailable'));
  t.equal(refused.headers['retry-after'], '1');
  t.equal(await app.latchkey.ready(), false);
  t.equal((await app.inject('/open')).statusCode, 200, 'but public routes go on');

  await restore();
  await until(() => app.latchkey.replica()?.leaseValid === true);
  t.equal(await statusOf(app, key), 200, 'and when it is back, all is as before');
  t.equal(await app.latchkey.ready(), true);
});

t.test('it starts only on what it can work with', async (t) => {
  await t.test('a database whose schema is up to date, which it leaves alone', async (t) => {
    const databaseUrl = await createEmptyDatabase(t);
    await t.rejects(createApp(t, { databaseUrl }), {
      name: 'SchemaTooOldError',
      message: /lacks 001-.*009-usage\.sql.*: start the service of this version on it first/,
    });
    const pool = new Pool({ connectionString: databaseUrl });
    t.teardown(() => pool.end());
    t.same((await pool.query("SELECT FROM pg_tables WHERE schemaname = 'public'")).rows, []);

    await migrate(databaseUrl);
    await pool.query("DELETE FROM schema_migrations WHERE name = '009-usage.sql'");
    await t.rejects(createApp(t, { databaseUrl }), {
      message: 'The database lacks 009-usage.sql: start the service',
    });
    await pool.query("INSERT INTO schema_migrations (name, checksum) VALUES ('009-usage.sql', 'another')");
    await t.rejects(createApp(t, { databaseUrl }), { message: /009-usage\.sql was changed/ });
  });

  await t.test('a database that is there', async (t) => {
    const databaseUrl = new URL(await createEmptyDatabase(t));
    databaseUrl.pathname = '/nowhere';
    await t.rejects(createApp(t, { databaseUrl: databaseUrl.href }), { name: 'DatabaseUnreachableError' });
  });

  await t.test('options that say where to decide', async (t) => {
    for (const options of [
      { databaseUrl: '' },
      { url: '', apiKey: 'k' },
      { url: 'http://localhost', apiKey: '' },
    ])
      await t.rejects(createApp(t, options), {
        message: 'latchkey needs databaseUrl, or url and apiKey, or signedIdentity with url and hosts',
      });
  });

  await t.test('an address and a key that can be used, and repeats neither', async (t) => {
    const apiKey = 'c0ffee'.repeat(10);
    for (const options of [
      { url: 'ftp://localhost', apiKey },
      { url: 'http://user:c0ffee@localhost', apiKey },
      { url: 'http://c0ffee@localhost', apiKey },
      { url: 'http://localhost/?c0ffee', apiKey },
      { url: 'c0ffee', apiKey },
      { url: 'http://localhost', apiKey: `${apiKey}\n${apiKey}` },
      { url: 'http://localhost', apiKey: `${apiKey}\0` },
      { url: 'http://localhost', apiKey: `${apiKey}…` },
    ]) {
      const error: unknown = await createApp(t, options).catch((error) => error);
      t.match(error, { message: /^(url must be|apiKey has characters)/ }, options.url);
      t.notMatch(inspect(error), 'c0ffee');
    }
  });

  await t.test('routes that say what a route can say', async (t) => {
    const { databaseUrl } = await startService(t);
    for (const mistake of ['Public', {}, { permission: 'orders' }, { permission: null }]) {
      const app = await createApp(t, { databaseUrl });
      const config: object = { latchkey: mistake };
      t.throws(() => app.get('/mistaken', { config }, () => 'never'), {
        message: /config\.latchkey must be/,
      });
    }
  });
});

t.test('with Redis, it counts limits together with the service', { skip: redisIsMissing }, async (t) => {
  const redis = await createRedis(t);
  await redis.start();
  const service = await startService(t, { env: { REDIS_URL: redis.url } });
  const app = await startApp(t, { databaseUrl: service.databaseUrl, redisUrl: redis.url });
  const key = await createPlaintext(service, { rate_limit: { limit: 2, window_seconds: 60 } });
  t.equal(await statusOf(app, key), 200);
  t.equal((await service.call({ url: '/v1/auth/me', key })).statusCode, 200);
  t.equal(await statusOf(app, key), 429);
  t.equal((await service.call({ url: '/v1/auth/me', key })).statusCode, 429);
});

/** A service that listens, and a key of its own to ask it with. */
async function startAskedService(t: Test) {
  const service = await startService(t);
  const url = `http://127.0.0.1:${await listen(service.app)}`;
  const apiKey = await createPlaintext(service, { permissions: ['keys:verify'] });
  return { service, options: { url, apiKey } };
}

type AskedService = Awaited<ReturnType<typeof startAskedService>>['service'];

interface AskingApp {
  service: AskedService;
  app: FastifyInstance;
}

async function askForIdentity(t: Test, { service, app }: AskingApp): Promise<void> {
  const { api_key, secret } = await createKey(service, { permissions: ['orders:read'] });
  const response = await app.inject({ url: '/whoami', headers: { authorization: `Bearer ${api_key}` } });
  t.strictSame(response.json(), {
    tenantId: secret.tenant_id,
    environmentId: secret.environment_id,
    auth: {
      tenantId: secret.tenant_id,
      environmentId: secret.environment_id,
      userId: 'user_default',
      keyId: secret.id,
      permissions: ['orders:read'],
      rateLimit: null,
      isConfiguredKey: false,
      sunsetAtMs: null,
    },
  });
  t.equal(response.headers['cache-control'], 'no-store');
  t.equal(app.latchkey.replica(), null);
}

async function compareLimits(t: Test, { service, app }: AskingApp): Promise<void> {
  const replica = await startApp(t, { databaseUrl: service.databaseUrl });
  const limit = { permissions: ['customers:read'], rate_limit: { limit: 2, window_seconds: 600 } };
  const answersOf = async (by: FastifyInstance) => {
    const key = await createPlaintext(service, limit);
    const answers = [];
    for (const url of ['/customers', '/whoami', '/customers']) answers.push(await call(by, key, url));
    return answers.map((answer) => {
      const { statusCode, headers, body } = partsOf(answer);
      const { 'retry-after': after, 'x-ratelimit-reset': reset, ...others } = headers;
      if (after !== undefined) t.equal(after, reset);
      return { statusCode, headers: others, body, isReset: Number(reset) > 590 && Number(reset) <= 600 };
    });
  };
  const answers = await answersOf(app);
  t.match(
    answers.map(({ statusCode, headers, isReset }) => [
      statusCode,
      headers['x-ratelimit-remaining'],
      isReset,
    ]),
    [
      [200, '1', true],
      [200, '0', true],
      [429, '0', true],
    ],
  );
  const ofReplica = await answersOf(replica);
  t.same([answers[0], answers[2]], [ofReplica[0], ofReplica[2]]);
}

t.test('an app asks a service about each request', async (t) => {
  const { service, options } = await startAskedService(t);
  const connections: Socket[] = [];
  service.app.server.on('connection', (socket) => connections.push(socket));
  const log = collectLog();
  const app = await startApp(t, options, undefined, log);

  await t.test('an app that asks the service knows the identity of a request', (t) =>
    askForIdentity(t, { service, app }),
  );

  await t.test('an app that asks the service refuses as the service does', async (t) => {
    for (const [name, headers] of Object.entries(await refusedHeaders(service))) {
      const expected = await service.call({ url: '/v1/customers', key: null, headers });
      t.same(partsOf(await app.inject({ url: '/customers', headers })), partsOf(expected), name);
    }
  });

  await t.test('the service counts each request once against its limit', async (t) => {
    const rate_limit = { limit: 2, window_seconds: 60 };
    const key = await createPlaintext(service, { permissions: ['customers:write'], rate_limit });
    const post = () =>
      app.inject({
        method: 'POST',
        url: '/customers',
        headers: { 'x-api-key': key },
        payload: { name: 'Ada' },
      });
    t.same([(await post()).statusCode, (await post()).statusCode], [200, 200], 'with its body too');
    const refused = await post();
    t.equal(refused.statusCode, 429);
    t.same(refused.json(), errorOf('Rate limit exceeded', 'too_many_requests'));
  });

  await t.test("the answer says what is left of the limit, as a replica's does", (t) =>
    compareLimits(t, { service, app }),
  );

  await t.test('a key that the service has revoked is refused from its answer on', async (t) => {
    await changeKeys(t, service, app, 10);
  });

  await t.test('also while the body arrives', async (t) => {
    await revokeWhileBodyArrives(t, service, options);
  });

  await t.test('a key of another tenant is refused', async (t) => {
    const { tenant, api_key } = (
      await service.call({ method: 'POST', url: '/v1/tenants', payload: { name: 'Other' } })
    ).json();
    t.match(tenant.id, /^tenant_/);
    t.equal(await statusOf(app, api_key), 401);
  });

  await t.test('over connections that are kept', async (t) => {
    t.ok(connections.length > 0 && connections.length <= 3, `${connections.length} connections`);
  });

  await t.test("no line of the app's log has a key", async (t) => {
    t.notMatch(log.lines.join(''), /[0-9a-f]{64}/);
  });
});

/** A key that the service would know. */
const knownKey = 'b'.repeat(64);

const verdict = {
  ...{ valid: true, code: 'valid', key_id: 'key_1', tenant_id: 'tenant_1', environment_id: 'env_1' },
  ...{ user_id: 'user_1', permissions: [], rate_limit: null },
};
const saying =
  (status: number, body: unknown): RequestListener =>
  (_request, response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
const undecided = errorOf('Authentication temporarily unavailable', 'service_unavailable');

async function refuseWithoutVerdict(t: Test, app: FastifyInstance, standIn: StandIn): Promise<void> {
  const answers: Record<string, RequestListener> = {
    nothing: (_request, response) => response.end(),
    'no JSON': (_request, response) => response.end('yes'),
    'another JSON': saying(200, { valid: true }),
    'a list': saying(200, [verdict]),
    'an unknown code': saying(200, { ...verdict, code: 'sure' }),
    'another status': saying(201, verdict),
    'a wrong apiKey': saying(401, errorOf('Invalid API key', 'permission_denied')),
    'a missing permission': saying(403, errorOf('Permission denied', 'permission_denied')),
    'its limit': saying(429, errorOf('Rate limit exceeded', 'too_many_requests')),
    'its failure': saying(503, undecided),
    'an echo': (request, response) => void request.pipe(response),
    'a redirect': (_request, response) => response.writeHead(307, { location: '/elsewhere' }).end(),
    'the end of the connection': (request) => request.socket.destroy(),
  };
  for (const [name, listener] of Object.entries(answers)) {
    standIn.answer = listener;
    const refused = await call(app, knownKey);
    t.equal(refused.statusCode, 503, name);
    t.same(refused.json(), undecided);
    t.equal(refused.headers['retry-after'], '1');
  }
  t.notOk(standIn.askedUrls.includes('/elsewhere'));
}

async function refuseByVerdict(t: Test, app: FastifyInstance, standIn: StandIn): Promise<void> {
  const statuses: Record<string, number> = {
    ...{ not_found: 401, expired: 401, inactive: 403, insufficient_permissions: 403, rate_limited: 429 },
    valid: 403,
  };
  const rate_limit = { limit: 2, window_seconds: 60, remaining: 0, reset_seconds: 42 };
  standIn.answer = saying(200, { ...verdict, valid: false, code: 'rate_limited', rate_limit });
  t.equal((await call(app, knownKey)).headers['retry-after'], '42');
  for (const [code, status] of Object.entries(statuses)) {
    standIn.answer = saying(200, { ...verdict, valid: false, code });
    t.equal(await statusOf(app, knownKey), status, code);
  }
  for (const name of ['tenant_id', 'environment_id', 'user_id', 'key_id']) {
    standIn.answer = saying(200, { ...verdict, [name]: null });
    t.equal(await statusOf(app, knownKey), 403, `${name}: null`);
  }
}

t.test('what a service does not clearly accept is not accepted', async (t) => {
  const standIn = await startStandIn(t, (_request, response) => response.end());
  const log = collectLog();
  const app = await createApp(t, { url: standIn.url, apiKey: 'a'.repeat(64) }, undefined, log);

  await t.test('in contrast to what it does', async (t) => {
    standIn.answer = saying(200, verdict);
    t.equal(await statusOf(app, knownKey), 200);
    t.equal(standIn.askedUrls.at(-1), '/latchkey/v1/auth/keys/verify');
    standIn.answer = (request, response) => {
      // As a connection that was kept and has just been given up.
      standIn.answer = saying(200, verdict);
      request.socket.destroy();
      response.destroy();
    };
    t.equal(await statusOf(app, knownKey), 200, 'also when it has to be asked again');
  });

  await t.test('an answer that is none', (t) => refuseWithoutVerdict(t, app, standIn));

  await t.test('no answer in time', async (t) => {
    standIn.answer = () => {};
    t.equal(await statusOf(app, knownKey), 503);
  });

  await t.test('a verdict that refuses, or names nobody', (t) => refuseByVerdict(t, app, standIn));

  await t.test('an app without its service is not ready', async (t) => {
    const me = { ...verdict, permissions: ['keys:verify'] };
    const { valid: _valid, code: _code, ...ready } = me;
    standIn.answer = saying(200, ready);
    t.equal(await app.latchkey.ready(), true, 'unless the service answers, and its key may ask');
    t.equal(standIn.askedUrls.at(-1), '/latchkey/v1/auth/me');
    standIn.answer = saying(200, { ...ready, permissions: ['keys:read'] });
    t.equal(await app.latchkey.ready(), false);
    t.match(log.lines.at(-1), 'The apiKey lacks the permission keys:verify');
    standIn.answer = saying(200, 'welcome');
    t.equal(await app.latchkey.ready(), false);
    standIn.answer = saying(503, undecided);
    t.equal(await app.latchkey.ready(), false);
    t.match(log.lines.at(-1), 'The service answers 503');
  });

  await t.test("no line of the app's log has a key", async (t) => {
    t.match(log.lines.join(''), 'The service answers 401');
    t.notMatch(log.lines.join(''), /[ab]{64}/);
  });
});
