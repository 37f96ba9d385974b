import { createHash } from 'node:crypto';
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import t from 'tap';
import { nginxIsMissing, startLoadBalancer } from '../fixtures/load-balancer.ts';
import { listen, sendRaw } from '../fixtures/raw-http.ts';
import { forwarded, newIdentityKey, signingEnv } from '../fixtures/signed-identity.ts';
import {
  type CallOptions,
  collectLog,
  configuredKeys,
  createKey,
  createMigratedDatabase,
  errorOf,
  startService,
  type TestService,
} from '../helper.ts';

const configured = configuredKeys({ bare: { tenant_id: 'tenant_default' } });
const [firstKey, secondKey] = [newIdentityKey('first'), newIdentityKey('second')];
const databaseUrl = await createMigratedDatabase(t);
const log = collectLog();
const service = await startService(t, {
  databaseUrl,
  env: { ...signingEnv(firstKey, secondKey), ...configured.env, LOG_LEVEL: 'trace', ACCESS_LOG: 'all' },
  logStream: log.logStream,
});

const listening = listen(service.app);

const permissions = ['orders:read', 'orders:write'];
const known = await createKey(service, { permissions });
const asked = forwarded('PUT', 'API.example.com:8443', '/orders/a%2Fb?page=2');

const verify = (
  headers: Record<string, string | string[]>,
  options: Partial<CallOptions> = {},
  by = service,
) => by.call({ url: '/v1/auth/verify', key: known.api_key, headers, ...options });

const contextIn = async (...args: Parameters<typeof verify>): Promise<string> =>
  String((await verify(...args)).headers['x-auth-context']);

const publicKeysOf = ({ call }: TestService) => call({ url: '/.well-known/jwks.json', key: null });

const sha256Of = (text: string) => createHash('sha256').update(text, 'latin1').digest('base64url');

t.test('a request that a proxy asks about is signed, with whom it speaks for', async (t) => {
  const response = await verify(asked);
  t.equal(response.statusCode, 200);
  const token = String(response.headers['x-auth-context']);
  t.strictSame(decodeProtectedHeader(token), { alg: 'EdDSA', typ: 'latchkey-identity+jwt', kid: 'first' });
  const { iat = 0, exp, ...claims } = decodeJwt(token);
  t.ok(Math.abs(iat - Date.now() / 1000) < 5);
  t.equal(exp, iat + 60, 'for a minute');
  t.strictSame(claims, {
    iss: 'latchkey',
    aud: 'api.example.com',
    sub: known.secret.id,
    tenant_id: known.secret.tenant_id,
    environment_id: known.secret.environment_id,
    user_id: known.secret.user_id,
    permissions_sha256: sha256Of('orders:read,orders:write'),
    method: 'PUT',
    uri_sha256: sha256Of('/orders/a%2Fb?page=2'),
  });
  t.match(response.headers, { 'x-auth-key-id': known.secret.id, 'x-auth-permissions': permissions.join() });
  t.match(decodeJwt(await contextIn(asked, { key: configured.keys.bare })), { environment_id: null });
});

t.test('by a key that everybody can read, and no part of it that nobody may', async (t) => {
  const response = await publicKeysOf(service);
  t.equal(response.statusCode, 200);
  t.equal(response.headers['cache-control'], 'public, max-age=300');
  t.match(response.headers['content-type'], /^application\/json/);
  const { keys } = response.json();
  t.strictSame(
    keys.map(({ x: _x, ...rest }: { x: string }) => rest),
    ['first', 'second'].map((kid) => ({ kty: 'OKP', crv: 'Ed25519', kid, alg: 'EdDSA', use: 'sig' })),
  );
  for (const key of [firstKey, secondKey]) {
    const seed = Buffer.from(key.replace(/^.*:/, ''), 'base64');
    for (const form of ['base64', 'base64url', 'hex'] as const)
      t.notOk(response.body.includes(seed.toString(form)));
  }
  await t.resolves(jwtVerify(await contextIn(asked), createLocalJWKSet(response.json())));
});

t.test('no answer and no line of the log has a key of any kind, or a token', async (t) => {
  const token = await contextIn(asked);
  const secrets = [known.api_key, ...[firstKey, secondKey].map((key) => key.replace(/^.*:/, '')), token];
  t.ok(log.lines.length > 0);
  for (const secret of secrets) t.notOk(log.lines.join('').includes(secret));
  t.notOk(Buffer.from(token.split('.')[1] ?? '', 'base64url').includes(known.api_key));
});

t.test('it stays small, whatever is asked for', async (t) => {
  const many = Array.from({ length: 100 }, (_, i) => `orders-${i + 100}:${'x'.repeat(89)}`);
  const { api_key } = await createKey(service, { permissions: many });
  const longest = forwarded('PROPPATCH', 'h'.repeat(253), `/${'u'.repeat(4_000)}`);
  const token = await contextIn(longest, { key: api_key });
  t.ok(token.length > 900 && token.length < 1_200, `${token.length} characters`);
});

t.test('for what clients write in other ways too', async (t) => {
  for (const name of ['api.example.com', 'API.Example.com.', 'api.example.com.:8443'])
    t.match(decodeJwt(await contextIn({ ...asked, 'x-forwarded-host': name })), { aud: 'api.example.com' });
  for (const uri of ['/orders/voilà', '/orders?q=日本', '/*', '/a;b?c;d&&{e}|"f"\\#g']) {
    const bytes = Buffer.from(uri).toString('latin1');
    const token = decodeJwt(await contextIn({ ...asked, 'x-forwarded-uri': bytes }));
    t.equal(token['uri_sha256'], sha256Of(bytes), uri);
  }
});

