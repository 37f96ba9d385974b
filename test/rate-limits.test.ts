import { randomBytes } from 'node:crypto';
import { Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import t, { type Test } from 'tap';
import { createRedis, redisIsMissing, type TestRedis } from './fixtures/redis.ts';
import {
  type CallOptions,
  createKey,
  createMigratedDatabase,
  developmentKey,
  errorOf,
  startService,
  type TestService,
  usageWriterOf,
} from './helper.ts';

const url = '/v1/auth/me';
const wrongKey = 'f'.repeat(64);
const tooMany = errorOf('Rate limit exceeded', 'too_many_requests');

type From = Pick<CallOptions, 'remoteAddress' | 'headers'>;

const statusOf = async ({ call }: TestService, key: string | null, from: From = {}): Promise<number> =>
  (await call({ url, key, ...from })).statusCode;

/** The statuses of requests with a wrong key, one after the other, from one address each. */
async function fail(service: TestService, ...addresses: string[]): Promise<number[]> {
  const statuses: number[] = [];
  for (const remoteAddress of addresses) statuses.push(await statusOf(service, wrongKey, { remoteAddress }));
  return statuses;
}

/** Turns the clock of this process forward. */
function clockOf(t: Test): { forward(ms: number): void } {
  const real = Date.now;
  let aheadMs = 0;
  t.intercept(Date, 'now', { value: () => real() + aheadMs });
  return { forward: (ms) => (aheadMs += ms) };
}

/** Counts the connections to the database that requests take from the pool. */
function countConnections({ app }: TestService): { readonly taken: number } {
  const count = { taken: 0 };
  app.pg.pool.on('acquire', () => (count.taken += 1));
  return count;
}

t.test('an address that sends too many unknown keys has to wait', async (t) => {
  const clock = clockOf(t);
  const service = await startService(t, { env: { FAILED_AUTH_LIMIT: '3' } });
  const { call } = service;
  const { api_key: key, secret } = await createKey(service);
  const remoteAddress = '192.0.2.1';

  t.same(await fail(service, remoteAddress, remoteAddress, remoteAddress), [401, 401, 401]);

  await t.test('unknown and malformed keys are answered 429', async (t) => {
    for (const presented of [wrongKey, 'not a key']) {
      const response = await call({ url, key: presented, remoteAddress });
      t.equal(response.statusCode, 429);
      t.same(response.json(), tooMany);
      const retryAfter = Number(response.headers['retry-after']);
      t.ok(retryAfter > 50 && retryAfter <= 60, 'Retry-After is the rest of the minute');
    }
    t.same(await fail(service, '192.0.2.2'), [401], 'those of other addresses are not');
  });

  await t.test('everything that is accepted goes on', async (t) => {
    for (const presented of [key, developmentKey])
      t.equal(await statusOf(service, presented, { remoteAddress }), 200);
    t.equal(await statusOf(service, null, { remoteAddress }), 401, 'and no key is no unknown key');
    t.equal((await call({ url: '/health', key: null, remoteAddress })).statusCode, 200);
    const revoked = await call({ method: 'DELETE', url: `/v1/secrets/api/keys/${secret.id}`, remoteAddress });
    t.equal(revoked.statusCode, 204, 'the operator can revoke a key from there');
    t.equal(await statusOf(service, key, { remoteAddress }), 429, 'which is an unknown key then');
  });

  await t.test('it has to wait until the minute ends', async (t) => {
    clock.forward(59_000);
    t.same(await fail(service, remoteAddress), [429]);
    clock.forward(1_500);
    t.same(await fail(service, ...Array<string>(4).fill(remoteAddress)), [401, 401, 401, 429]);
  });
});

t.test('an expired or inactive key counts against itself, and against no address', async (t) => {
  const clock = clockOf(t);
  const service = await startService(t, { env: { FAILED_AUTH_LIMIT: '2' } });
  const expires_at = new Date(Date.now() + 3_600_000).toISOString();
  const { api_key: expiring } = await createKey(service, { expires_at });
  const { api_key: inactive, secret } = await createKey(service);
  const status = { status: 'inactive' };
  await service.call({ method: 'PATCH', url: `/v1/secrets/api/keys/${secret.id}`, payload: status });
  clock.forward(3_600_000);
  const remoteAddress = '192.0.2.1';
  const statusesOf = async (key: string) => {
    const statuses: number[] = [];
    for (let i = 0; i < 4; i += 1) statuses.push(await statusOf(service, key, { remoteAddress }));
    return statuses;
  };
  t.same(await statusesOf(expiring), [401, 401, 429, 429]);
  t.same(await statusesOf(inactive), [403, 403, 429, 429]);
  t.equal(await statusOf(service, expiring, { remoteAddress: '192.0.2.2' }), 429, 'from any address');
  t.same(await fail(service, remoteAddress, remoteAddress, remoteAddress), [401, 401, 429]);
  t.equal(await statusOf(service, developmentKey, { remoteAddress }), 200);
});

t.test('a request that is refused for something else counts against nothing', async (t) => {
  const service = await startService(t, { env: { FAILED_AUTH_LIMIT: '1' } });
  const { api_key: key } = await createKey(service, { permissions: ['customers:read'] });
  for (let i = 0; i < 3; i += 1) {
    t.equal(await statusOf(service, null), 401, 'no key');
    const lacking = await service.call({ url: '/v1/secrets/api/keys', key });
    t.equal(lacking.statusCode, 403, 'a permission that is lacking');
    const elsewhere = { headers: { 'x-environment-id': 'nowhere' } };
    t.equal(await statusOf(service, developmentKey, elsewhere), 403, 'a wrong environment');
  }
  t.same(await fail(service, '127.0.0.1'), [401]);
});

t.test('a flood of unknown keys from one address gets no line in the log', async (t) => {
  const { stream, messages } = logOf();
  const env = { FAILED_AUTH_LIMIT: '2', LOG_LEVEL: 'info', ACCESS_LOG: 'failures' };
  const service = await startService(t, { env, logStream: stream });
  await fail(service, ...Array<string>(20).fill('192.0.2.1'));
  t.equal(messages.filter((message) => message === 'request').length, 2, 'those before the flood');
});

t.test('FAILED_AUTH_LIMIT=0 refuses no address', async (t) => {
  const service = await startService(t, { env: { FAILED_AUTH_LIMIT: '0' } });
  t.same(new Set(await fail(service, ...Array<string>(400).fill('192.0.2.1'))), new Set([401]));
});

t.test('a flood of unknown keys takes no connection to the database', async (t) => {
  const service = await startService(t);
  const { api_key: key } = await createKey(service);
  const connections = countConnections(service);
  const flood = Array.from({ length: 500 }, () => statusOf(service, randomBytes(32).toString('hex')));
  t.same(new Set(await Promise.all(flood)), new Set([401]));
  for (const known of [key, developmentKey]) t.equal(await statusOf(service, known), 200);
  t.equal(connections.taken, 0, 'nor does a known one');
  await service.call({ url: '/v1/customers', key });
  t.not(connections.taken, 0, 'in contrast to what is stored');
});

const through = (remoteAddress: string, forwarded: string): From => ({
  remoteAddress,
  headers: { 'x-forwarded-for': forwarded },
});

t.test('without TRUSTED_PROXIES the address is that of the connection', async (t) => {
  const service = await startService(t, { env: { FAILED_AUTH_LIMIT: '1' } });
  t.equal(await statusOf(service, wrongKey, through('10.0.0.1', '192.0.2.1')), 401);
  t.equal(await statusOf(service, wrongKey, through('10.0.0.1', '192.0.2.2')), 429);
  t.equal(await statusOf(service, wrongKey, through('10.0.0.2', '192.0.2.1')), 401);
});

t.test('X-Forwarded-For is believed of TRUSTED_PROXIES only', async (t) => {
  const env = { FAILED_AUTH_LIMIT: '1', TRUSTED_PROXIES: '10.0.0.0/8, 2001:db8:1::/48' };
  const service = await startService(t, { env });
  const cases: [number, string, string, string][] = [
    [401, '10.0.0.1', '192.0.2.1', 'the first unknown key of a client'],
    [429, '10.0.0.1', '192.0.2.1', 'the second'],
    [429, '2001:db8:1::1', '192.0.2.1', 'the same client behind another proxy'],
    [
      429,
      '10.0.0.1',
      '203.0.113.9, 192.0.2.1',
      'what the client wrote before the proxy saw it does not help',
    ],
    [429, '10.0.0.1', '192.0.2.1, 10.0.0.2', 'through two proxies'],
    [429, '10.0.0.1', '192.0.2.1:5678', 'a port is no part of the address'],
    [429, '10.0.0.1', '192.0.2.1:5679, 10.0.0.2:443', 'neither is that of a proxy'],
    [401, '10.0.0.1', '192.0.2.2', 'another client behind the same proxy'],
    [401, '10.0.0.1', '[2001:db8:2::1]:5678', 'an address of IPv6 with a port'],
    [429, '10.0.0.1', '[2001:db8:2::1]', 'the same without'],
    [429, '10.0.0.1', '2001:db8:2::1', 'and without brackets'],
    [401, '10.0.0.1', 'nonsense', 'what is no address counts against the proxy'],
    [429, '10.0.0.1', 'other nonsense', 'whatever it is'],
    [429, '10.0.0.1', '1.2.3.4.5:6', 'however much it looks like one'],
    [401, '10.0.0.1', `fe80::1%${'a'.repeat(64)}`, 'an address with an interface'],
    [429, '10.0.0.1', 'fe80::1%eth0', 'of which the interface is no part'],
    [401, '10.0.0.2', 'nonsense', 'another proxy'],
    [401, '198.51.100.1', '192.0.2.7', 'a stranger'],
    [429, '198.51.100.1', '192.0.2.8', 'counts by its own address, whatever it forwards'],
    [401, '10.0.0.1', '192.0.2.7', 'and so can get nobody else refused'],
  ];
  for (const [status, remoteAddress, forwarded, what] of cases)
    t.equal(await statusOf(service, wrongKey, through(remoteAddress, forwarded)), status, what);
});

t.test('a proxy that is not trusted is noticed once', async (t) => {
  const { stream, messages } = logOf();
  const env = { TRUSTED_PROXIES: '10.0.0.0/8', LOG_LEVEL: 'warn' };
  const service = await startService(t, { env, logStream: stream });
  const proxiesOf = async () =>
    (await service.call({ url: '/health/ready', key: null })).json().checks.proxies;
  const warnings = () =>
    messages.filter((message) => message.includes('TRUSTED_PROXIES does not name')).length;
  t.equal(await statusOf(service, developmentKey, { remoteAddress: '198.51.100.1' }), 200);
  t.equal(await statusOf(service, developmentKey, through('10.0.0.1', '192.0.2.1')), 200);
  t.same([await proxiesOf(), warnings()], ['ok', 0]);
  for (const remoteAddress of ['198.51.100.1', '198.51.100.2'])
    t.equal(await statusOf(service, developmentKey, through(remoteAddress, '192.0.2.1')), 200);
  t.same([await proxiesOf(), warnings()], ['untrusted', 1]);
});

t.test('only an address is recorded of what X-Forwarded-For says', async (t) => {
  const service = await startService(t, { env: { TRUSTED_PROXIES: '10.0.0.0/8' } });
  const recorded: Record<string, string> = {
    '192.0.2.1:5678': '192.0.2.1',
    '[2001:db8::1]:443': '2001:db8::1',
    'ignore previous instructions': '10.0.0.1',
    '<script>': '10.0.0.1',
  };
  for (const [forwarded, address] of Object.entries(recorded)) {
    const from = through('10.0.0.1', forwarded);
    const { id } = (
      await service.call({ method: 'POST', url: '/v1/secrets/api/keys', payload: { name: 'A' }, ...from })
    ).json().secret;
    const events = await service.call({ url: `/v1/secrets/api/keys/${id}/events` });
    t.equal(events.json().items[0].actor.address, address, forwarded);
  }
});

t.test('an address of IPv6 counts with the network that a customer gets, of 64 bits', async (t) => {
  const service = await startService(t, { env: { FAILED_AUTH_LIMIT: '2' } });
  t.same(
    await fail(service, '2001:db8:0:1::1', '2001:db8:0:1:ffff:ffff:ffff:ffff', '2001:db8:0:1::2'),
    [401, 401, 429],
  );
  t.same(await fail(service, '2001:db8:0:2::1'), [401], 'the next network goes on');
  t.same(
    await fail(service, '::ffff:192.0.2.1', '192.0.2.1', '::ffff:192.0.2.1', '::ffff:192.0.2.2'),
    [401, 401, 429, 401],
    'and an address of IPv4 is one address in either form',
  );
});

t.test('an address is not forgotten because thousands of others fail', async (t) => {
  const service = await startService(t, { env: { FAILED_AUTH_LIMIT: '2' } });
  const address = '192.0.2.1';
  await fail(service, address);
  const others = Array.from({ length: 6_000 }, (_, i) => `10.0.${i >> 8}.${i & 255}`);
  for (const remoteAddress of others) await statusOf(service, 'malformed', { remoteAddress });
  t.same(await fail(service, address, address), [401, 429]);
});

async function usesLimitUp(t: Test, { call }: TestService, key: string): Promise<void> {
  for (const remaining of ['2', '1', '0']) {
    const response = await call({ url, key: key });
    t.equal(response.statusCode, 200);
    t.match(response.headers, {
      'x-ratelimit-limit': '3',
      'x-ratelimit-remaining': remaining,
      'x-ratelimit-reset': '10',
    });
  }
  const over = await call({ url, key: key });
  t.equal(over.statusCode, 429);
  t.same(over.json(), tooMany);
  t.match(over.headers, { 'x-ratelimit-limit': '3', 'x-ratelimit-remaining': '0', 'retry-after': '10' });
  t.equal(over.headers['cache-control'], 'no-store');
}

t.test('a key has its own limit, or the one of its environment', async (t) => {
  const clock = clockOf(t);
  const service = await startService(t, { env: { FAILED_AUTH_LIMIT: '1000' } });
  const { call } = service;
  const own = await createKey(service, { rate_limit: { limit: 3, window_seconds: 10 } });
  const changer = await createKey(service, { rate_limit: { limit: 100, window_seconds: 10 } });

  await t.test('a key is told what is left of its limit', (t) => usesLimitUp(t, service, own.api_key));

  await t.test('from whichever address, and nobody else is refused', async (t) => {
    t.equal(await statusOf(service, own.api_key, { remoteAddress: '192.0.2.9' }), 429);
    const other = await createKey(service, { rate_limit: { limit: 3, window_seconds: 10 } });
    t.equal((await call({ url, key: other.api_key })).headers['x-ratelimit-remaining'], '2');
  });

  await t.test('until the window ends', async (t) => {
    clock.forward(9_000);
    const before = await call({ url, key: own.api_key });
    t.equal(before.statusCode, 429);
    t.equal(before.headers['retry-after'], '1');
    clock.forward(Number(before.headers['retry-after']) * 1_000);
    t.equal((await call({ url, key: own.api_key })).headers['x-ratelimit-remaining'], '2');
  });

  await t.test("strangers cannot use a key's limit up", async (t) => {
    const { id } = own.secret;
    for (const presented of [id, `key:${id}`, own.secret.tenant_id, own.api_key.slice(0, -1), wrongKey]) {
      for (let i = 0; i < 5; i += 1) t.equal(await statusOf(service, presented), 401);
    }
    const response = await call({ url, key: own.api_key, remoteAddress: '192.0.2.9' });
    t.equal(response.statusCode, 200);
    t.equal(response.headers['x-ratelimit-remaining'], '1');
  });

  await t.test('a key without a limit has that of its environment', async (t) => {
    const unlimited = await createKey(service);
    t.notOk((await call({ url, key: unlimited.api_key })).headers['x-ratelimit-limit']);
    await call({
      method: 'PATCH',
      url: `/v1/environments/${unlimited.secret.environment_id}`,
      payload: { rate_limit: { limit: 1, window_seconds: 60 } },
    });
    t.equal(await statusOf(service, unlimited.api_key), 200);
    t.equal(await statusOf(service, unlimited.api_key), 429);
    t.equal((await call({ url, key: own.api_key })).headers['x-ratelimit-limit'], '3', 'its own comes first');
  });

  await t.test("a change of the environment's limit holds at once", async (t) => {
    t.equal(await statusOf(service, own.api_key), 429);
    const change = await call({
      method: 'PATCH',
      url: `/v1/secrets/api/keys/${own.secret.id}`,
      key: changer.api_key,
      payload: { rate_limit: { limit: 100, window_seconds: 60 } },
    });
    t.equal(change.statusCode, 200);
    t.equal((await call({ url, key: own.api_key })).headers['x-ratelimit-limit'], '100');
  });
});

/** The messages of the service's log. */
function logOf(): { stream: Writable; messages: string[] } {
  const messages: string[] = [];
  const stream = new Writable({
    write(line: Buffer, _encoding, done) {
      messages.push(JSON.parse(line.toString()).msg);
      done();
    },
  });
  return { stream, messages };
}

const lost = 'Redis is unreachable: each process counts limits for itself';
const found = 'Redis is back: limits are counted across all processes again';
const changesIn = (messages: string[]) => messages.filter((message) => [lost, found].includes(message));

interface Processes {
  redis: TestRedis;
  /** Two services on one database and one Redis. */
  services: [TestService, TestService];
  logs: [string[], string[]];
}

async function startProcesses(t: Test, env: NodeJS.Dict<string> = {}): Promise<Processes> {
  const redis = await createRedis(t);
  await redis.start();
  const databaseUrl = await createMigratedDatabase(t);
  const start = async () => {
    const { stream, messages } = logOf();
    const service = await startService(t, {
      databaseUrl,
      logStream: stream,
      env: { REDIS_URL: redis.url, LOG_LEVEL: 'info', ...env },
    });
    return { service, messages };
  };
  const [one, other] = [await start(), await start()];
  return { redis, services: [one.service, other.service], logs: [one.messages, other.messages] };
}

/** The mode in which each service counts, as it reports. */
const statesOf = (services: TestService[]): Promise<string[]> =>
  Promise.all(
    services.map(async ({ call }) => {
      const response = await call({ url: '/health/ready', key: null });
      return `${response.statusCode} ${response.json().checks.rate_limits}`;
    }),
  );

/** The rest of the key's limit, as each service in turn reports it. */
async function leftOf(services: TestService[], key: string): Promise<number[]> {
  const left: number[] = [];
  for (const { call } of services) {
    left.push(Number((await call({ url, key })).headers['x-ratelimit-remaining']));
  }
  return left;
}

/** Sends requests until all count in Redis again. A service tries once a second. */
async function untilShared(services: TestService[], key: string): Promise<void> {
  while ((await statesOf(services)).some((state) => state !== '200 shared')) {
    await delay(50);
    await leftOf(services, key);
  }
}

const limited = (service: TestService, limit: number) =>
  createKey(service, { rate_limit: { limit, window_seconds: 3600 } });

t.test('processes with Redis count the requests of a key together', { skip: redisIsMissing }, async (t) => {
  const { services, redis } = await startProcesses(t);
  const [one, other] = services;
  const { api_key: key, secret } = await limited(one, 3);
  t.same(await leftOf([one, other, one], key), [2, 1, 0]);
  for (const { call } of services) {
    const response = await call({ url, key });
    t.equal(response.statusCode, 429);
    t.same(response.json(), tooMany);
    t.ok(Number(response.headers['retry-after']) > 3590);
  }
  t.same(await statesOf(services), ['200 shared', '200 shared']);

  const client = new Redis(redis.url);
  t.teardown(() => client.disconnect());
  const names = await client.keys('*');
  t.match(names, [new RegExp(`^latchkey:.*${secret.id}$`)], 'under the id of the key');
  for (const name of names) t.ok((await client.pttl(name)) > 0, 'for the time of the window');
});

t.test(
  'processes with Redis count what a key is used for, whether Redis answers or not',
  { skip: redisIsMissing },
  async (t) => {
    const { services, redis } = await startProcesses(t);
    const [one, other] = services;
    const { api_key: key, secret } = await createKey(one, {
      permissions: ['keys:read'],
      rate_limit: { limit: 4, window_seconds: 3600 },
    });
    const usage = async () => {
      for (const { app } of services) await usageWriterOf(app).drain();
      return (await one.call({ url: `/v1/secrets/api/keys/${secret.id}/usage` })).json();
    };
    await leftOf([one, other, one], key);
    t.equal((await other.call({ url: '/v1/customers', key })).statusCode, 403);
    for (const { call } of services) t.equal((await call({ url, key })).statusCode, 429);
    const shared = await usage();
    t.match(shared.totals, { accepted: 3, permission: 1, limited: 2 });
    t.equal(shared.addresses.total, 1);

    await redis.kill();
    await leftOf([one, other], key);
    const alone = await usage();
    t.match(alone.totals, { accepted: 5, permission: 1, limited: 2 });
    t.ok(Date.parse(alone.last_used_at) >= Date.parse(shared.last_used_at));
  },
);

t.test('a failure after Redis was asked is 503 and ends no process', { skip: redisIsMissing }, async (t) => {
  const { services } = await startProcesses(t, { FAILED_AUTH_LIMIT: '100' });
  const [{ app, call }] = services;
  const { api_key: key } = await limited(services[0], 10);
  const { api_key: asker } = await createKey(services[0], { permissions: ['keys:verify'] });
  const failing = {
    value: () => {
      throw new Error('a defect');
    },
  };
  const { restore } = t.intercept(app.authenticator.usage, 'countOutcome', failing);
  t.equal((await call({ url, key })).statusCode, 503);
  restore();
  const ask = {
    method: 'POST',
    url: '/v1/auth/keys/verify',
    payload: { api_key: key },
    key: asker,
  } as const;
  t.equal((await call(ask)).json().rate_limit.remaining, 8, 'and what it has counted is counted');
});

t.test(
  'processes with Redis count until the window ends, in whole seconds',
  { skip: redisIsMissing },
  async (t) => {
    const { services } = await startProcesses(t);
    const [one, other] = services;
    const { api_key: key } = await createKey(one, { rate_limit: { limit: 1, window_seconds: 1 } });
    t.equal(await statusOf(one, key), 200);
    const refused = await other.call({ url, key });
    t.equal(refused.statusCode, 429);
    t.equal(refused.headers['retry-after'], '1');
    await delay(1_000);
    t.equal(await statusOf(other, key), 200);
  },
);

t.test(
  'processes with Redis count the failures of an address together',
  { skip: redisIsMissing },
  async (t) => {
    const { services } = await startProcesses(t, { FAILED_AUTH_LIMIT: '3' });
    const [one, other] = services;
    const remoteAddress = '192.0.2.1';
    t.same(await fail(one, remoteAddress, remoteAddress), [401, 401]);
    t.same(await fail(other, remoteAddress, remoteAddress), [401, 429]);
    t.same(await fail(one, remoteAddress), [429]);
    t.equal(await statusOf(one, developmentKey, { remoteAddress }), 200);
  },
);

t.test(
  'processes with Redis count for themselves once it is dead, and together once it is back',
  async (t) => {
    const { services, logs, redis } = await startProcesses(t);
    const [one, other] = services;
    const { api_key: key } = await limited(one, 100);
    t.same(await leftOf([one, other], key), [99, 98]);

    await redis.kill();
    t.same(await leftOf([one, other, one, other], key), [99, 99, 98, 98]);
    t.same(await statesOf(services), ['200 process', '200 process']);

    await redis.start();
    await untilShared(services, key);
    const { api_key: fresh } = await limited(one, 100);
    t.same(await leftOf([one, other, one, other], fresh), [99, 98, 97, 96]);
    t.same(
      logs.map(changesIn),
      [
        [lost, found],
        [lost, found],
      ],
      'each says it once',
    );
  },
);

t.test(
  'processes with Redis answer while it hangs, and count together once it answers',
  { skip: redisIsMissing },
  async (t) => {
    const { services, logs, redis } = await startProcesses(t);
    const [one, other] = services;
    const { api_key: key } = await limited(one, 1000);
    t.same(await leftOf([one, other], key), [999, 998]);

    redis.hang();
    t.teardown(() => redis.resume());
    const together = await Promise.all(Array.from({ length: 20 }, () => one.call({ url, key })));
    t.same(new Set(together.map(({ statusCode }) => statusCode)), new Set([200]));
    t.same(await leftOf([one, other, other], key), [979, 999, 998], 'each by itself');
    t.same(await statesOf(services), ['200 process', '200 process']);

    redis.resume();
    await untilShared(services, key);
    const { api_key: fresh } = await limited(one, 100);
    t.same(await leftOf([one, other, one, other], fresh), [99, 98, 97, 96]);
    t.same(
      logs.map(changesIn),
      [
        [lost, found],
        [lost, found],
      ],
      'each says it once',
    );
  },
);

const absences = [
  { state: 'is not there', cause: async () => {}, mend: (redis: TestRedis) => redis.start() },
  {
    state: 'hangs',
    cause: async (redis: TestRedis) => {
      await redis.start();
      redis.hang();
    },
    mend: async (redis: TestRedis) => redis.resume(),
  },
];

for (const { state, cause, mend } of absences) {
  t.test(
    `processes with Redis start although it ${state}, and use it once it answers`,
    { skip: redisIsMissing },
    async (t) => {
      const redis = await createRedis(t);
      await cause(redis);
      const { stream, messages } = logOf();
      const service = await startService(t, {
        logStream: stream,
        env: { REDIS_URL: redis.url, LOG_LEVEL: 'info' },
      });
      const { api_key: key } = await limited(service, 1000);
      t.same(await statesOf([service]), ['200 process']);
      t.same(await leftOf([service, service], key), [999, 998]);
      await mend(redis);
      await untilShared([service], key);
      t.same(changesIn(messages), [lost, found]);
    },
  );
}
