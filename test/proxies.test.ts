import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { createLocalJWKSet, jwtVerify } from 'jose';
import t, { type Test } from 'tap';
import { hashOfBody, headOf, type Received, startEchoingApi } from './fixtures/echoing-api.ts';
import { caddy, haproxy, nginx, startProxy } from './fixtures/proxies.ts';
import { listen, sendRaw } from './fixtures/raw-http.ts';
import { createRelay } from './fixtures/relay.ts';
import { newIdentityKey, signingEnv } from './fixtures/signed-identity.ts';
import { createKey, startService } from './helper.ts';

const service = await startService(t, { env: { TRUSTED_PROXIES: '127.0.0.1' } });
const { app, call } = service;
const relay = await createRelay(t, await listen(app));
const api = await startEchoingApi(t);

/** The same, with signed identities. */
const signing = await startService(t, {
  databaseUrl: service.databaseUrl,
  env: signingEnv(newIdentityKey('one')),
});
const signingPort = await listen(signing.app);
const publicKeys = createLocalJWKSet((await signing.call({ url: '/.well-known/jwks.json' })).json());

let decisions: Omit<Received, 'bodyBytes' | 'bodyHash'>[] = [];
for (const { server } of [app, signing.app])
  server.on('request', (message) => decisions.push(headOf(message)));

const permissions = ['orders:read', 'orders:write'];
const valid = await createKey(service, { permissions });
const bare = await createKey(service, { permissions: [] });
const many = await createKey(service, {
  permissions: Array.from({ length: 100 }, (_, i) => `orders-${i + 100}:${'x'.repeat(89)}`),
});
const inactive = await createKey(service);
await call({
  method: 'PATCH',
  url: `/v1/secrets/api/keys/${inactive.secret.id}`,
  payload: { status: 'inactive' },
});

type Key = typeof valid;

interface Sent {
  method?: string;
  headers?: Record<string, string | string[]>;
  body?: Buffer;
  /** True if the body comes in chunks, and nobody knows how long it will be. */
  chunked?: boolean;
}

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

const path = '/orders/a%2Fb/1?page=2&permission=nothing:to-do&deny=403';
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
t.teardown(() => agent.destroy());

/** Sends a request to a proxy. For a WebSocket the answer's body is what comes back of a message. */
async function send(port: number, { method = 'GET', headers = {}, body, chunked }: Sent): Promise<Answer> {
  const length = body === undefined || chunked ? {} : { 'content-length': String(body.length) };
  const sent = request({ port, host: '127.0.0.1', path, method, agent, headers: { ...headers, ...length } });
  const answered = new Promise<Answer>((resolve, reject) => {
    sent.on('response', (response) => {
      const { statusCode: status = 0, headers } = response;
      readText(response).then((text) => resolve({ status, headers, body: text }), reject);
    });
    sent.on('upgrade', async ({ statusCode: status = 0, headers }, socket) => {
      socket.write('a message');
      const [message] = await once(socket, 'data');
      socket.destroy();
      resolve({ status, headers, body: String(message) });
    });
    // Whoever refuses a body may close the connection after the answer, which has come then.
    sent.on('error', reject);
  });
  if (chunked)
    for (let at = 0; body !== undefined && at < body.length; at += 65_536)
      sent.write(body.subarray(at, at + 65_536));
  sent.end(chunked ? undefined : body);
  return answered;
}

const large = Buffer.alloc(8 * 1024 * 1024, 'large ');
const identity = ['tenant-id', 'environment-id', 'user-id', 'key-id', 'permissions'].map(
  (name) => `x-auth-${name}`,
);
const webSocket = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
};
const withKey = ({ api_key }: Key) => ({ 'x-api-key': api_key });
const forged = Object.fromEntries(
  [
    ...identity,
    'x-auth-status',
    'x-auth-context',
    'X_Auth_Tenant_ID',
    'X-Auth_User_ID',
    'x_auth-permissions',
    'X.Auth.Tenant.ID',
    'X-Auth.User-ID',
    'x.auth_key-id',
  ].map((name) => [name, ['forged', 'twice']]),
);

interface Case extends Sent {
  /** The request that is sent. */
  name: string;
  /** Whose key it is: what reaches the API says so. Where there is none, nothing reaches the API. */
  speaksFor?: Key;
  status: number;
}