t.test('what a proxy does not clearly say is not signed', async (t) => {
  const without = (name: string) => Object.fromEntries(Object.entries(asked).filter(([key]) => key !== name));
  const cases: Record<string, Record<string, string | string[]>> = {
    nothing: {},
    ...Object.fromEntries(Object.keys(asked).map((name) => [`all but ${name}`, without(name)])),
    'an empty host': { ...asked, 'x-forwarded-host': '' },
    'two hosts': { ...asked, 'x-forwarded-host': 'api.example.com, other.example.com' },
    'two headers': { ...asked, 'x-forwarded-host': ['api.example.com', 'api.example.com'] },
    'a host that is none': { ...asked, 'x-forwarded-host': 'api.example.com/orders' },
    'a host that is a dot': { ...asked, 'x-forwarded-host': '.' },
    'a host too long': { ...asked, 'x-forwarded-host': 'h'.repeat(254) },
    'two methods': { ...asked, 'x-forwarded-method': ['GET', 'PUT'] },
    'a method that is none': { ...asked, 'x-forwarded-method': 'get it' },
    'two paths': { ...asked, 'x-forwarded-uri': ['/orders', '/orders'] },
    'a path with a space': { ...asked, 'x-forwarded-uri': '/orders /orders' },
    'a whole URL': { ...asked, 'x-forwarded-uri': 'https://api.example.com/orders' },
    'other names for it': {
      'x-original-method': 'GET',
      'x-original-uri': '/orders',
      host: 'api.example.com',
    },
  };
  for (const [name, headers] of Object.entries(cases)) {
    const response = await verify(headers);
    t.equal(response.statusCode, 200, name);
    t.notOk('x-auth-context' in response.headers, name);
    t.equal(response.headers['x-auth-key-id'], known.secret.id);
  }
});

t.test('a description by somebody other than a trusted proxy is not signed', async (t) => {
  for (const remoteAddress of ['192.0.2.1', '127.0.0.2', '::1']) {
    const headers = { ...asked, 'x-forwarded-for': '127.0.0.1' };
    t.notOk('x-auth-context' in (await verify(headers, { remoteAddress })).headers, remoteAddress);
  }
  t.ok('x-auth-context' in (await verify(asked, { remoteAddress: '::ffff:127.0.0.1' })).headers);
  const forged = { ...asked, 'x-auth-context': 'forged' };
  t.not(await contextIn(forged), 'forged');
  t.notOk('x-auth-context' in (await verify({ 'x-auth-context': 'forged' })).headers);
});

t.test('a refused request gets no signed identity', async (t) => {
  for (const [options, status] of [
    [{ key: null }, 401],
    [{ key: 'f'.repeat(64) }, 401],
    [{ url: '/v1/auth/verify?permission=customers:read' }, 403],
  ] as const) {
    const response = await verify(asked, options);
    t.equal(response.statusCode, status);
    t.notOk('x-auth-context' in response.headers);
  }
});

t.test('connections are kept, also when bodies come that nobody reads', async (t) => {
  const port = await listening;
  const body = 'GET / HTTP/1.1\r\n\r\n';
  const lines = Object.entries({ host: 'x', 'x-api-key': known.api_key, ...asked }).map((pair) =>
    pair.join(': '),
  );
  const head = ['POST /v1/auth/verify HTTP/1.1', ...lines, `Content-Length: ${body.length}`].join('\r\n');
  const answers = await sendRaw(port, `${head}\r\n\r\n${body}${head}\r\nConnection: close\r\n\r\n${body}`);
  t.strictSame(
    answers.map(({ status, headers }) => [status, 'x-auth-context' in headers]),
    [
      [200, true],
      [200, true],
    ],
  );
});

t.test('a key is replaced by another while replicas have them in either order', async (t) => {
  const start = (...keys: string[]) => startService(t, { databaseUrl, env: signingEnv(...keys) });
  const before = await start(firstKey);
  const after = await start(secondKey, firstKey);
  const sign = async (by: TestService) => contextIn(asked, {}, by);
  const tokens = [await sign(before), await sign(service), await sign(after)];
  t.strictSame(
    tokens.map((token) => decodeProtectedHeader(token).kid),
    ['first', 'first', 'second'],
  );
  for (const replica of [service, after]) {
    const keys = createLocalJWKSet((await publicKeysOf(replica)).json());
    for (const token of tokens) await t.resolves(jwtVerify(token, keys));
  }
});

t.test('no client gets one by itself through the load balancer', { skip: nginxIsMissing }, async (t) => {
  const { port } = await startLoadBalancer(t, [await listening]);
  const headers = { 'x-api-key': known.api_key, ...asked };
  const response = await fetch(`http://127.0.0.1:${port}/v1/auth/verify`, { headers });
  t.equal(response.status, 200);
  t.equal(response.headers.get('x-auth-key-id'), known.secret.id);
  t.equal(response.headers.get('x-auth-context'), null);
});

t.test('without keys for it nothing is signed, and there are none to read', async (t) => {
  const plain = await startService(t, { databaseUrl, env: { TRUSTED_PROXIES: '127.0.0.1' } });
  const response = await verify({ ...asked, 'x-auth-context': 'forged' }, {}, plain);
  t.equal(response.statusCode, 200);
  t.notOk('x-auth-context' in response.headers);
  const keys = await publicKeysOf(plain);
  t.equal(keys.statusCode, 404);
  t.strictSame(keys.json(), errorOf('Key set not found', 'not_found'));
});
