import { createSecretKey, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import fc from 'fast-check';
import { decodeJwt, decodeProtectedHeader, UnsecuredJWT } from 'jose';
import t, { type Test } from 'tap';
import { listen, sendRaw } from '../fixtures/raw-http.ts';
import {
  createSession,
  developmentSeed,
  forge,
  inSession,
  issueSession,
  privateKeyOf,
  type TestSession,
} from '../fixtures/sessions.ts';
import {
  collectLog,
  createEnvironment,
  createKey,
  createMigratedDatabase,
  createPlaintext,
  cutDatabase,
  developmentKey,
  errorOf,
  startService,
  untilLeaseEnds,
} from '../helper.ts';

const required = errorOf('Session token required', 'permission_denied');
const invalid = errorOf('Invalid session token', 'permission_denied');
const expired = errorOf('Session has expired', 'permission_denied');
const revoked = errorOf('Session has been revoked', 'permission_denied');
const inactive = errorOf('Session is inactive', 'permission_denied');
const noCustomer = errorOf('Customer not found', 'not_found');

const log = collectLog();
const databaseUrl = await createMigratedDatabase(t);
const service = await startService(t, {
  databaseUrl,
  env: { PORTAL_URL: 'https://portal.example.com/home', LOG_LEVEL: 'trace', ACCESS_LOG: 'all' },
  logStream: log.logStream,
});
/** Another replica on the same database. */
const other = await startService(t, { databaseUrl });
const { call, pool } = service;

const infoUrl = '/v1/customer/portal/info';
const portalUrl = (externalId: string, rest = '') =>
  `/v1/customers/portal/${encodeURIComponent(externalId)}${rest}`;
const revokeAll = ({ external_id }: TestSession, by = service, options = {}) =>
  by.call({ method: 'DELETE', url: portalUrl(external_id, '/sessions'), ...options });
const revokeOne = ({ external_id }: TestSession, id: string, by = service, options = {}) =>
  by.call({ method: 'DELETE', url: portalUrl(external_id, `/sessions/${id}`), ...options });

async function refused(test: Test, token: string, body: object, status = 401): Promise<void> {
  for (const replica of [service, other]) {
    const response = await inSession(replica, token);
    test.equal(response.statusCode, status);
    test.strictSame(response.json(), body);
    if (status === 401) test.equal(response.headers['www-authenticate'], 'Session realm="latchkey"');
  }
}

async function accepted(test: Test, ...tokens: string[]): Promise<void> {
  for (const token of tokens) {
    for (const replica of [service, other]) {
      test.equal((await inSession(replica, token)).statusCode, 200);
    }
  }
}

const eventsOf = async (subject: string) =>
  (await pool.query('SELECT * FROM key_events WHERE subject_id = $1 ORDER BY seq', [subject])).rows;

const headSeq = async () => Number((await pool.query('SELECT seq FROM key_event_counter')).rows[0].seq);

t.test('a session is issued, with a token that says what it is for', async (t) => {
  const before = await headSeq();
  const created = await call({ method: 'POST', url: '/v1/customers', payload: { external_id: 'a/ü 1' } });
  const customer = created.json();
  const startMs = Date.now();
  const response = await call({ url: portalUrl('a/ü 1') });
  t.equal(response.statusCode, 200);
  t.equal(response.headers['cache-control'], 'no-store');
  const { token, url, expires_at, session_id, ...rest } = response.json();
  t.strictSame(rest, {});
  t.equal(url, `https://portal.example.com/home#token=${token}`);
  t.match(session_id, /^sess_[0-9a-f]{32}$/);
  const lifetimeMs = Date.parse(expires_at) - startMs;
  t.ok(lifetimeMs > 3_590_000 && lifetimeMs < 3_610_000, 'an hour');
  t.strictSame(decodeProtectedHeader(token), {
    alg: 'EdDSA',
    typ: 'latchkey-session+jwt',
    kid: 'development',
  });
  const { iat, ...claims } = decodeJwt(token);
  t.type(iat, 'number');
  t.strictSame(claims, {
    jti: session_id,
    sub: customer.id,
    tenant_id: customer.tenant_id,
    environment_id: customer.environment_id,
    generation: 0,
    iss: 'latchkey',
    aud: 'latchkey-customer-portal',
    exp: Date.parse(expires_at) / 1000,
  });
  await accepted(t, token);
  t.equal(await headSeq(), before, 'and is no change that anybody waits for');
  const { rows } = await pool.query(
    "SELECT to_jsonb(c)::text AS row FROM customers c WHERE external_id = 'a/ü 1'",
  );
  t.notMatch(rows[0].row, token);
  t.equal((await call({ url: `/v1/customers/${customer.id}` })).json().updated_at, customer.updated_at);
});

t.test('the customer sees and changes what is its own', async (t) => {
  const { token, customer_id, external_id } = await createSession(service);
  const bystander = await createSession(service);
  await call({ method: 'PATCH', url: `/v1/customers/${customer_id}`, payload: { metadata: { vip: 'no' } } });
  const info = await inSession(service, token);
  t.equal(info.headers['cache-control'], 'no-store');
  const { created_at, updated_at, ...shown } = info.json();
  t.strictSame(shown, { id: customer_id, external_id, name: 'Ada', email: null }, 'and no labels');

  const put = (payload: object, headers = { 'x-session-token': token }) =>
    call({ method: 'PUT', url: infoUrl, key: null, headers, payload });
  const changed = await put({ name: 'Ada King', email: 'ada@example.com' });
  t.equal(changed.statusCode, 200);
  t.match(changed.json(), { id: customer_id, name: 'Ada King', email: 'ada@example.com', created_at });
  t.not(changed.json().updated_at, updated_at);
  t.match((await put({ name: null, email: null })).json(), { name: null, email: null });
  t.match((await call({ url: `/v1/customers/${customer_id}` })).json(), { metadata: { vip: 'no' } });
  for (const [payload, path] of [
    [{ name: 'x' }, '/email'],
    [{ email: null }, '/name'],
    [{ name: '', email: null }, '/name'],
    [{ name: 'x', email: 'nobody' }, '/email'],
    [{ name: 'x', email: null, metadata: {} }, '/metadata'],
    [{ name: 'x', email: null, external_id: bystander.external_id }, '/external_id'],
    [{ name: 'x', email: null, id: bystander.customer_id }, '/id'],
  ] as const) {
    const response = await put(payload);
    t.equal(response.statusCode, 400, JSON.stringify(payload));
    t.ok(response.json().error.details.some((detail: { path: string }) => detail.path === path));
  }
  t.match((await inSession(service, bystander.token)).json(), { name: 'Ada' });
});

t.test("who isn't there, or is inactive, gets no session; nor anybody from a key that may not", async (t) => {
  const { external_id, customer_id } = await createSession(service);
  const elsewhere = await createEnvironment(service);
  for (const request of [
    { url: portalUrl('nobody') },
    { url: portalUrl(customer_id) },
    { url: portalUrl(external_id), headers: elsewhere.headers },
  ]) {
    const sessions = `${request.url}/sessions`;
    for (const response of [
      await call(request),
      await call({ ...request, method: 'DELETE', url: sessions }),
      await call({ ...request, method: 'DELETE', url: `${sessions}/sess_${'0'.repeat(32)}` }),
    ]) {
      t.equal(response.statusCode, 404);
      t.strictSame(response.json(), noCustomer);
    }
  }
  for (const id of ['x', 'sess_', customer_id]) {
    const url = portalUrl(external_id, `/sessions/${id}`);
    t.equal((await call({ method: 'DELETE', url })).statusCode, 400, id);
  }
  t.equal((await call({ url: portalUrl('😀'.repeat(255)) })).statusCode, 404, 'whatever its id looks like');

  const weak = await createPlaintext(service, { permissions: ['customers:*', 'keys:*'] });
  const issuer = await createPlaintext(service, { permissions: ['sessions:write'] });
  for (const request of [
    { url: portalUrl(external_id) },
    { method: 'DELETE', url: portalUrl(external_id, '/sessions') },
    { method: 'DELETE', url: portalUrl(external_id, `/sessions/sess_${'0'.repeat(32)}`) },
  ] as const) {
    t.equal((await call({ ...request, key: weak })).statusCode, 403);
    t.ok((await call({ ...request, key: issuer })).statusCode < 300);
  }
  const { secret } = await createKey(
    service,
    { type: 'publishable_key' },
    {
      key: await createPlaintext(service, {
        permissions: ['keys:write', 'sessions:write', 'customers:read'],
      }),
    },
  );
  t.match(secret, { permissions: ['customers:read'] }, 'strangers do not inherit it');
});

t.test('no API key is a session, and no session is an API key', async (t) => {
  const { token } = await createSession(service);
  for (const headers of [
    { 'x-api-key': token },
    { authorization: `Bearer ${token}` },
    { 'x-api-key': developmentKey, authorization: `Bearer ${token}` },
  ]) {
    for (const url of ['/v1/auth/me', '/v1/customers', '/v1/users/me']) {
      const response = await call({ url, key: null, headers });
      t.equal(response.statusCode, 401);
      t.strictSame(response.json(), errorOf('Invalid API key', 'permission_denied'));
    }
  }
  const tokenAlone = await call({ url: '/v1/auth/me', key: null, headers: { 'x-session-token': token } });
  t.strictSame(tokenAlone.json(), errorOf('API key required', 'permission_denied'));

  await refused(t, developmentKey, invalid);
  for (const method of ['GET', 'HEAD', 'PUT'] as const) {
    for (const headers of [{}, { authorization: `Bearer ${token}` }, { 'x-session-token': '' }]) {
      const payload = { name: null, email: null };
      const response = await call({ method, url: infoUrl, headers, ...(method === 'PUT' && { payload }) });
      t.equal(response.statusCode, 401, method);
      if (method !== 'HEAD') t.strictSame(response.json(), required);
    }
  }
  t.equal((await call({ url: infoUrl, headers: { 'x-session-token': token } })).statusCode, 200);
});

/** Tries random texts, and tokens with one character changed. */
async function refusesAnyText(token: string): Promise<void> {
  const anything = fc.oneof(
    fc.string({ unit: 'grapheme-ascii', minLength: 1 }),
    fc.tuple(fc.base64String(), fc.base64String(), fc.base64String()).map((parts) => parts.join('.')),
    fc
      .nat(token.length - 1)
      .map((at) => token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1)),
  );
  const valid = JSON.stringify(decodeJwt(token));
  await fc.assert(
    fc.asyncProperty(anything, async (text) => {
      const { statusCode } = await inSession(service, text.replaceAll(/[^!-~]/g, '') || '-');
      // The last character of a signature has bits that mean nothing.
      return statusCode === 401 || JSON.stringify(decodeJwt(text)) === valid;
    }),
    { numRuns: 300 },
  );
}