/** Checks that every proxy must pass. */
const cases: Case[] = [
  { name: 'a valid key', headers: withKey(valid), speaksFor: valid, status: 200 },
  {
    name: 'a valid key as a bearer token',
    headers: { authorization: `Bearer ${valid.api_key}` },
    speaksFor: valid,
    status: 200,
  },
  { name: 'a key without permissions', headers: withKey(bare), speaksFor: bare, status: 200 },
  { name: 'a key with as many as there can be', headers: withKey(many), speaksFor: many, status: 200 },
  { name: 'no key', status: 401 },
  { name: 'an unknown key', headers: { 'x-api-key': 'f'.repeat(64) }, status: 401 },
  { name: 'an inactive key', headers: withKey(inactive), status: 403 },
  { name: 'an empty key', headers: { 'x-api-key': '' }, status: 401 },
  { name: 'a key twice', headers: { 'x-api-key': [valid.api_key, valid.api_key] }, status: 401 },
  { name: 'two keys', headers: { 'x-api-key': [bare.api_key, valid.api_key] }, status: 401 },
  {
    name: 'two keys in two ways',
    headers: { ...withKey(bare), authorization: `Bearer ${valid.api_key}` },
    status: 401,
  },
  ...['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD'].flatMap((method): Case[] => [
    { name: `${method} with a key`, method, headers: withKey(valid), speaksFor: valid, status: 200 },
    { name: `${method} without`, method, status: 401 },
  ]),
  {
    name: 'a large body',
    method: 'POST',
    headers: { ...withKey(valid), 'content-type': 'application/json' },
    body: large,
    speaksFor: valid,
    status: 200,
  },
  {
    name: 'a large body in chunks',
    method: 'POST',
    headers: withKey(valid),
    body: large,
    chunked: true,
    speaksFor: valid,
    status: 200,
  },
  { name: 'a WebSocket', headers: { ...withKey(valid), ...webSocket }, speaksFor: valid, status: 101 },
  { name: 'a WebSocket without a key', headers: webSocket, status: 401 },
  {
    name: 'forged identity headers',
    headers: { ...forged, ...withKey(bare) },
    speaksFor: bare,
    status: 200,
  },
  { name: 'forged identity headers and no key', headers: forged, status: 401 },
  {
    name: 'identity headers that are said to end at the proxy',
    headers: { ...withKey(valid), connection: `close, ${identity.join(', ')}, x-auth-context` },
    speaksFor: valid,
    status: 200,
  },
  {
    name: 'the same, with a WebSocket',
    headers: {
      ...withKey(valid),
      ...webSocket,
      connection: `Upgrade, ${identity.join(', ')}, x-auth-context`,
    },
    speaksFor: valid,
    status: 101,
  },
  {
    name: 'the address and the request of somebody else',
    headers: {
      ...withKey(valid),
      'x-forwarded-for': '192.0.2.1',
      'x-forwarded-method': 'TRACE',
      'x-forwarded-uri': '/elsewhere',
      'x-forwarded-host': 'elsewhere',
      'x-original-uri': '/elsewhere',
      'x-original-method': 'TRACE',
    },
    speaksFor: valid,
    status: 200,
  },
];

/** The message that every refusal has, whoever says it. */
const codes: Record<number, string> = {
  401: 'permission_denied',
  403: 'permission_denied',
  429: 'too_many_requests',
  503: 'service_unavailable',
};

/** @returns what reached the API */
async function check(t: Test, port: number, one: Case, signs = false): Promise<Received[]> {
  const { name, speaksFor, status, ...sent } = one;
  decisions = [];
  api.take();
  const answer = await send(port, sent);
  t.equal(answer.status, status, name, { body: answer.body });
  const received = api.take();
  if (speaksFor !== undefined) checkReceived(t, received, speaksFor, sent, signs);
  else checkRefusal(t, answer, sent, received);
  if (status === 503) return received;
  t.equal(decisions.length, 1, 'one decision');
  for (const decision of decisions) checkDecision(t, decision, sent);
  return received;
}

