/** One tenant's use of the service neither stops nor slows another's. */
import { randomUUID } from 'node:crypto';
import t, { type Test } from 'tap';
import { listen } from './fixtures/raw-http.ts';
import { createRedis, redisIsMissing } from './fixtures/redis.ts';
import {
  configuredKeys,
  createKey,
  createMigratedDatabase,
  startService,
  type TestService,
  until,
} from './helper.ts';

const keysUrl = '/v1/secrets/api/keys';
const customersUrl = '/v1/customers';

const configured = configuredKeys({
  acme: { tenant_id: 'tenant_acme', environment_id: 'production' },
  globex: { tenant_id: 'tenant_globex', environment_id: 'production' },
});
const { acme, globex } = configured.keys;

/** The statuses of requests that are sent at once, and how many there are of each. */
async function countStatuses(requests: Promise<{ statusCode: number }>[]): Promise<Record<number, number>> {
  const counts: Record<number, number> = {};
  for (const { statusCode } of await Promise.all(requests))
    counts[statusCode] = (counts[statusCode] ?? 0) + 1;
  return counts;
}

const change = ({ call }: TestService, key: string) =>
  call({ method: 'POST', url: customersUrl, payload: { external_id: randomUUID() }, key });

const list = ({ call }: TestService, key: string) => call({ url: customersUrl, key });

/** Turns the clock forward that counts how often something is done. */
function clockOf(t: Test): { forward(ms: number): void } {
  const real = performance.now.bind(performance);
  let aheadMs = 0;
  t.intercept(performance, 'now', { value: () => real() + aheadMs });
  return { forward: (ms) => (aheadMs += ms) };
}

t.test('a tenant changes and lists a number of things in a second, and more at once', async (t) => {
  const clock = clockOf(t);
  const env = { ...configured.env, CHANGES_PER_SECOND: '2', LISTINGS_PER_SECOND: '1' };
  const service = await startService(t, { env });
  const changes = () => countStatuses(Array.from({ length: 10 }, () => change(service, acme)));
  t.same(await changes(), { 201: 8, 429: 2 }, 'four times as many at once');
  t.same(await countStatuses(Array.from({ length: 7 }, () => list(service, acme))), { 200: 5, 429: 2 });
  const refused = await change(service, acme);
  t.equal(refused.statusCode, 429);
  t.equal(refused.headers['retry-after'], '1');
  t.match(refused.json().error, {
    message: 'Too many changes by this tenant: 2 a second are allowed',
    internal_error: 'too_many_requests',
  });
  t.equal((await list(service, acme)).statusCode, 429);

  t.equal((await change(service, globex)).statusCode, 201, 'another tenant goes on');
  t.equal((await list(service, globex)).statusCode, 200);
  t.equal((await service.call({ url: '/v1/auth/me', key: acme })).statusCode, 200, 'so do its decisions');
  const { api_key, secret } = await createKey(service, {}, { key: globex });
  t.equal((await service.call({ url: `${keysUrl}/${secret.id}`, key: globex })).statusCode, 200);
  t.equal((await service.call({ url: '/v1/auth/verify', key: api_key })).statusCode, 200);

  clock.forward(1_000);
  t.same(await countStatuses(Array.from({ length: 3 }, () => change(service, acme))), { 201: 2, 429: 1 });
});

t.test('an address fetches public documents a number of times in a second', async (t) => {
  clockOf(t);
  const { call } = await startService(t);
  const fetchAs = (remoteAddress: string) => call({ url: '/openapi.json', key: null, remoteAddress });
  t.same(await countStatuses(Array.from({ length: 103 }, () => fetchAs('192.0.2.1'))), { 200: 100, 429: 3 });
  t.equal((await fetchAs('192.0.2.2')).statusCode, 200);
  t.equal((await call({ url: '/health/ready', key: null, remoteAddress: '192.0.2.1' })).statusCode, 200);
});

t.test('processes with Redis count what a tenant does together', { skip: redisIsMissing }, async (t) => {
  const redis = await createRedis(t);
  await redis.start();
  const databaseUrl = await createMigratedDatabase(t);
  const env = { ...configured.env, REDIS_URL: redis.url, CHANGES_PER_SECOND: '1' };
  const one = await startService(t, { databaseUrl, env });
  const other = await startService(t, { databaseUrl, env });
  for (const service of [one, other, one, other]) t.equal((await change(service, acme)).statusCode, 201);
  for (const service of [one, other]) t.equal((await change(service, acme)).statusCode, 429);
  await redis.kill();
  t.equal((await change(one, acme)).statusCode, 201, 'without Redis each counts for itself');
});

t.test('changes of one tenant wait for each other, and not those of another', async (t) => {
  const service = await startService(t, { env: configured.env });
  const lock = await service.pool.connect();
  t.teardown(() => lock.release());
  await lock.query('BEGIN');
  await lock.query("SELECT FROM environments WHERE tenant_id = 'tenant_acme' FOR UPDATE");
  // Each waits for the lock on its tenant, and has a connection meanwhile.
  const held = Array.from({ length: 20 }, () => change(service, acme));
  t.equal((await change(service, globex)).statusCode, 201, 'the other tenant gets a connection');
  await lock.query('COMMIT');
  t.same(await countStatuses(held), { 201: 20 }, 'and those that waited have their turn');
});

t.test('what waits for too long, or for too many others, is told to come again', async (t) => {
  const service = await startService(t, { env: configured.env });
  const { tenantQueues } = service.app;
  const releases = [
    await tenantQueues.listing.enter('tenant_acme'),
    await tenantQueues.listing.enter('tenant_acme'),
  ];
  const waiting = Array.from({ length: 52 }, () => list(service, acme));
  const first = await Promise.race(waiting);
  t.equal(first.statusCode, 429);
  t.equal(first.headers['retry-after'], '3');
  t.equal((await list(service, globex)).statusCode, 200);
  for (const release of releases) release();
  t.same(await countStatuses(waiting), { 200: 50, 429: 2 });
  t.equal(tenantQueues.listing.running, 0);
});

t.test('a key that is revoked while its request waits is refused', async (t) => {
  const service = await startService(t, { env: configured.env });
  const { api_key, secret } = await createKey(service, {}, { key: acme });
  const { listing } = service.app.tenantQueues;
  const releases = [await listing.enter('tenant_acme'), await listing.enter('tenant_acme')];
  const waiting = list(service, api_key);
  await service.call({ method: 'DELETE', url: `${keysUrl}/${secret.id}`, key: acme });
  for (const release of releases) release();
  t.equal((await waiting).statusCode, 401);
});

t.test('a client that leaves gives its place back once its change has ended', async (t) => {
  const service = await startService(t, { env: configured.env });
  const { change: changes } = service.app.tenantQueues;
  const url = `http://127.0.0.1:${await listen(service.app)}${customersUrl}`;
  const lock = await service.pool.connect();
  t.teardown(() => lock.release());
  await lock.query('BEGIN');
  await lock.query("SELECT FROM environments WHERE tenant_id = 'tenant_acme' FOR UPDATE");
  const leaving = new AbortController();
  const body = () => JSON.stringify({ external_id: randomUUID() });
  const headers = { 'x-api-key': acme, 'content-type': 'application/json' };
  const left = Array.from({ length: 6 }, () =>
    fetch(url, { method: 'POST', headers, body: body(), signal: leaving.signal }).catch(() => null),
  );
  await until(() => changes.running === 4);
  leaving.abort();
  await Promise.all(left);
  t.equal(changes.running, 4, 'what it has begun still runs');
  await lock.query('COMMIT');
  await until(() => changes.running === 0);
});
