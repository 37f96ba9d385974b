import { once } from 'node:events';
import { connect } from 'node:net';
import t, { type Test } from 'tap';
import { listen, sendRaw } from '../fixtures/raw-http.ts';
import { createRedis, redisIsMissing } from '../fixtures/redis.ts';
import {
  type CallOptions,
  collectLog,
  configuredKeys,
  createEnvironment,
  createKey,
  cutDatabase,
  developmentKey,
  errorOf,
  startService,
  type TestService,
  until,
  untilLeaseEnds,
  usageWriterOf,
} from '../helper.ts';

const configured = configuredKeys({
  bare: { tenant_id: 'tenant_default' },
  globex: { tenant_id: 'tenant_globex', environment_id: 'development' },
  limited: { tenant_id: 'tenant_default', environment_id: 'limited' },
});
const log = collectLog();
const service = await startService(t, {
  env: { ...configured.env, LOG_LEVEL: 'info', ACCESS_LOG: 'failures' },
  logStream: log.logStream,
});
const { app, call } = service;
const port = await listen(app);

const forwardAuth = '/v1/auth/verify';
const keysVerify = '/v1/auth/keys/verify';
const denied = errorOf('Permission denied', 'permission_denied');
const tooMany = errorOf('Rate limit exceeded', 'too_many_requests');

const verify = (key: string | null, path = '', options: Partial<CallOptions> = {}) =>
  call({ url: `${forwardAuth}${path}`, key, ...options });

const deactivate = (id: string, by: TestService = service) =>
  by.call({ method: 'PATCH', url: `/v1/secrets/api/keys/${id}`, payload: { status: 'inactive' } });

/** The identity headers of an answer, by the end of their names. */
const identityIn = (headers: Record<string, unknown>) =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      name.startsWith('x-auth-') ? [[name.slice(7), value]] : [],
    ),
  );

const { api_key: key, secret } = await createKey(service, { permissions: ['orders:read', 'orders:write'] });

const identity = {
  'tenant-id': secret.tenant_id,
  'environment-id': secret.environment_id,
  'user-id': secret.user_id,
  'key-id': secret.id,
  permissions: secret.permissions.join(','),
};

t.test('forward-auth: says whom a request speaks for', async (t) => {
  const response = await verify(key);
  t.equal(response.statusCode, 200);
  t.equal(response.body, '');
  t.equal(response.headers['content-length'], '0');
  t.equal(response.headers['cache-control'], 'no-store');
  t.strictSame(identityIn(response.headers), identity);
});

t.test('forward-auth: answers every header, the empty ones too', async (t) => {
  t.strictSame(identityIn((await verify(configured.keys.bare)).headers), {
    'tenant-id': 'tenant_default',
    'environment-id': '',
    'user-id': 'user_bare',
    'key-id': (await call({ url: '/v1/auth/me', key: configured.keys.bare })).json().key_id,
    permissions: '*',
  });
  const { api_key } = await createKey(service, { permissions: [] });
  t.match(identityIn((await verify(api_key)).headers), { permissions: '' });
});

t.test('forward-auth: the service believes nothing that the client says of itself', async (t) => {
  const headers = { 'x-auth-tenant-id': 'tenant_globex', 'x-auth-permissions': '*' };
  t.strictSame(identityIn((await verify(key, '', { headers })).headers), identity);
});

t.test('forward-auth: accepts any method and any path', async (t) => {
  for (const method of [
    'GET',
    'HEAD',
    'POST',
    'PUT',
    'PATCH',
    'DELETE',
    'OPTIONS',
    'PROPFIND',
    'TRACE',
    'M-SEARCH',
  ]) {
    for (const path of ['', '/', '/orders/1', '/a%2Fb/../%F0%9F%94%91', `/${'long'.repeat(500)}`]) {
      for (const [presented, status] of [
        [key, 200],
        ['f'.repeat(64), 401],
      ] as const) {
        const head = `${method} ${forwardAuth}${path} HTTP/1.1\r\nHost: x\r\nX-API-Key: ${presented}\r\n`;
        const [answer] = await sendRaw(port, `${head}Connection: close\r\n\r\n`);
        t.equal(answer?.status, status, `${method} ${path.slice(0, 30)}`);
        t.strictSame(identityIn(answer?.headers ?? {}), status === 200 ? identity : {});
      }
    }
  }
  t.equal((await verify(key, '-or-not')).statusCode, 404);
  t.equal((await verify(key, '/%zz')).statusCode, 400, 'unless no URL may have it');
});