t.test('a token that is not exactly one of ours is refused', async (t) => {
  const { token } = await createSession(service);
  const claims = decodeJwt(token);
  const [header = '', payload = '', signature = ''] = token.split('.');
  const edited = (change: object) =>
    Buffer.from(JSON.stringify({ ...claims, ...change })).toString('base64url');
  const publicPem = Buffer.from('latchkey development session key');
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const stranger = generateKeyPairSync('ed25519').privateKey;
  await accepted(t, await forge({}, claims));
  const forged: Record<string, string> = {
    'no signature': new UnsecuredJWT(claims).encode(),
    'an empty signature': `${header}.${payload}.`,
    'another payload': `${header}.${edited({ sub: 'cust_other' })}.${signature}`,
    'another tenant': `${header}.${edited({ tenant_id: 'tenant_other' })}.${signature}`,
    'a later end': `${header}.${edited({ exp: 9_999_999_999 })}.${signature}`,
    "a stranger's key": await forge({}, claims, stranger),
    'the seed as a secret': await forge({ alg: 'HS256' }, claims, createSecretKey(publicPem)),
    'another algorithm, RS256': await forge({ alg: 'RS256' }, claims, rsa),
    'another algorithm, ES256': await forge({ alg: 'ES256' }, claims, ec),
    'an unknown key id': await forge({ kid: 'other' }, claims),
    'no key id': await forge({ kid: undefined }, claims),
    'a key id that every object has': await forge({ kid: 'constructor' }, claims),
    'another type': await forge({ typ: 'JWT' }, claims),
    'no type': await forge({ typ: undefined }, claims),
    'a key of its own': await forge({ jwk: { kty: 'OKP' }, kid: 'mine' }, claims, stranger),
    'another audience': await forge({}, { ...claims, aud: 'latchkey' }),
    'no audience': await forge({}, { ...claims, aud: undefined }),
    'another issuer': await forge({}, { ...claims, iss: 'somebody' }),
    'no issuer': await forge({}, { ...claims, iss: undefined }),
    'no end': await forge({}, { ...claims, exp: undefined }),
    'no id': await forge({}, { ...claims, jti: undefined }),
    'no customer': await forge({}, { ...claims, sub: undefined }),
    'no generation': await forge({}, { ...claims, generation: undefined }),
    'a generation that is no number': await forge({}, { ...claims, generation: '9' }),
    'not yet valid': await forge({}, { ...claims, nbf: 9_999_999_999 }),
    'too long': await forge({}, { ...claims, filling: 'x'.repeat(3_000) }),
    'two tokens': `${token}, ${token}`,
    'a Bearer': `Bearer ${token}`,
    'a JWE': `${token}.x.y`,
    'more of it': `${token}x`,
    dots: '..',
  };
  for (const [name, one] of Object.entries(forged)) {
    const response = await inSession(service, one);
    t.equal(response.statusCode, 401, name);
    t.strictSame(response.json(), invalid, name);
  }
  const { tenant } = (await call({ method: 'POST', url: '/v1/tenants', payload: { name: 'Other' } })).json();
  const mismatch = await forge({}, { ...claims, tenant_id: tenant.id });
  t.strictSame((await inSession(service, mismatch)).json(), inactive, 'an environment of another tenant');
  await refusesAnyText(token);

  const port = await listen(service.app);
  const twice = `GET ${infoUrl} HTTP/1.1\r\nHost: a\r\nX-Session-Token: ${token}\r\nx-session-token: ${token}\r\nConnection: close\r\n\r\n`;
  t.match((await sendRaw(port, twice))[0], { status: 401 }, 'the header twice');
});

