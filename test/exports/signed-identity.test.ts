import { createHash, createSecretKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { RequestListener } from 'node:http';
import Fastify, { type FastifyInstance } from 'fastify';
import { decodeJwt, SignJWT, UnsecuredJWT } from 'jose';
import t, { type Test } from 'tap';
import latchkey, { type LatchkeySignedIdentityOptions } from '../../exports/fastify.ts';
import { caddy, haproxy, nginx, startProxy } from '../fixtures/proxies.ts';
import { listen, sendRaw } from '../fixtures/raw-http.ts';
import { forwarded, newIdentityKey, signingEnv } from '../fixtures/signed-identity.ts';
import { startStandIn } from '../fixtures/stand-in-service.ts';
import {
  collectLog,
  configuredKeys,
  createKey,
  createMigratedDatabase,
  errorOf,
  startService,
  type TestService,
} from '../helper.ts';

const host = 'api.example.com';
const configured = configuredKeys({ bare: { tenant_id: 'tenant_default' } });
const [firstKey, secondKey] = [newIdentityKey('first'), newIdentityKey('second')];
const databaseUrl = await createMigratedDatabase(t);

const startSigning = async (...keys: string[]) => {
  const service = await startService(t, { databaseUrl, env: { ...signingEnv(...keys), ...configured.env } });
  return { service, url: `http://127.0.0.1:${await listen(service.app)}` };
};
const { service, url } = await startSigning(firstKey);
const known = await createKey(service, { permissions: ['customers:read', 'orders:read'] });

/** An app behind a proxy, ready for requests. */
async function startApp(
  t: Test,
  signedIdentity: LatchkeySignedIdentityOptions['signedIdentity'],
  { logStream } = collectLog(),
): Promise<FastifyInstance> {
  const app = Fastify({ logger: { level: 'trace', stream: logStream } });
  t.teardown(() => app.close());
  await app.register(latchkey, { signedIdentity });
  app.get('/whoami', ({ tenantId, environmentId, auth }) => ({ tenantId, environmentId, auth }));
  app.get('/customers', { config: { latchkey: { permission: 'customers:read' } } }, () => 'customers');
  app.post('/orders', { config: { latchkey: { permission: 'orders:write' } } }, ({ body }) => body);
  app.post('/echo', ({ body }) => body);
  app.get('/open', { config: { latchkey: 'public' } }, ({ auth }) => ({ auth }));
  await app.ready();
  return app;
}

type Headers = Record<string, string>;

/** The identity headers that a service answers a proxy with. */
async function identityFor(
  key: string,
  [method, uri]: [string, string],
  by: TestService = service,
  name = host,
): Promise<Headers> {
  const headers = forwarded(method, name, uri);
  const response = await by.call({ url: '/v1/auth/verify', key, headers });
  if (response.statusCode !== 200) throw new Error(`The service refuses: ${response.body}`);
  const identity = Object.entries(response.headers).filter(([name]) => name.startsWith('x-auth-'));
  return Object.fromEntries(identity.map(([name, value]) => [name, String(value)]));
}

const required = errorOf('Signed identity required', 'permission_denied');
const invalid = errorOf('Invalid signed identity', 'permission_denied');
const expired = errorOf('Signed identity has expired', 'permission_denied');
const undecided = errorOf('Authentication temporarily unavailable', 'service_unavailable');

const log = collectLog();

const app = await startApp(t, { url, hosts: ['www.example.com', 'API.example.com:443'] }, log);

t.test('signed identity: an app reads the identity of the request', async (t) => {
  const headers = await identityFor(known.api_key, ['GET', '/whoami?page=2']);
  const response = await app.inject({ url: '/whoami?page=2', headers });
  t.equal(response.statusCode, 200);
  t.strictSame(response.json(), {
    tenantId: known.secret.tenant_id,
    environmentId: known.secret.environment_id,
    auth: {
      tenantId: known.secret.tenant_id,
      environmentId: known.secret.environment_id,
      userId: known.secret.user_id,
      keyId: known.secret.id,
      permissions: ['customers:read', 'orders:read'],
      rateLimit: null,
      isConfiguredKey: false,
      sunsetAtMs: null,
    },
  });
  t.equal(response.headers['cache-control'], 'no-store');
  t.equal(app.latchkey.replica(), null);
  t.equal(await app.latchkey.ready(), true);
});

t.test('signed identity: a route of the app requires permissions', async (t) => {
  t.equal(
    (
      await app.inject({
        url: '/customers',
        headers: await identityFor(known.api_key, ['GET', '/customers']),
      })
    ).statusCode,
    200,
  );
  const headers = await identityFor(known.api_key, ['POST', '/orders']);
  const refused = await app.inject({ method: 'POST', url: '/orders', headers, payload: {} });
  t.equal(refused.statusCode, 403);
  t.strictSame(refused.json(), errorOf('Permission denied', 'permission_denied'));
  const { api_key } = await createKey(service, { permissions: [] });
  const { 'x-auth-permissions': none, ...others } = await identityFor(api_key, ['GET', '/whoami']);
  t.equal(none, '');
  const bare = await app.inject({ url: '/whoami', headers: others });
  t.strictSame(bare.json().auth.permissions, [], 'a header that is empty may get lost on the way');
});

t.test('signed identity: a key without an environment is refused', async (t) => {
  const headers = await identityFor(configured.keys.bare, ['GET', '/whoami']);
  const refused = await app.inject({ url: '/whoami', headers });
  t.equal(refused.statusCode, 403);
  t.strictSame(refused.json(), errorOf('Invalid or inaccessible environment', 'permission_denied'));
});

t.test('signed identity: a request with a body is verified', async (t) => {
  const headers = await identityFor(known.api_key, ['POST', '/echo']);
  const response = await app.inject({ method: 'POST', url: '/echo', headers, payload: { a: 1 } });
  t.strictSame([response.statusCode, response.json()], [200, { a: 1 }]);
});

t.test('signed identity: public routes ask for nothing', async (t) => {
  for (const headers of [{}, { 'x-auth-context': 'forged' }])
    t.strictSame((await app.inject({ url: '/open', headers })).json(), { auth: null });
});

t.test('signed identity: an app believes nothing but a valid signature', async (t) => {
  const identity = await identityFor(known.api_key, ['GET', '/whoami']);
  const { 'x-auth-context': context = '', ...plain } = identity;
  const elsewhere = await identityFor(known.api_key, ['GET', '/whoami'], service, 'other.example.com');
  const [head = '', body = '', signature = ''] = context.split('.');
  const other = Buffer.from(JSON.stringify({ ...decodeJwt(context), tenant_id: 'tenant_other' }));
  const cases: [string, Headers, object][] = [
    ['nothing', {}, required],
    ['plain identity headers', plain, required],
    ['a key', { 'x-api-key': known.api_key }, required],
    ['an empty one', { ...identity, 'x-auth-context': '' }, required],
    ['no token', { ...identity, 'x-auth-context': 'forged' }, invalid],
    ['two of them', { ...identity, 'x-auth-context': `${context}, ${context}` }, invalid],
    ['a long one', { ...identity, 'x-auth-context': 'a'.repeat(10_000) }, invalid],
    [
      'another tenant',
      { ...identity, 'x-auth-context': `${head}.${other.toString('base64url')}.${signature}` },
      invalid,
    ],
    ['no signature', { ...identity, 'x-auth-context': `${head}.${body}.` }, invalid],
    ['more permissions', { ...identity, 'x-auth-permissions': '*' }, invalid],
    ['fewer permissions', { ...identity, 'x-auth-permissions': 'customers:read' }, invalid],
    ['no permissions', { 'x-auth-context': context }, invalid],
    ['what was signed for another host', elsewhere, invalid],
    ['the same with that host', { ...elsewhere, host: 'other.example.com' }, invalid],
    ['what was signed for another path', await identityFor(known.api_key, ['GET', '/customers']), invalid],
    ['what was signed for another query', await identityFor(known.api_key, ['GET', '/whoami?a=1']), invalid],
    ['what was signed for another method', await identityFor(known.api_key, ['HEAD', '/whoami']), invalid],
  ];
  for (const [name, headers, expected] of cases) {
    const response = await app.inject({ url: '/whoami', headers });
    t.equal(response.statusCode, 401, name);
    t.strictSame(response.json(), expected, name);
    t.equal(response.headers['www-authenticate'], 'Signed-Identity realm="latchkey"');
    t.match(response.headers['x-request-id'], /^req-/);
  }
  t.equal(
    (await app.inject({ url: '/whoami', headers: identity })).statusCode,
    200,
    'in contrast to what it does',
  );
  for (const reason of ['another method', 'another path or query', 'X-Auth-Permissions', '\\"aud\\"'])
    t.ok(
      log.lines.some((line) => line.includes(reason)),
      `the log says ${reason}`,
    );
  t.notMatch(log.lines.join(''), /eyJ/, 'no line of the log has a token');
});

const sha256Of = (text: string): string => createHash('sha256').update(text).digest('base64url');

/** A server in the place of a service, which tells its public key, and what signs with it as the service does. */
async function startSigner(t: Test) {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const publicKeys = [{ ...publicKey.export({ format: 'jwk' }), kid: 'own', alg: 'EdDSA', use: 'sig' }];
  const answerKeys: RequestListener = (_request, response) =>
    response.end(JSON.stringify({ keys: publicKeys }));
  /** A token for `GET /whoami` as the service signs it, but for what is said. */
  const sign = (claims: object = {}, header: object = {}, key: KeyObject = privateKey): Promise<string> =>
    new SignJWT({ ...claimsNow(), ...claims })
      .setProtectedHeader({ alg: 'EdDSA', typ: 'latchkey-identity+jwt', kid: 'own', ...header })
      .sign(key);
  return Object.assign(await startStandIn(t, answerKeys), { answerKeys, publicKeys, publicKey, sign });
}

function claimsNow() {
  // By the real clock, as jose reads it to verify, even where a test sets `Date.now`.
  const iat = Math.floor((performance.timeOrigin + performance.now()) / 1000);
  return {
    ...{ iss: 'latchkey', aud: host, iat, exp: iat + 60, sub: 'key_1' },
    ...{
      tenant_id: 'tenant_1',
      environment_id: 'env_1',
      user_id: 'user_1',
      permissions_sha256: sha256Of(''),
    },
    ...{ method: 'GET', uri_sha256: sha256Of('/whoami') },
  };
}

const present = (app: FastifyInstance, token: string) =>
  app.inject({ url: '/whoami', headers: { 'x-auth-context': token } });

t.test('a token is what the service signs, or is refused', async (t) => {
  const standIn = await startSigner(t);
  const { sign, publicKey } = standIn;
  const app = await startApp(t, { url: standIn.url, hosts: [host] });
  const now = Math.floor(Date.now() / 1000);
  const good = await present(app, await sign());
  t.equal(good.statusCode, 200, 'in contrast to these');
  t.strictSame(standIn.askedUrls, ['/latchkey/.well-known/jwks.json']);

  const stranger = generateKeyPairSync('ed25519');
  const confused = createSecretKey(Buffer.from(publicKey.export({ format: 'pem', type: 'spki' })));
  const raw = createSecretKey(Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url'));
  const claims = claimsNow();
  const tokens: Record<string, string> = {
    'alg none': new UnsecuredJWT(claims).encode(),
    'HS256 with the public key': await sign({}, { alg: 'HS256' }, confused),
    'HS256 with its bytes': await sign({}, { alg: 'HS256' }, raw),
    "somebody else's key": await sign({}, {}, stranger.privateKey),
    'a key that it brings itself': await sign(
      {},
      { jwk: stranger.publicKey.export({ format: 'jwk' }) },
      stranger.privateKey,
    ),
    'an unknown key': await sign({}, { kid: 'other' }, stranger.privateKey),
    'another type': await sign({}, { typ: 'JWT' }),
    'a session': await sign({ aud: 'latchkey-customer-portal' }, { typ: 'latchkey-session+jwt' }),
    'another issuer': await sign({ iss: 'https://elsewhere.example.com' }),
    'another host': await sign({ aud: 'api.example.com.evil.example' }),
    'another method': await sign({ method: 'POST' }),
    'another path': await sign({ uri_sha256: sha256Of('/') }),
    'from the future': await sign({ iat: now + 30, exp: now + 90 }),
    'an environment that is a number': await sign({ environment_id: 1 }),
  };
  for (const name of Object.keys(claims)) {
    if (name === 'exp') continue; // Its age is asked by `iat`.
    tokens[`without ${name}`] = await sign({ [name]: undefined });
  }
  for (const [name, token] of Object.entries(tokens)) {
    const refused = await present(app, token);
    t.strictSame([refused.statusCode, refused.json()], [401, invalid], name);
  }
  for (const [name, times] of Object.entries({
    'past its end': { iat: now - 40, exp: now - 10 },
    'too old, whatever its end': { iat: now - 70, exp: now + 3_600 },
  })) {
    const refused = await present(app, await sign(times));
    t.strictSame([refused.statusCode, refused.json()], [401, expired], name);
  }
  for (const times of [
    { iat: now - 62, exp: now - 2 },
    { iat: now + 2, exp: now + 62 },
  ])
    t.equal((await present(app, await sign(times))).statusCode, 200, 'clocks may differ by seconds');
});

const failure: RequestListener = (_request, response) => response.writeHead(500).end();

/** An app that asks a stand-in for its keys, and a clock that the test sets forward. */
async function startAskingApp(t: Test) {
  const standIn = await startSigner(t);
  const log = collectLog();
  const clock = { offsetMs: 0 };
  const now = Date.now.bind(Date);
  t.intercept(Date, 'now', { value: () => now() + clock.offsetMs, configurable: true });
  const later = (ms: number) => {
    clock.offsetMs += ms;
  };
  const app = await startApp(t, { url: standIn.url, hosts: [host] }, log);
  const statusOf = async (token?: string) => (await present(app, token ?? (await standIn.sign()))).statusCode;
  const askedSince = async (during: () => Promise<unknown>) => {
    standIn.askedUrls.length = 0;
    await during();
    return standIn.askedUrls.length;
  };
  return { app, standIn, log, later, statusOf, askedSince };
}

type AskingApp = Awaited<ReturnType<typeof startAskingApp>>;

async function refuseWithoutKeys(t: Test, { standIn, app, log, later }: AskingApp): Promise<void> {
  const saying =
    (status: number, body: string): RequestListener =>
    (_request, response) =>
      response.writeHead(status, { location: '/elsewhere' }).end(body);
  const answers: Record<string, RequestListener> = {
    nothing: (_request, response) => response.end(),
    'no JSON': saying(200, 'keys'),
    'another JSON': saying(200, '{"keys": {}}'),
    'no keys in it': saying(200, '{"keys": [1]}'),
    'not found': saying(404, JSON.stringify(errorOf('Key set not found', 'not_found'))),
    'its failure': failure,
    'a redirect': saying(307, ''),
    'the end of the connection': (request) => request.socket.destroy(),
    'a key that is none': saying(200, JSON.stringify({ keys: [{ ...standIn.publicKeys[0], x: 'short' }] })),
    'no answer in time': () => {},
  };
  for (const [name, answer] of Object.entries(answers)) {
    standIn.answer = answer;
    // A set with a broken key in it is a set, and kept as long as one.
    later(301_000);
    const refused = await present(app, await standIn.sign());
    t.equal(refused.statusCode, 503, name);
    t.strictSame(refused.json(), undecided);
    t.equal(refused.headers['retry-after'], '1');
  }
  t.equal(await app.latchkey.ready(), false);
  t.match(log.lines.at(-1), 'verifying signed identities failed');
  t.notOk(standIn.askedUrls.includes('/elsewhere'));
}

async function askSeldom(
  t: Test,
  { standIn, later, statusOf, askedSince }: AskingApp,
  nextKey: KeyObject,
): Promise<void> {
  const flood = async (expected: number) => {
    const tokens = await Promise.all(
      Array.from({ length: 50 }, (_, i) => standIn.sign({}, { kid: `unknown ${i}` }, nextKey)),
    );
    const statuses = await Promise.all(tokens.map((token) => statusOf(token)));
    t.strictSame(new Set(statuses), new Set([expected]));
  };
  t.equal(await askedSince(() => flood(401)), 0, 'just after an answer');
  later(10_001);
  t.equal(await askedSince(() => flood(401)), 1);
  t.equal(await askedSince(() => flood(401)), 0);
  standIn.answer = failure;
  later(10_001);
  t.equal(await askedSince(() => flood(503)), 1, 'which can not be said of it while nobody answers');
  t.equal(await askedSince(() => flood(503)), 0);
  t.equal(await statusOf(), 200, 'while those that are known are as good as before');
}

t.test('without the keys of the service nothing is decided', async (t) => {
  const asking = await startAskingApp(t);
  const { app, standIn, later, statusOf, askedSince } = asking;

  await t.test('as long as it gives none', (t) => refuseWithoutKeys(t, asking));

  await t.test('the service is asked for its keys once a second at most', async (t) => {
    standIn.answer = failure;
    later(1_001);
    const flood = () => Promise.all(Array.from({ length: 50 }, () => statusOf()));
    t.equal(await askedSince(flood), 1);
    t.equal(await askedSince(flood), 0);
    later(1_001);
    t.equal(await askedSince(flood), 1);
  });

  await t.test('until they are there', async (t) => {
    standIn.answer = standIn.answerKeys;
    later(1_001);
    t.equal(await askedSince(async () => t.equal(await statusOf(), 200)), 1);
    t.equal(await app.latchkey.ready(), true);
  });

  const { privateKey: nextKey, publicKey: nextPublicKey } = generateKeyPairSync('ed25519');
  const signNext = () => standIn.sign({}, { kid: 'next' }, nextKey);

  await t.test('a key that is not among them makes it ask, but seldom', (t) => askSeldom(t, asking, nextKey));

  await t.test('an app finds the key that the service signs with now', async (t) => {
    standIn.publicKeys.push({
      ...nextPublicKey.export({ format: 'jwk' }),
      kid: 'next',
      alg: 'EdDSA',
      use: 'sig',
    });
    standIn.answer = standIn.answerKeys;
    later(10_001);
    const statuses = await Promise.all(
      [signNext(), signNext(), standIn.sign()].map(async (token) => statusOf(await token)),
    );
    t.strictSame(statuses, [200, 200, 200]);
  });

  await t.test('they are good for five minutes', async (t) => {
    standIn.publicKeys.shift();
    later(299_000);
    t.equal(await askedSince(async () => t.equal(await statusOf(), 200)), 0);
    later(1_001);
    t.equal(await askedSince(async () => t.equal(await statusOf(), 401, 'one that is gone')), 1);
    t.equal(await statusOf(await signNext()), 200);
    standIn.answer = failure;
    later(300_001);
    t.equal(await statusOf(await signNext()), 503);
  });
});

t.test('a signing key is replaced, and no request is refused', async (t) => {
  const both = await startSigning(firstKey, secondKey);
  const swapped = await startSigning(secondKey, firstKey);
  const last = await startSigning(secondKey);
  const app = await startApp(t, { url: both.url, hosts: [host] });
  const accepts = async (by: TestService) => {
    const headers = await identityFor(known.api_key, ['GET', '/whoami'], by);
    return (await app.inject({ url: '/whoami', headers })).statusCode;
  };
  for (const replica of [service, both.service, swapped.service, last.service])
    t.equal(await accepts(replica), 200);
});

for (const program of [nginx, caddy, haproxy]) {
  t.test(`from the client through ${program.name} to the app`, { skip: program.missing }, async (t) => {
    const app = await startApp(t, { url, hosts: ['127.0.0.1'] });
    const api = await listen(app);
    const proxy = await startProxy(t, program, { latchkey: Number(new URL(url).port), api });
    const headers = { 'x-api-key': known.api_key };
    const statusOf = async (port: number, path: string, init: RequestInit = {}) =>
      (await fetch(`http://127.0.0.1:${port}${path}`, init)).status;

    t.equal(await statusOf(proxy, '/whoami', { headers }), 200);
    t.equal(await statusOf(proxy, '/customers?page=2&q=a%20b', { headers }), 200);
    t.equal(await statusOf(proxy, '/orders', { method: 'POST', headers, body: '{}' }), 403);
    const json = { ...headers, 'content-type': 'application/json' };
    const echo = await fetch(`http://127.0.0.1:${proxy}/echo`, {
      method: 'POST',
      headers: json,
      body: '{"a":1}',
    });
    t.strictSame([echo.status, await echo.json()], [200, { a: 1 }]);
    t.equal(await statusOf(proxy, '/whoami'), 401, 'not without a key');

    const [listed] = await sendRaw(
      proxy,
      `GET /whoami HTTP/1.1\r\nHost: elsewhere,127.0.0.1\r\nX-API-Key: ${known.api_key}\r\nConnection: close\r\n\r\n`,
    );
    t.equal(listed?.status, 401, 'not with two names');

    const port = String(proxy);
    const stolen = await identityFor(known.api_key, ['GET', '/whoami'], service, `127.0.0.1:${port}`);
    t.equal(await statusOf(proxy, '/whoami', { headers: { ...stolen } }), 401, 'not with what was signed');
    const { 'x-auth-context': _context, ...plain } = stolen;
    t.equal(await statusOf(api, '/whoami', { headers }), 401, 'not around the proxy with a key');
    t.equal(await statusOf(api, '/whoami', { headers: { ...plain } }), 401, 'nor with plain headers');
    t.equal(
      await statusOf(api, '/customers', { headers: { ...stolen } }),
      401,
      'nor what was signed for another path',
    );
    t.equal(
      await statusOf(api, '/whoami', { headers: { ...stolen } }),
      200,
      'only the very same request again',
    );
  });
}

t.test('it starts only with what it needs', async (t) => {
  for (const [signedIdentity, message] of [
    [
      { url: '', hosts: [host] },
      /latchkey needs databaseUrl, or url and apiKey, or signedIdentity with url and hosts/,
    ],
    [{ url, hosts: [] }, /latchkey needs/],
    ...['nowhere', 'ftp://localhost', 'http://user:c0ffee@localhost', 'http://localhost/?key=c0ffee'].map(
      (url) => [{ url, hosts: [host] }, /^url must be of http or https, without a user/] as const,
    ),
    [{ url, hosts: ['https://api.example.com'] }, /a host is the name that clients ask by/],
    [{ url, hosts: [host, ''] }, /a host is the name that clients ask by/],
  ] as const)
    await t.rejects(startApp(t, signedIdentity), { message });
});