t.test('forward-auth: ignores the body, whatever it is', async (t) => {
  for (const header of [
    'Content-Length: 1000000000000',
    'Content-Length: 5',
    'Content-Length: 1000\r\nContent-Type: application/json',
    'Content-Length: 1000\r\nContent-Type: ;;;',
    'Transfer-Encoding: chunked\r\nContent-Type: text/plain',
  ]) {
    for (const [presented, status] of [
      [key, 200],
      ['f'.repeat(64), 401],
    ] as const) {
      const socket = connect(port, '127.0.0.1');
      socket.write(
        `POST ${forwardAuth} HTTP/1.1\r\nHost: x\r\nX-API-Key: ${presented}\r\n${header}\r\n\r\n{`,
      );
      const [answer] = await once(socket, 'data');
      t.match(String(answer), new RegExp(`^HTTP/1\\.1 ${status} `), header);
      socket.destroy();
    }
  }
});

t.test('forward-auth: refuses as every other route does', async (t) => {
  const inactive = await createKey(service);
  await deactivate(inactive.secret.id);
  const elsewhere = { headers: { 'x-environment-id': 'nowhere' } };
  for (const [response, status, message] of [
    [await verify(null), 401, 'API key required'],
    [await verify(''), 401, 'API key required'],
    [await verify('f'.repeat(64)), 401, 'Invalid API key'],
    [await verify(inactive.api_key), 403, 'API key is inactive'],
    [await verify(developmentKey, '', elsewhere), 403, 'Invalid or inaccessible environment'],
  ] as const) {
    t.equal(response.statusCode, status);
    t.strictSame(response.json(), errorOf(message, 'permission_denied'));
    t.strictSame(identityIn(response.headers), {});
    if (status === 401) t.match(response.headers['www-authenticate'], /^Bearer realm="latchkey"/);
  }
  const twice = `X-API-Key: ${key}\r\nX-API-Key: ${key}`;
  const [answer] = await sendRaw(
    port,
    `GET ${forwardAuth} HTTP/1.1\r\nHost: x\r\n${twice}\r\nConnection: close\r\n\r\n`,
  );
  t.equal(answer?.status, 401, 'a key twice');
});

t.test('forward-auth: asks for permissions', async (t) => {
  for (const [query, status] of [
    ['?permission=orders:read', 200],
    ['?permission=orders:read&permission=orders:write', 200],
    ['?permission=customers:read', 403],
    ['?permission=orders:read&permission=customers:read', 403],
    ['?permission=customers:read&permission=orders:read', 403],
    ['?permission=', 403],
    ['?permission=*', 403],
    ['?permission', 403],
    ['/orders?permission=customers:read&page=1', 403],
    ['?__proto__=x&constructor=y&toString=z&unknown=1', 200],
  ] as const) {
    const response = await verify(key, query);
    t.equal(response.statusCode, status, query);
    if (status === 403) t.strictSame(response.json(), denied);
  }
  t.equal((await verify(developmentKey, '?permission=anything:else')).statusCode, 200, 'as keys hold them');
  const { api_key: ofOrders } = await createKey(service, { permissions: ['orders:*'] });
  for (const [permission, status] of [
    ['orders:delete', 200],
    ['orders', 403],
    ['ordersx', 403],
    ['order', 403],
    ['ordersx:read', 403],
    ['x:orders:read', 403],
    [':*', 403],
  ] as const)
    t.equal((await verify(ofOrders, `?permission=${permission}`)).statusCode, status, permission);
});

t.test(
  'forward-auth: counts each request once against the limit of the key, and tells nginx of 429 by 403',
  async (t) => {
    const { api_key } = await createKey(service, { rate_limit: { limit: 2, window_seconds: 3_600 } });
    const answers = [];
    for (const query of ['', '/orders', '', '?deny=403', '?deny=403&permission=x:y', '?deny=404'])
      answers.push(await verify(api_key, query));
    t.strictSame(
      answers.map(({ statusCode }) => statusCode),
      [200, 200, 429, 403, 403, 429],
    );
    for (const { statusCode, headers, json } of answers.slice(2)) {
      t.strictSame(json(), tooMany);
      t.match(headers['retry-after'], /^[1-9]\d*$/);
      t.strictSame(identityIn(headers), statusCode === 403 ? { status: '429' } : {});
    }
    t.strictSame(identityIn((await verify(null, '?deny=403')).headers), {}, 'other refusals are as always');
  },
);