t.test('a session is expired from the very instant of its expiry on', async (t) => {
  const { token, expires_at } = await createSession(service);
  let nowMs = Date.parse(expires_at) - 1;
  t.intercept(Date, 'now', { value: () => nowMs });
  await accepted(t, token);
  nowMs += 1;
  await refused(t, token, expired);
});

t.test('a session is revoked by itself', async (t) => {
  const session = await createSession(service);
  const second = await issueSession(service, session.external_id);
  const before = await headSeq();
  t.equal((await revokeOne(session, session.session_id)).statusCode, 204);
  await refused(t, session.token, revoked);
  await accepted(t, second.token);
  t.equal((await revokeOne(session, session.session_id, other)).statusCode, 204, 'again');
  t.equal(await headSeq(), before + 1, 'with one event');
  const [event] = await eventsOf(session.session_id);
  t.match(event, { kind: 'session.revoked', actor_user_id: 'user_default', tenant_id: 'tenant_default' });

  const third = await startService(t, { databaseUrl });
  t.strictSame((await inSession(third, session.token)).json(), revoked, 'and a replica that starts knows');
  t.equal((await inSession(third, second.token)).statusCode, 200);
});

t.test('all sessions of a customer are revoked, and only of this one', async (t) => {
  const session = await createSession(service);
  const more = await Promise.all(
    Array.from({ length: 20 }, () => issueSession(service, session.external_id)),
  );
  const bystander = await createSession(service);
  for (const by of [service, other]) {
    const before = await headSeq();
    t.equal((await revokeAll(session, by)).statusCode, 204);
    t.equal(await headSeq(), before + 1, 'with one event');
    for (const { token } of [session, ...more]) await refused(t, token, revoked);
    const next = await issueSession(by, session.external_id);
    await accepted(t, next.token, bystander.token);
  }
  const third = await startService(t, { databaseUrl });
  t.strictSame((await inSession(third, session.token)).json(), revoked);
  t.equal((await inSession(third, bystander.token)).statusCode, 200);
  t.match(await eventsOf(session.customer_id), Array(2).fill({ kind: 'customer.sessions_revoked' }));

  const created = await call({ method: 'POST', url: '/v1/customers', payload: { external_id: 'never' } });
  const before = await headSeq();
  t.equal((await call({ method: 'DELETE', url: portalUrl('never', '/sessions') })).statusCode, 204);
  t.equal(await headSeq(), before, 'of none is nothing to tell');
  t.equal(created.json().status, 'active');
});