function checkReceived(t: Test, received: Received[], { api_key, secret }: Key, sent: Sent, signs: boolean) {
  t.equal(received.length, 1, 'reaches the API once');
  for (const { method, url, headers, bodyBytes, bodyHash } of received) {
    t.strictSame([method, url], [sent.method ?? 'GET', path]);
    t.strictSame(
      [bodyBytes, bodyHash],
      [sent.body?.length ?? 0, hashOfBody(sent.body ?? '')],
      'its body whole',
    );
    t.notOk(JSON.stringify(headers).includes(api_key), 'without the key');
    const { 'x-auth-context': context, ...others } = headers;
    if (signs) t.equal(context?.length, 1, 'with what was signed for it, once');
    const told = Object.entries(signs ? others : headers).filter(
      ([name, [value]]) => /^x[-_.]auth/.test(name) && value !== '',
    );
    t.strictSame(Object.fromEntries(told), identityOf(secret), 'and with whom it speaks for, alone');
  }
}

/** Those that are empty may be left out on the way. */
function identityOf({ tenant_id, environment_id, user_id, id, permissions }: Key['secret']) {
  const values = [tenant_id, environment_id, user_id, id, permissions.toSorted().join(',')];
  const entries = identity.map((name, i): [string, string[]] => [name, [values[i] ?? '']]);
  return Object.fromEntries(entries.filter(([, [value]]) => value !== ''));
}

function checkRefusal(t: Test, { status, headers, body }: Answer, sent: Sent, received: Received[]): void {
  t.strictSame(received, [], 'nothing reaches the API');
  t.match(headers['content-type'], /^application\/json/);
  if (sent.method !== 'HEAD')
    t.match(JSON.parse(body), { success: false, error: { internal_error: codes[status] } });
  if (status === 401) t.match(headers['www-authenticate'], /^Bearer realm="latchkey"/);
  if (status === 429 || status === 503) t.match(headers['retry-after'], /^[1-9]\d*$/);
}

function checkDecision(t: Test, { headers, url }: (typeof decisions)[0], sent: Sent): void {
  t.match(url, /^\/v1\/auth\/verify(\?deny=403)?$/);
  t.equal(Number(headers['content-length'] ?? 0), 0, 'without the body');
  t.equal(headers['transfer-encoding'], undefined);
  t.match(
    headers,
    {
      'x-forwarded-for': ['127.0.0.1'],
      'x-forwarded-method': [sent.method ?? 'GET'],
      'x-forwarded-uri': [path],
      'x-forwarded-host': [/^127\.0\.0\.1(:\d+)?$/],
    },
    'and with the truth about the request',
  );
  t.notOk('x-original-uri' in headers || 'x-original-method' in headers);
}

const programs = [nginx, caddy, haproxy];
const refused: Case = { name: 'nobody decides', headers: { ...withKey(valid), ...forged }, status: 503 };
const accepted: Case = { name: 'decided again', headers: withKey(valid), speaksFor: valid, status: 200 };
const ports: number[] = [];

for (const program of programs) {
  t.test(program.name, { skip: program.missing }, async (test) => {
    const port = await startProxy(t, program, { latchkey: relay.port, api: api.port });
    ports.push(port);
    await testProxy(test, port);
  });
}

t.test('all refuse while Latchkey does not answer', async (t) => {
  relay.block();
  await Promise.all(ports.map((port) => check(t, port, refused)));
  await relay.open();
  for (const port of ports) await check(t, port, accepted);
});

for (const program of programs) {
  t.test(`${program.name} passes signed identities on`, { skip: program.missing }, async (test) => {
    const port = await startProxy(t, program, { latchkey: signingPort, api: api.port });
    for (const one of cases) {
      const received = await check(test, port, one, true);
      if (one.speaksFor !== undefined) await checkSigned(test, received, one.speaksFor);
    }
  });
}

/** Checks that the signed identity is bound to the request that reached the API. */
async function checkSigned(t: Test, received: Received[], { secret }: Key): Promise<void> {
  for (const { method, url, headers } of received) {
    const [permissions = ''] = headers['x-auth-permissions'] ?? [];
    const { payload } = await jwtVerify(headers['x-auth-context']?.[0] ?? '', publicKeys);
    t.match(payload, {
      sub: secret.id,
      aud: '127.0.0.1',
      method,
      uri_sha256: sha256Of(url),
      permissions_sha256: sha256Of(permissions),
    });
  }
}