t.test(
  'forward-auth: keeps connections, and is in step on them after bodies that it did not read',
  async (t) => {
    const request = (path: string, body = '') =>
      `POST ${forwardAuth}${path} HTTP/1.1\r\nHost: x\r\nX-API-Key: ${key}\r\nContent-Length: ${body.length}\r\n`;
    const body = 'GET / HTTP/1.1\r\n\r\n';
    const answers = await sendRaw(
      port,
      `${request('', body)}\r\n${body}${request('/1', body)}\r\n${body}${request('/2')}Connection: close\r\n\r\n`,
    );
    t.strictSame(
      answers.map(({ status }) => status),
      [200, 200, 200],
    );
  },
);

t.test('forward-auth: writes no line for what a proxy passes on', async (t) => {
  log.lines.length = 0;
  await verify(key, '', { method: 'POST' });
  t.strictSame(log.lines, []);
  await call({ method: 'POST', url: '/v1/customers', payload: { external_id: 'x' } });
  await until(() => log.lines.length > 0);
});

t.test('X-Forwarded-For is believed of trusted proxies only', async (t) => {
  const from = { headers: { 'x-forwarded-for': '192.0.2.1' } };
  for (const [trusted, address] of [
    ['127.0.0.1', '192.0.2.1'],
    ['10.0.0.1', '127.0.0.1'],
  ] as const) {
    const guarded = await startService(t, { env: { TRUSTED_PROXIES: trusted, FAILED_AUTH_LIMIT: '1' } });
    const { api_key: key, secret } = await createKey(guarded);
    t.equal((await guarded.call({ url: forwardAuth, key, ...from })).statusCode, 200);
    await usageWriterOf(guarded.app).flush();
    const usage = (await guarded.call({ url: `/v1/secrets/api/keys/${secret.id}/usage` })).json();
    t.match(usage.addresses.recent, [{ address }]);
    const unknown = { url: forwardAuth, key: 'f'.repeat(64) };
    t.equal((await guarded.call({ ...unknown, ...from })).statusCode, 401);
    const other = await guarded.call({ ...unknown, headers: { 'x-forwarded-for': '192.0.2.2' } });
    t.equal(other.statusCode, trusted === '127.0.0.1' ? 401 : 429, 'whom an unknown key counts against');
  }
});

t.test('what can not be decided is 503', async (t) => {
  const failing = await startService(t);
  const restore = await cutDatabase(failing.databaseUrl);
  t.teardown(restore);
  await untilLeaseEnds(failing);
  for (const query of ['', '?deny=403']) {
    const response = await failing.call({ url: `${forwardAuth}${query}` });
    t.equal(response.statusCode, 503);
    t.equal(response.headers['retry-after'], '1');
    t.strictSame(identityIn(response.headers), {});
  }
});

t.test('what fails after a wait for the lease is 503 too, and says why in the log', async (t) => {
  const failing = t.intercept(app.authenticator.usage, 'countOutcome', {
    value() {
      throw new Error('a defect');
    },
  });
  const waiting = t.intercept(app.replica, 'canDecide', { value: () => false });
  const wait = t.intercept(app.replica, 'waitUntilCanDecide', {
    async value() {
      waiting.restore();
      return true;
    },
  });
  log.lines.length = 0;
  const response = await verify(developmentKey);
  wait.restore();
  failing.restore();
  t.equal(response.statusCode, 503);
  t.strictSame(response.json(), errorOf('Authentication temporarily unavailable', 'service_unavailable'));
  t.match(log.lines.join(), 'a defect');
});

const { api_key: asker } = await createKey(service, { permissions: ['keys:verify'] });

const ask = (payload: object, key = asker, by = service) =>
  by.call({ method: 'POST', url: keysVerify, payload, key });

const verdictOn = async (api_key: string, more: object = {}) => (await ask({ api_key, ...more })).json();

const codesOf = (verdicts: { code: string }[]) => verdicts.map(({ code }) => code);

const rate_limit = { limit: 3, window_seconds: 3_600 };

const known = await createKey(service, { permissions: ['orders:read'], rate_limit });

const nothing = {
  valid: false,
  ...{
    key_id: null,
    tenant_id: null,
    environment_id: null,
    user_id: null,
    permissions: [],
    rate_limit: null,
  },
};

const notFound = { ...nothing, code: 'not_found' };