t.test('one that deactivates a customer revokes its sessions for good', async (t) => {
  const session = await createSession(service);
  const patch = (payload: object, by = service) =>
    by.call({ method: 'PATCH', url: `/v1/customers/${session.customer_id}`, payload });
  const deactivated = await patch({ status: 'inactive', name: 'Gone' });
  t.match(deactivated.json(), { status: 'inactive', name: 'Gone' });
  await refused(t, session.token, revoked);
  const issuing = await call({ url: portalUrl(session.external_id) });
  t.equal(issuing.statusCode, 403);
  t.strictSame(issuing.json(), errorOf('Customer is inactive', 'permission_denied'));
  t.match((await patch({ status: 'active' }, other)).json(), { status: 'active' });
  await refused(t, session.token, revoked);
  await accepted(t, (await issueSession(service, session.external_id)).token);
  t.equal((await patch({ status: 'gone' })).statusCode, 400);
});

t.test('a deleted customer has no session', async (t) => {
  const session = await createSession(service);
  const url = `/v1/customers/${session.customer_id}`;
  t.equal((await call({ method: 'DELETE', url })).statusCode, 204);
  await refused(t, session.token, revoked);
  const third = await startService(t, { databaseUrl });
  t.strictSame((await inSession(third, session.token)).json(), revoked, 'nor where a replica starts');
  t.equal((await call({ method: 'DELETE', url })).statusCode, 404);
  const payload = { external_id: session.external_id };
  await call({ method: 'POST', url: '/v1/customers', payload });
  await refused(t, session.token, revoked);
  await accepted(t, (await issueSession(service, session.external_id)).token);
});