const sha256Of = (text: string): string => createHash('sha256').update(text).digest('base64url');

async function refusesTunnels(t: Test, port: number): Promise<void> {
  for (const upgrade of ['h2c', 'h2c, websocket', ['h2c', 'websocket'], ['websocket', 'h2c']]) {
    const asked = {
      ...webSocket,
      upgrade,
      connection: 'Upgrade, HTTP2-Settings',
      'http2-settings': 'AAMAAABk',
    };
    api.take();
    await send(port, { headers: { ...withKey(valid), ...asked } });
    const received = api.take();
    t.equal(received.length, 1);
    for (const { headers } of received)
      t.strictSame(headers['upgrade'] ?? ['websocket'], ['websocket'], String(upgrade));
  }
  const key = `X-API-Key: ${valid.api_key}\r\n`;
  await sendRaw(port, `CONNECT api:443 HTTP/1.1\r\nHost: api:443\r\n${key}\r\n`, true);
  t.strictSame(api.take(), []);
}

async function testProxy(t: Test, port: number): Promise<void> {
  const connectionsBefore = relay.connections();

  await t.test('decides', async (t) => {
    for (const one of cases) await check(t, port, one);
  });

  await t.test('refuses a large body without a key before all of it has been sent', async (t) => {
    for (const chunked of [false, true]) {
      const answer = await sendBeginning(port, chunked);
      t.match(answer, /^HTTP\/1\.1 401 /);
      t.strictSame(api.take(), []);
    }
  });

  await t.test('refuses two bearer tokens, which some proxies do by themselves', async (t) => {
    const authorization = [`Bearer ${bare.api_key}`, `Bearer ${valid.api_key}`];
    const { status } = await send(port, { headers: { authorization } });
    t.ok(status === 400 || status === 401, String(status));
    t.strictSame(api.take(), []);
  });

  await t.test('lets no client change the protocol but to that of WebSockets, and make no tunnel', (t) =>
    refusesTunnels(t, port),
  );

  await t.test('counts each request once against the limit of its key', async (t) => {
    const limited = await createKey(service, { rate_limit: { limit: 3, window_seconds: 3_600 } });
    const one: Case = { name: 'within', headers: withKey(limited), speaksFor: limited, status: 200 };
    for (let i = 0; i < 3; i++) await check(t, port, one);
    for (const method of ['GET', 'POST', 'HEAD']) {
      await check(t, port, { name: 'beyond', method, headers: withKey(limited), status: 429 });
    }
  });

  await t.test('keeps no verdict', async (t) => {
    const key = await createKey(service);
    const one: Case = { name: 'before', headers: withKey(key), speaksFor: key, status: 200 };
    await check(t, port, one);
    await call({ method: 'DELETE', url: `/v1/secrets/api/keys/${key.secret.id}` });
    await check(t, port, { name: 'after its deletion', headers: withKey(key), status: 401 });
  });

  await t.test('keeps its connections', async (t) => {
    const connections = relay.connections() - connectionsBefore;
    t.ok(connections < cases.length / 3, `${connections} for ${cases.length} requests and more`);
  });

  await t.test('refuses all while Latchkey may not decide', async (t) => {
    const undecidable = t.intercept(app.replica, 'canDecide', { value: () => false });
    await check(t, port, refused);
    undecidable.restore();
    await check(t, port, accepted);
  });

  await t.test('a proxy refuses requests while the service is down, and lets them in again', async (t) => {
    await relay.close();
    await check(t, port, refused);
    await relay.open();
    await check(t, port, accepted);
  });
}

/** Sends a request with a large body, and not all of that. @returns the first part of the answer */
async function sendBeginning(port: number, chunked: boolean): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const length = chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${2 * large.length}`;
  socket.write(`POST ${path} HTTP/1.1\r\nHost: api\r\n${length}\r\n\r\n`);
  // Caddy reads this much of the body before it answers.
  if (chunked) socket.write(`${large.length.toString(16)}\r\n`);
  socket.write(large.subarray(0, 300_000));
  const [answer] = await once(socket, 'data');
  socket.destroy();
  return String(answer);
}