const valid = {
  valid: true,
  code: 'valid',
  key_id: known.secret.id,
  tenant_id: known.secret.tenant_id,
  environment_id: known.secret.environment_id,
  user_id: known.secret.user_id,
  permissions: ['orders:read'],
  rate_limit: { ...rate_limit, remaining: 3, reset_seconds: 0 },
};

t.test('the verify call: the answer says whom the keys speak for', async (t) => {
  t.strictSame(await verdictOn(known.api_key, { cost: 0 }), valid);
  t.strictSame(await verdictOn(known.api_key, { cost: 0, permission: 'orders:read' }), valid);
  t.strictSame(await verdictOn(known.api_key, { cost: 0, permission: 'orders:write' }), {
    ...valid,
    valid: false,
    code: 'insufficient_permissions',
  });
  t.match(await verdictOn(developmentKey), { valid: true, key_id: /^key_configured_/, permissions: ['*'] });
  t.match(await verdictOn(configured.keys.bare), { valid: true, environment_id: null });
});

t.test('the verify call: a bad key is an answer and no error', async (t) => {
  for (const api_key of ['f'.repeat(64), '', 'x', 'x'.repeat(10_000), `${known.api_key} `, '\u0000', '🔑'])
    t.strictSame(await verdictOn(api_key), notFound);
  const inactive = await createKey(service);
  await deactivate(inactive.secret.id);
  t.strictSame(await verdictOn(inactive.api_key), {
    ...nothing,
    code: 'inactive',
    key_id: inactive.secret.id,
  });
  const expires_at = new Date(Date.now() + 60_000).toISOString();
  const expiring = await createKey(service, { expires_at });
  const real = Date.now;
  const later = t.intercept(Date, 'now', { value: () => real() + 61_000 });
  t.strictSame(await verdictOn(expiring.api_key), {
    ...nothing,
    code: 'expired',
    key_id: expiring.secret.id,
  });
  later.restore();
  await usageWriterOf(app).flush();
  for (const [{ secret }, outcome] of [
    [inactive, 'inactive'],
    [expiring, 'expired'],
  ] as const) {
    const { totals } = (await call({ url: `/v1/secrets/api/keys/${secret.id}/usage` })).json();
    t.equal(totals[outcome], 1, 'and it is counted as if it had been presented here');
  }
});

t.test('the verify call: decides by a change from its answer on', async (t) => {
  const { api_key, secret } = await createKey(service);
  t.match(await verdictOn(api_key), { code: 'valid' });
  await call({ method: 'DELETE', url: `/v1/secrets/api/keys/${secret.id}` });
  t.strictSame(await verdictOn(api_key), notFound);
});

t.test('the verify call: a key of another tenant is never found, in whatever state it is', async (t) => {
  const theirs = { key: configured.keys.globex };
  const active = await createKey(service, {}, theirs);
  const inactive = await createKey(service, {}, theirs);
  const url = `/v1/secrets/api/keys/${inactive.secret.id}`;
  await call({ method: 'PATCH', url, payload: { status: 'inactive' }, ...theirs });
  for (const api_key of [active.api_key, inactive.api_key, configured.keys.globex]) {
    t.strictSame(await verdictOn(api_key), notFound);
    t.not(
      (await ask({ api_key }, configured.keys.globex)).json().code,
      'not_found',
      'in contrast to its own',
    );
  }
  t.strictSame(codesOf((await ask([{ api_key: known.api_key, cost: 0 }], configured.keys.globex)).json()), [
    'not_found',
  ]);
});

t.test('the verify call: finds keys of every environment of its tenant', async (t) => {
  const { id } = (
    await call({ method: 'POST', url: '/v1/environments', payload: { name: 'elsewhere' } })
  ).json();
  const elsewhere = await createKey(service, {}, { headers: { 'x-environment-id': id } });
  t.match(await verdictOn(elsewhere.api_key), { code: 'valid', environment_id: id });
});

t.test('the verify call: answers a batch in order', async (t) => {
  const api_key = known.api_key;
  const batch = [
    { api_key, cost: 0 },
    { api_key: 'f'.repeat(64) },
    { api_key, cost: 0, permission: 'orders:write' },
  ];
  t.strictSame((await ask(batch)).json(), [
    valid,
    notFound,
    { ...valid, valid: false, code: 'insufficient_permissions' },
  ]);
  const hundred = (await ask(Array(100).fill({ api_key: 'x'.repeat(64) }))).json();
  t.strictSame(hundred, Array(100).fill(notFound));
});