t.test('a customer deleted while a session is issued has no session', async (t) => {
  const payload = { external_id: 'deleted meanwhile' };
  const { id } = (await call({ method: 'POST', url: '/v1/customers', payload })).json();
  const blocker = await pool.connect();
  await blocker.query('BEGIN');
  await blocker.query('SELECT FROM customers WHERE id = $1 FOR UPDATE', [id]);
  const waiting = async (count: number) => {
    const who =
      "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while ((await pool.query(who)).rowCount !== count);
  };
  const issuing = issueSession(service, payload.external_id);
  await waiting(1);
  const deleting = call({ method: 'DELETE', url: `/v1/customers/${id}` });
  await waiting(2);
  await blocker.query('COMMIT');
  blocker.release();
  t.equal((await deleting).statusCode, 204);
  await refused(t, (await issuing).token, revoked);
});

t.test('in an inactive environment or tenant no session is accepted', async (t) => {
  const tenant = (await call({ method: 'POST', url: '/v1/tenants', payload: { name: 'A' } })).json();
  const session = await createSession(service, { key: tenant.api_key });
  const bystander = await createSession(service);
  for (const [url, key] of [
    [`/v1/tenants/${tenant.tenant.id}`, developmentKey],
    [`/v1/environments/${tenant.secret.environment_id}`, tenant.api_key],
  ] as const) {
    await accepted(t, session.token);
    await call({ method: 'PATCH', url, payload: { status: 'inactive' }, key });
    await refused(t, session.token, inactive, 403);
    await accepted(t, bystander.token);
    await call({ method: 'PATCH', url, payload: { status: 'active' }, key });
  }
});

