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

t.test('an address that presents too many wrong keys is refused', async (t) => {
  const clock = clockOf(t);
  const service = await startService(t, { env: { FAILED_AUTH_LIMIT: '3' } });
  const { call } = service;
  const { api_key: key } = await createKey(service);
  const remoteAddress = '192.0.2.1';

  t.same(await fail(service, remoteAddress, remoteAddress, remoteAddress), [401, 401, 401]);

  await t.test('before any decision, whatever it presents now', async (t) => {
    const decisions = t.capture(service.app.replica, 'canDecide', service.app.replica.canDecide);
    for (const presented of [wrongKey, key, developmentKey, null, 'not a key']) {
      const response = await call({ url, key: presented, remoteAddress });
      t.equal(response.statusCode, 429);
      t.same(response.json(), tooMany);
      const retryAfter = Number(response.headers['retry-after']);
      t.ok(retryAfter > 50 && retryAfter <= 60, 'Retry-After is the rest of the minute');
    }
    t.same(decisions(), [], 'nobody looks at the key');
    t.equal(
      (await call({ url: '/health', key: null, remoteAddress })).statusCode,
      200,
      'public routes go on',
    );
  });

  await t.test('other keys are not limited', async (t) => {
    t.equal(await statusOf(service, key, { remoteAddress: '192.0.2.2' }), 200);
    t.same(await fail(service, '192.0.2.2'), [401]);
  });

  await t.test('until the minute ends', async (t) => {
    clock.forward(59_000);
    t.equal(await statusOf(service, key, { remoteAddress }), 429);
    clock.forward(1_500);
    t.equal(await statusOf(service, key, { remoteAddress }), 200);
    t.same(
      await fail(service, ...Array<string>(4).fill(remoteAddress)),
      [401, 401, 401, 429],
      'and then it begins anew',
    );
  });
});

t.test('only wrong keys count against an address', async (t) => {
  const clock = clockOf(t);
  const service = await startService(t, { env: { FAILED_AUTH_LIMIT: '2' } });
  const { api_key: key } = await createKey(service, { permissions: ['customers:read'] });
  const expires_at = new Date(Date.now() + 3_600_000).toISOString();
  const { api_key: expiring } = await createKey(service, { expires_at });
  const { api_key: inactive, secret: inactiveSecret } = await createKey(service);
  await service.call({
    method: 'PATCH',
    url: `/v1/secrets/api/keys/${inactiveSecret.id}`,
    payload: { status: 'inactive' },
  });
  for (let i = 0; i < 5; i += 1) {
    t.equal(await statusOf(service, null), 401, 'no key');
    t.equal(await statusOf(service, inactive), 403, 'a key that is inactive');
    t.equal(
      (await service.call({ url: '/v1/secrets/api/keys', key })).statusCode,
      403,
      'a permission that is lacking',
    );
    const elsewhere = { headers: { 'x-environment-id': 'nowhere' } };
    t.equal(await statusOf(service, developmentKey, elsewhere), 403, 'a wrong environment');
  }
  t.equal(await statusOf(service, expiring), 200);
  clock.forward(3_600_000);
  t.equal(await statusOf(service, 'malformed'), 401);
  t.equal(await statusOf(service, expiring), 401, 'an expired key counts as a malformed one does');
  t.equal(await statusOf(service, developmentKey), 429);
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

t.test('X-Forwarded-For is believed of trusted proxies only', async (t) => {
  const through = (remoteAddress: string, forwarded: string): From => ({
    remoteAddress,
    headers: { 'x-forwarded-for': forwarded },
  });

  await t.test('of nobody, unless configured', async (t) => {
    const service = await startService(t, { env: { FAILED_AUTH_LIMIT: '1' } });
    t.equal(await statusOf(service, wrongKey, through('10.0.0.1', '192.0.2.1')), 401);
    t.equal(await statusOf(service, developmentKey, through('10.0.0.1', '192.0.2.2')), 429);
    t.equal(await statusOf(service, developmentKey, through('10.0.0.2', '192.0.2.1')), 200);
  });

  await t.test('of those in TRUSTED_PROXIES', async (t) => {
    const env = { FAILED_AUTH_LIMIT: '1', TRUSTED_PROXIES: '10.0.0.0/8, 2001:db8:1::/48' };
    const service = await startService(t, { env });
    t.equal(await statusOf(service, wrongKey, through('10.0.0.1', '192.0.2.1')), 401);
    t.equal(await statusOf(service, developmentKey, through('10.0.0.1', '192.0.2.1')), 429);
    t.equal(
      await statusOf(service, developmentKey, through('2001:db8:1::1', '192.0.2.1')),
      429,
      'the client is the same behind another proxy',
    );
    t.equal(
      await statusOf(service, developmentKey, through('10.0.0.1', '192.0.2.2')),
      200,
      'another client behind the same proxy goes on',
    );
    t.equal(
      await statusOf(service, developmentKey, through('10.0.0.1', '203.0.113.9, 192.0.2.1')),
      429,
      'what the client wrote before the proxy saw it does not help',
    );

    t.equal(await statusOf(service, wrongKey, through('198.51.100.1', '192.0.2.7')), 401);
    t.equal(
      await statusOf(service, developmentKey, through('198.51.100.1', '192.0.2.8')),
      429,
      'a stranger counts by its own address, whatever it forwards',
    );
    t.equal(
      await statusOf(service, developmentKey, through('10.0.0.1', '192.0.2.7')),
      200,
      'and so can get nobody else refused',
    );
  });
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
    t.equal(await statusOf(other, developmentKey, { remoteAddress }), 429);
    t.same(await fail(one, remoteAddress, remoteAddress), [401, 429], 'the other hears of it at one failure');
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