t.test('the verify call: counts each key of a batch once against its limit', async (t) => {
  const { api_key, secret } = await createKey(service, { permissions: ['orders:read'], rate_limit });
  t.match(await verdictOn(api_key), { code: 'valid' });
  t.strictSame(codesOf((await ask(Array(3).fill({ api_key }))).json()), ['valid', 'valid', 'rate_limited']);
  const used = { ...rate_limit, remaining: 0, reset_seconds: 3_600 };
  t.strictSame(await verdictOn(api_key), {
    ...{ ...valid, key_id: secret.id, valid: false, code: 'rate_limited', rate_limit: used },
  });
  t.strictSame(
    await verdictOn(api_key, { cost: 0 }),
    { ...valid, key_id: secret.id, rate_limit: used },
    'what costs nothing is within any limit',
  );
  t.equal((await verify(api_key)).statusCode, 429, 'it is the limit that the key has everywhere');
  await usageWriterOf(app).flush();
  const { totals } = (await call({ url: `/v1/secrets/api/keys/${secret.id}/usage` })).json();
  t.match(totals, { accepted: 3, limited: 3, permission: 0 });
  const lacking = await createKey(service, { permissions: ['orders:read'], rate_limit });
  t.match(await verdictOn(lacking.api_key, { permission: 'orders:write', cost: 2 }), {
    code: 'insufficient_permissions',
    rate_limit: { remaining: 1 },
  });
  const askers = (await call({ url: '/v1/auth/me', key: asker })).headers;
  t.equal(askers['x-ratelimit-limit'], undefined, 'and not of the asker');
});

t.test('the verify call: a batch counts as many times as it says: all of them, or none', async (t) => {
  const { api_key, secret } = await createKey(service, { rate_limit: { limit: 10, window_seconds: 60 } });
  const leftAfter = async (cost: number) => {
    const { code, rate_limit } = await verdictOn(api_key, { cost });
    return [code, rate_limit.remaining, rate_limit.reset_seconds > 0];
  };
  t.strictSame(await leftAfter(11), ['rate_limited', 10, false], 'more than the limit never passes');
  t.strictSame(await leftAfter(1_000_000), ['rate_limited', 10, false]);
  t.strictSame(await leftAfter(0), ['valid', 10, false], 'and no window has begun');
  t.strictSame(await leftAfter(4), ['valid', 6, true]);
  t.strictSame(await leftAfter(7), ['rate_limited', 6, true]);
  t.strictSame(await leftAfter(0), ['valid', 6, true]);
  const batch = [7, 5, 0, 2, 1].map((cost) => ({ api_key, cost }));
  const verdicts = (await ask(batch)).json();
  t.strictSame(codesOf(verdicts), ['rate_limited', 'valid', 'valid', 'rate_limited', 'valid']);
  t.strictSame(
    verdicts.map(({ rate_limit }: { rate_limit: { remaining: number } }) => rate_limit.remaining),
    [6, 1, 1, 1, 0],
  );
  t.equal((await verify(api_key)).statusCode, 429, 'it is the limit that the key has everywhere');
  await usageWriterOf(app).flush();
  const { totals } = (await call({ url: `/v1/secrets/api/keys/${secret.id}/usage` })).json();
  t.match(totals, { accepted: 3, limited: 6 }, 'each is one use, and none at no cost');

  const own = configured.keys.limited;
  const { id } = await createEnvironment(service, {
    name: 'limited',
    rate_limit: { limit: 3, window_seconds: 60 },
  });
  t.match(await verdictOn(own, { cost: 4 }), { code: 'rate_limited', rate_limit: { remaining: 3 } });
  t.match(await verdictOn(own, { cost: 2 }), { environment_id: id, rate_limit: { remaining: 1 } });
  t.match(await verdictOn(own, { cost: 0 }), { code: 'valid', rate_limit: { remaining: 1 } });
  t.match(await verdictOn(own, { cost: 2 }), { code: 'rate_limited', rate_limit: { remaining: 1 } });
});

t.test('the verify call: an asker without keys:verify is refused with 403', async (t) => {
  const { api_key: other } = await createKey(service, { permissions: ['keys:read', 'keys:write'] });
  const response = await ask({ api_key: known.api_key }, other);
  t.equal(response.statusCode, 403);
  t.strictSame(response.json(), denied);
});