t.test('a revocation that is repeated is answered when the first one is in force', async (t) => {
  const session = await createSession(service);
  const gone = await createSession(service);
  const never = { ...session, external_id: 'without sessions' };
  await call({ method: 'POST', url: '/v1/customers', payload: { external_id: never.external_id } });
  const revokeTheOne = () => revokeOne(session, session.session_id);
  const deleteCustomer = () => call({ method: 'DELETE', url: `/v1/customers/${gone.customer_id}` });
  for (const first of [revokeTheOne, deleteCustomer]) t.equal((await first()).statusCode, 204);
  const again = async () => {
    const answers = [revokeTheOne(), deleteCustomer(), revokeAll(gone), revokeAll(never)];
    return (await Promise.all(answers)).map(({ statusCode }) => statusCode);
  };
  // A replica that has not heard of anything, and whose lease does not end.
  await pool.query(
    "INSERT INTO replicas (id, applied_seq, lease_id, lease_ms) VALUES ('silent', 0, gen_random_uuid(), 3600000)",
  );
  t.strictSame(await again(), [503, 503, 503, 503]);
  await pool.query("DELETE FROM replicas WHERE id = 'silent'");
  t.strictSame(await again(), [204, 404, 404, 204]);
});

t.test('nobody revokes the sessions of others', async (t) => {
  const victim = await createSession(service);
  const tenant = (await call({ method: 'POST', url: '/v1/tenants', payload: { name: 'B' } })).json();
  const attacker = await createSession(service, { key: tenant.api_key });
  const neighbour = await createSession(service);
  for (const [session, key] of [
    [attacker, tenant.api_key],
    [neighbour, developmentKey],
  ] as const) {
    t.equal((await revokeOne(session, victim.session_id, service, { key })).statusCode, 204);
    t.equal((await revokeAll(session, service, { key })).statusCode, 204);
  }
  t.equal((await revokeAll(victim, service, { key: tenant.api_key })).statusCode, 404);
  await accepted(t, victim.token);
  t.equal((await revokeOne(victim, victim.session_id)).statusCode, 204);
  await refused(t, victim.token, revoked);
});

t.test('a session that is revoked while its request is on its way brings nothing about', async (t) => {
  const session = await createSession(service);
  const fresh = await startService(t, { databaseUrl });
  const port = await listen(fresh.app);
  const body = JSON.stringify({ name: 'Late', email: null });
  const socket = connect(port, '127.0.0.1');
  const entered = new Promise<void>((resolve) => fresh.app.server.once('request', () => resolve()));
  socket.write(
    `PUT ${infoUrl} HTTP/1.1\r\nHost: localhost\r\nX-Session-Token: ${session.token}\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body.slice(0, -1)}`,
  );
  await entered;
  t.equal((await inSession(fresh, session.token)).statusCode, 200, 'which has been accepted by then');
  t.equal((await revokeAll(session)).statusCode, 204);
  let answer = '';
  socket.on('data', (part) => (answer += part));
  socket.write(body.slice(-1));
  await once(socket, 'close');
  t.match(answer, /^HTTP\/1\.1 401 /);
  t.match(answer, 'Session has been revoked');
  t.match((await call({ url: `/v1/customers/${session.customer_id}` })).json(), { name: 'Ada' });
});

t.test('without a lease it is 503, and what is no session is told all the same', async (t) => {
  const alone = await startService(t);
  const { token } = await createSession(alone);
  const restore = await cutDatabase(alone.databaseUrl);
  t.teardown(restore);
  await untilLeaseEnds(alone);
  const response = await inSession(alone, token);
  t.equal(response.statusCode, 503);
  t.strictSame(response.json(), errorOf('Authentication temporarily unavailable', 'service_unavailable'));
  t.ok(Number(response.headers['retry-after']) > 0);
  t.equal((await inSession(alone, `${token}x`)).statusCode, 401);
});

const keysOf = (...entries: [string, Buffer][]) => ({
  SESSION_KEYS: entries.map(([id, seed]) => `${id}:${seed.toString('base64')}`).join(),
});