t.test('the verify call: refuses a malformed request', async (t) => {
  for (const payload of [
    {},
    [],
    [{}],
    { api_key: 1 },
    { api_key: null },
    { api_key: 'x', cost: 1_000_001 },
    { api_key: 'x', cost: '1' },
    { api_key: 'x', cost: -1 },
    { api_key: 'x', cost: 0.5 },
    { api_key: 'x', permission: '' },
    { api_key: 'x', permission: null },
    { api_key: 'x', tenant_id: 'tenant_globex' },
    [{ api_key: 'x' }, { api_key: 'x', unknown: 1 }],
    Array(101).fill({ api_key: 'x' }),
  ]) {
    const response = await ask(payload);
    t.equal(response.statusCode, 400, JSON.stringify(payload).slice(0, 60));
    t.match(response.json(), { error: { internal_error: 'validation_error', details: [{}] } });
  }
});

t.test('the verify call: no key is left in an answer or in the log', async (t) => {
  log.lines.length = 0;
  const bodies = [
    (await ask({ api_key: known.api_key, cost: 0 })).body,
    (await ask([{ api_key: known.api_key, permission: known.api_key, unknown: 1 }])).body,
    (await ask({ [known.api_key]: 1 })).body,
  ];
  t.notOk([...bodies, ...log.lines].join().includes(known.api_key));
  t.notOk(log.lines.join().includes('"status":200'), 'there is no line for an answer');
});

t.test('the verify call: nothing is decided without a lease', async (t) => {
  // As when it ends after the last decision on the asker's own key.
  for (const answers of [[false], [true, true, false]]) {
    const undecidable = t.intercept(app.replica, 'canDecide', { value: () => answers.shift() ?? false });
    const response = await ask({ api_key: known.api_key });
    undecidable.restore();
    t.equal(response.statusCode, 503);
    t.equal(response.headers['retry-after'], '1');
  }
});

interface Verdict {
  code: string;
  rate_limit: { remaining: number; reset_seconds: number };
}

t.test('with Redis, limits are counted across processes', { skip: redisIsMissing }, async (t: Test) => {
  const redis = await createRedis(t);
  await redis.start();
  const first = await startService(t, { env: { REDIS_URL: redis.url } });
  const second = await startService(t, { env: { REDIS_URL: redis.url }, databaseUrl: first.databaseUrl });
  const { api_key } = await createKey(first, { rate_limit: { limit: 2, window_seconds: 3_600 } });
  const { api_key: other } = await createKey(first, { rate_limit: { limit: 2, window_seconds: 3_600 } });
  const ask = async ({ call }: TestService, key: string) =>
    (await call({ method: 'POST', url: keysVerify, payload: { api_key: key } })).json().code;
  t.equal((await first.call({ url: forwardAuth, key: api_key })).statusCode, 200);
  t.equal(await ask(second, api_key), 'valid');
  t.equal(await ask(first, api_key), 'rate_limited');
  t.equal((await second.call({ url: forwardAuth, key: api_key })).statusCode, 429);
  t.equal(await ask(second, other), 'valid', 'each key has its own');

  const { api_key: costly } = await createKey(first, { rate_limit: { limit: 10, window_seconds: 3_600 } });
  const batch = (costs: number[]) => costs.map((cost) => ({ api_key: costly, cost }));
  const left = async ({ call }: TestService, ...costs: number[]) => {
    const verdicts = (await call({ method: 'POST', url: keysVerify, payload: batch(costs) })).json();
    return verdicts.map(({ code, rate_limit: { remaining, reset_seconds } }: Verdict) => [
      ...[code, remaining],
      reset_seconds > 3_590 || reset_seconds,
    ]);
  };
  t.strictSame(
    await left(first, 11, 0),
    [
      ['rate_limited', 10, 0],
      ['valid', 10, 0],
    ],
    'a cost beyond the limit counts nothing, and begins no window',
  );
  t.strictSame(await left(first, 4, 7, 0), [
    ['valid', 6, true],
    ['rate_limited', 6, true],
    ['valid', 6, true],
  ]);
  t.strictSame(await left(second, 0, 7, 6, 0, 1), [
    ['valid', 6, true],
    ['rate_limited', 6, true],
    ['valid', 0, true],
    ['valid', 0, true],
    ['rate_limited', 0, true],
  ]);

  redis.hang();
  t.equal(await ask(first, other), 'valid', 'and here, while Redis can not be asked');
  redis.resume();
});