t.test('signing keys are replaced with an overlap', async (t) => {
  const oldKey: [string, Buffer] = ['old', Buffer.alloc(32, 1)];
  const newKey: [string, Buffer] = ['new', Buffer.alloc(32, 2)];
  const start = (env: NodeJS.Dict<string>) => startService(t, { databaseUrl, env });
  const before = await start({ ...keysOf(oldKey), SESSION_SECONDS: '60' });
  const accepting = await start(keysOf(oldKey, newKey));
  const signing = await start(keysOf(newKey, oldKey));
  const after = await start(keysOf(newKey));

  const first = await createSession(before);
  const lifetimeMs = Date.parse(first.expires_at) - Date.now();
  t.ok(lifetimeMs > 50_000 && lifetimeMs <= 60_000, 'as long as is set');
  t.match(decodeProtectedHeader(first.token), { kid: 'old' });
  t.match(decodeProtectedHeader((await issueSession(accepting, first.external_id)).token), { kid: 'old' });
  const second = await issueSession(signing, first.external_id);
  t.match(decodeProtectedHeader(second.token), { kid: 'new' });
  const statuses = async (token: string) =>
    Promise.all(
      [before, accepting, signing, after].map(async (one) => (await inSession(one, token)).statusCode),
    );
  t.strictSame(await statuses(first.token), [200, 200, 200, 401]);
  t.strictSame(await statuses(second.token), [401, 200, 200, 200]);
  const swapped = await start(keysOf(['old', newKey[1]], ['new', oldKey[1]]));
  for (const { token } of [first, second]) t.strictSame((await inSession(swapped, token)).json(), invalid);
});

t.test('production issues and accepts none without keys of its own', async (t) => {
  const key = await createPlaintext(service);
  const { external_id, token } = await createSession(service);
  const production = await startService(t, { databaseUrl, env: { NODE_ENV: 'production' } });
  const response = await production.call({ url: portalUrl(external_id), key });
  t.equal(response.statusCode, 503);
  t.strictSame(
    response.json(),
    errorOf('Sessions can be issued once SESSION_KEYS is set', 'service_unavailable'),
  );
  t.strictSame((await inSession(production, token)).json(), invalid);
  t.strictSame((await inSession(production, await forge({ kid: '' }, decodeJwt(token)))).json(), invalid);
});

t.test('an address that presents too many wrong tokens is limited', async (t) => {
  const limited = await startService(t, { databaseUrl, env: { FAILED_AUTH_LIMIT: '5' } });
  const { token } = await createSession(service);
  const send = (text: string, remoteAddress: string) =>
    limited.call({ url: infoUrl, key: null, headers: { 'x-session-token': text }, remoteAddress });
  const statuses: number[] = [];
  for (let i = 0; i < 7; i++) statuses.push((await send('wrong', '192.0.2.1')).statusCode);
  t.strictSame(statuses, [...Array(5).fill(401), 429, 429]);
  for (const address of ['192.0.2.1', '192.0.2.2'])
    t.equal((await send(token, address)).statusCode, 200, 'a genuine one goes on');
});

t.test('what has expired long ago is removed from the database', async (t) => {
  const session = await createSession(service);
  await revokeOne(session, session.session_id);
  await pool.query(
    "UPDATE session_revocations SET expires_at = now() - interval '25 hours' WHERE session_id = $1",
    [session.session_id],
  );
  const stored = async () =>
    (await pool.query('SELECT 1 FROM session_revocations WHERE session_id = $1', [session.session_id]))
      .rowCount;
  t.equal(await stored(), 1);
  await revokeAll(await createSession(service));
  t.equal(await stored(), 0);
});

t.test('no token is in the log, which tells the session', async (t) => {
  const { token, session_id } = await createSession(service);
  await inSession(service, token);
  await inSession(service, await forge({}, { ...decodeJwt(token), aud: 'x' }, privateKeyOf(developmentSeed)));
  await call({ url: `${infoUrl}?token=${token}`, key: null });
  const lines = log.lines.join('\n');
  t.match(lines, session_id);
  t.ok(log.lines.some((line) => line.includes(session_id) && line.includes('tenant_default')));
  for (const part of token.split('.').slice(1)) t.notOk(lines.includes(part));
});
