import { once } from 'node:events';
import { connect } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import type { LightMyRequestResponse } from 'fastify';
import t, { type Test } from 'tap';
import { type Operation, readDescription } from './fixtures/description.ts';
import { listen, type RawAnswer, sendRaw } from './fixtures/raw-http.ts';
import { createSession } from './fixtures/sessions.ts';
import { developmentKey, errorOf, startService } from './helper.ts';

const service = await startService(t);
const { app, call } = service;
const { operations, problems } = await readDescription(service);
const port = await listen(app);

const keys = '/v1/secrets/api/keys';
const codes = [
  'permission_denied',
  'validation_error',
  'not_found',
  'already_exists',
  'too_many_requests',
  'service_unavailable',
  'system_error',
];

interface Answered {
  status: number;
  body: string;
}

const answered = ({ statusCode, body }: LightMyRequestResponse): Answered => ({ status: statusCode, body });

/** The answer is the one envelope, with nothing else in it. @returns its error */
function refused(test: Test, { status, body }: Answered, expected: number, what: string) {
  test.equal(status, expected, what, { body });
  const { success, error, ...rest } = JSON.parse(body);
  test.strictSame({ success, rest }, { success: false, rest: {} }, `${what}: the envelope`);
  const { message, internal_error, details, ...others } = error;
  test.strictSame(others, {}, `${what}: the error`);
  test.type(message, 'string');
  test.ok(codes.includes(internal_error), `${what}: ${internal_error}`);
  if (details !== undefined) {
    test.equal(internal_error, 'validation_error');
    for (const detail of details) test.strictSame(Object.keys(detail), ['path', 'message']);
  }
  return error;
}

const urlOf = (path: string): string => path.replaceAll(/\{\w+\}/g, 'nothing');

/** For routes that ask for a session; the others don't look at it. */
const headers = { 'x-session-token': (await createSession(service)).token };

t.test('an unknown path is 404, whatever it looks like', async (t) => {
  const paths = ['/', '/v1', '/v2/customers', '//', '/v1//customers', '/V1/customers', '/v1/customers/a/b'];
  const odd = [
    '/docs/static/nothing.js',
    '/docs/static/..%2f..%2fpackage.json',
    '/v1/customers%3Fa',
    '/é',
    '/.env',
  ];
  for (const url of [...paths, ...odd]) {
    const response = await call({ url, key: null });
    t.strictSame(response.json(), errorOf('No such route', 'not_found'), url);
    t.equal(response.statusCode, 404, url);
    t.match(response.headers['x-request-id'], /^req_/);
  }
});

t.test('a wrong method is 405 and says which are right, before anybody asks for a key', async (t) => {
  const allowed = new Map<string, Set<string>>();
  for (const { path, method } of operations) {
    const methods = allowed.get(path) ?? new Set();
    allowed.set(path, methods.add(method));
    // A stream has no end that HEAD could ask for.
    if (method === 'GET' && !path.endsWith('/stream')) methods.add('HEAD');
  }
  /** A path with a word where another has an id answers its own methods. */
  const isAnswered = (method: string, url: string) =>
    [...allowed].some(
      ([path, methods]) =>
        methods.has(method) && new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(url),
    );
  // It takes any method.
  allowed.delete(forwardAuthPath);
  for (const [path, methods] of allowed) {
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const) {
      if (isAnswered(method, urlOf(path))) continue;
      const response = await call({ method, url: urlOf(path), key: null });
      const what = `${method} ${path}`;
      t.equal(response.statusCode, 405, what);
      t.equal(response.headers.allow, [...methods].toSorted().join(', '), what);
      if (method === 'HEAD') continue;
      t.strictSame(response.json(), errorOf('Method not allowed', 'validation_error'), what);
    }
  }
  for (const method of ['TRACE', 'PROPFIND', 'QUERY']) {
    const [answer] = await sendRaw(
      port,
      `${method} ${keys} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
    );
    if (answer?.status === 400) continue; // A method that this version of Node doesn't know.
    t.equal(answer?.headers['allow'], 'GET, HEAD, POST', method);
  }
});

t.test('a URL that is not valid is refused with a request id', async (t) => {
  for (const url of ['/%zz', `${keys}/%ff`, `${keys}/%`, `${keys}/%E0%A4`, '/v1/%c0%ae%c0%ae/customers']) {
    const response = await call({ url });
    refused(t, answered(response), 400, url);
    t.match(response.headers['x-request-id'], /^req_/, url);
  }
  refused(
    t,
    answered(await call({ url: `${keys}/${'a'.repeat(511)}` })),
    414,
    'a parameter of 511 characters',
  );
  refused(t, answered(await call({ url: `${keys}/${'a'.repeat(65)}` })), 400, 'an id of 65 characters');
});

t.test('a body that is not what it should be is refused', async (t) => {
  const bodies: [number, string, string, string?][] = [
    [400, '{', 'broken JSON'],
    [400, '{"name":"a"}x', 'JSON and more'],
    [400, "{'name':'a'}", 'not JSON'],
    [400, '{"name":NaN}', 'NaN'],
    [400, '', 'an empty body'],
    [400, ' ', 'a blank body'],
    [400, 'null', 'null'],
    [400, '[]', 'a list'],
    [400, '[{"name":"a"}]', 'a list of one'],
    [400, '"name"', 'a string'],
    [400, '5', 'a number'],
    [400, '{"name":"a","__proto__":{"admin":true}}', '__proto__'],
    [400, '{"name":"a","metadata":{"__proto__":"b"}}', '__proto__ inside'],
    [400, '{"name":"a","constructor":{"prototype":{"admin":true}}}', 'constructor.prototype'],
    [400, '['.repeat(30_000), 'deep lists'],
    [400, `{"name":"a","metadata":${'{"a":'.repeat(9_000)}1${'}'.repeat(9_000)}}`, 'deep objects'],
    [413, JSON.stringify({ name: 'a'.repeat(65_537) }), 'too much'],
    [415, '{"name":"a"}', 'plain text', 'text/plain'],
    [415, 'name=a', 'a form', 'application/x-www-form-urlencoded'],
    [415, '<name/>', 'XML', 'application/xml'],
    [415, '{"name":"a"}', 'nonsense', ';;;'],
    [415, '{"name":"a"}', 'nearly JSON', 'application/jsonp'],
  ];
  for (const [status, payload, what, type = 'application/json'] of bodies) {
    const response = await call({ method: 'POST', url: keys, payload, headers: { 'content-type': type } });
    const { internal_error } = refused(t, answered(response), status, what);
    t.equal(internal_error, 'validation_error');
    t.notMatch(response.body, /Unexpected|position|token/, `${what}: nothing of the parser`);
  }
  refused(t, answered(await call({ method: 'POST', url: keys })), 400, 'no body at all');
  t.equal(Object.hasOwn(Object.prototype, 'admin'), false);
});

interface JsonSchema {
  type?: string;
  minimum?: number;
  pattern?: string;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  properties?: Record<string, JsonSchema>;
  additionalProperties?: JsonSchema | boolean;
}

/** Routes for proxies: the rest of the query may come from their own clients, and a body is ignored. */
const forwardAuthPath = '/v1/auth/verify';

const wrongValues: Record<string, unknown[]> = {
  string: [5, true, ['a'], { a: 'b' }, 'a\0b', '\ud800', 'a\udc00b', 'a'.repeat(5000), 'f'.repeat(64)],
  integer: ['5', 5.5, true, [5], 0, -1, 1e300],
  array: ['a', 5, { 0: 'a' }, [5], ['a\0b'], [null], ['keys:read', 'keys:read']],
  object: ['a', 5, true, ['a'], { 'a\0b': 'c' }, { a: 'b\0c' }, { a: 5 }, { '\ud800': 'a' }],
};

/** Returns whether what is wrong elsewhere is right here. */
function isRight({ type, minimum, pattern }: JsonSchema, value: unknown): boolean {
  if (type === 'integer') return value === minimum;
  return typeof value === 'string' && pattern === '^[0-9a-f]{64}$' && /^f{64}$/.test(value);
}

/** As `spoiltBodies`, or of a list whose one row is so. */
function* spoiltRequests(schema: JsonSchema, example: unknown): Generator<[string, object]> {
  if (schema.anyOf !== undefined) {
    for (const alternative of schema.anyOf)
      yield* spoiltRequests(alternative, alternative.type === 'array' ? [example] : example);
    return;
  }
  if (!Array.isArray(example)) return yield* spoiltBodies(schema, Object(example));
  for (const [path, row] of spoiltBodies(schema.items ?? {}, example[0])) yield [`/0${path}`, [row]];
}

/** Bodies in which one field is wrong, with the path of the field. */
function* spoiltBodies(schema: JsonSchema, example: object): Generator<[string, object]> {
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const types = property.anyOf?.flatMap(({ type = '' }) => type) ?? [property.type ?? 'string'];
    const values =
      types.includes('object') && property.additionalProperties === undefined
        ? []
        : wrongValues[types[0] ?? ''];
    for (const value of values ?? []) {
      if (!isRight(property, value)) yield [`/${name}`, { ...example, [name]: value }];
    }
    const nested = property.anyOf?.find(({ properties }) => properties) ?? property;
    const whole = Object.fromEntries(Object.keys(nested.properties ?? {}).map((key) => [key, 1]));
    for (const [path, value] of spoiltBodies(nested, whole))
      yield [`/${name}${path}`, { ...example, [name]: value }];
  }
}

t.test('a wrong value in any field is told with its path, never turned into a right one', async (t) => {
  for (const { name, method, path, body } of operations) {
    if (body === null) continue;
    let count = 0;
    for (const [field, payload] of spoiltRequests(body.schema, body.example)) {
      // A provider's secret may look like a key: it is sealed, and never shown.
      if (field === '/secret' && Object(payload).secret === 'f'.repeat(64)) continue;
      // What somebody presented as a key may be any text.
      if (field.endsWith('/api_key') && typeof [payload].flat().map(Object)[0].api_key === 'string') continue;
      const response = await call({ method, url: urlOf(path), payload, headers });
      const what = `${name} ${JSON.stringify(payload).slice(0, 150)}`;
      const { details = [] } = refused(t, answered(response), 400, what);
      const paths: string[] = details.map((detail: { path: string }) => detail.path);
      t.ok(
        paths.some((path) => path.startsWith(field)),
        what,
      );
      t.ok(
        paths.every((path) => path.split('/')[1] === field.split('/')[1]),
        what,
      );
      count += 1;
    }
    t.ok(count > 0, name);
  }
});

t.test('fields and parameters that nobody knows are refused by name', async (t) => {
  for (const { name, method, path, body, parameters } of operations) {
    if (body !== null) {
      const spoil = (example: unknown) => ({ ...Object(example), tenant_id: 'tenant_other' });
      const [payload, field] = Array.isArray(body.example)
        ? [body.example.map(spoil), '/0/tenant_id']
        : [spoil(body.example), '/tenant_id'];
      const response = await call({ method, url: urlOf(path), payload, headers });
      const { details } = refused(t, answered(response), 400, name);
      t.strictSame(details, [{ path: field, message: 'is not a known field' }]);
    }
    if (path !== forwardAuthPath && parameters.some((parameter) => parameter.in === 'query')) {
      const response = await call({
        method,
        url: urlOf(path),
        query: { tenant_id: 'tenant_other' },
        ...(body && { payload: Object(body.example) }),
      });
      const { details } = refused(t, answered(response), 400, name);
      t.strictSame(details, [{ path: 'querystring/tenant_id', message: 'is not a known field' }]);
    }
  }
  const payload = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`f${index}`, 1]));
  const { details } = refused(t, answered(await call({ method: 'POST', url: keys, payload })), 400, 'many');
  t.equal(details.length, 20, 'a small request gets no large answer');
});

function withParameter(path: string, parameter: Operation['parameters'][number], value: string) {
  const { name } = parameter;
  if (parameter.in === 'path') return { url: urlOf(path.replace(`{${name}}`, value)) };
  if (parameter.in === 'header') return { url: urlOf(path), headers: { [name]: value } };
  return { url: `${urlOf(path)}?${name}=${value.replace('NAME', name)}` };
}

t.test('a parameter that is wrong is refused, in the query, in the path and in a header', async (t) => {
  const texts = ['%00', 'a%00b', '', 'a'.repeat(2000), 'a&NAME=b'];
  const numbers = ['Infinity', '-Infinity', '1e400', 'NaN', '0.5', '-1'];
  for (const { name, method, path, parameters, isPublic } of operations) {
    // What strangers ask for is answered alike, whatever is wrong with it.
    if (isPublic || path === forwardAuthPath) continue;
    for (const parameter of parameters) {
      for (const value of parameter.schema.type === 'integer' ? [...texts, ...numbers] : texts) {
        if (parameter.in === 'header' && value === '') continue;
        if (parameter.in === 'path' && (value === '' || value.length > 100 || value.includes('&'))) continue;
        refused(
          t,
          answered(await call({ method, ...withParameter(path, parameter, value) })),
          400,
          `${name} ${parameter.name}=${value.slice(0, 9)}`,
        );
      }
    }
  }
  for (const query of [
    'limit=0',
    'limit=1001',
    'limit=1.5',
    'limit=five',
    'offset=-1',
    'limit[]=1',
    '__proto__=1',
  ]) {
    refused(t, answered(await call({ url: `${keys}?${query}` })), 400, query);
  }
  t.equal(
    (await call({ url: `${keys}?limit=5&offset=0` })).statusCode,
    200,
    'a number in a query comes as text',
  );
});

t.test('text that is allowed comes back as it was sent', async (t) => {
  const storable = fc
    .string({ unit: 'binary', minLength: 1, maxLength: 40 })
    .filter((text) => !text.includes('\0') && text.length <= 40);
  // Fastify refuses JSON with this name, which would otherwise be a prototype to somebody.
  const isNoPrototype = (text: string) => text !== '__proto__';
  const label = fc.oneof(
    storable.filter(isNoPrototype),
    fc.constantFrom('toString', 'a\nb', 'hasOwnProperty', '💙', '"\\'),
  );
  const sent = fc.record({ name: storable, metadata: fc.dictionary(label, storable, { maxKeys: 5 }) });
  const property = fc.asyncProperty(sent, async (payload) => {
    const { secret } = (await call({ method: 'POST', url: keys, payload })).json();
    return secret.name === payload.name && isDeepStrictEqual(secret.metadata, { ...payload.metadata });
  });
  await t.resolves(fc.assert(property, { numRuns: 100 }));
});

t.test('an expiry that is no point in time, or none that can be written, is refused', async (t) => {
  const expiries = [
    '2999-02-30T00:00:00Z',
    '9999-12-31T23:59:59-23:59',
    '2999-12-31T23:59:60Z',
    '2999-01-01',
    'never',
  ];
  for (const expires_at of [...expiries, '0000-01-01T00:00:00Z', '2999-01-01T00:00:00', 32503680000]) {
    const response = await call({ method: 'POST', url: keys, payload: { name: 'a', expires_at } });
    refused(t, answered(response), 400, String(expires_at));
  }
});

t.test('401 names the challenge, and an error only where a key was presented', async (t) => {
  for (const { name, method, path, isPublic, needsSession } of operations) {
    if (isPublic || needsSession) continue;
    const none = await call({ method, url: urlOf(path), key: null });
    t.strictSame(none.json(), errorOf('API key required', 'permission_denied'), name);
    t.equal(none.headers['www-authenticate'], 'Bearer realm="latchkey"');
    for (const key of ['f'.repeat(64), 'short', developmentKey.toUpperCase(), `${developmentKey}0`]) {
      const wrong = await call({ method, url: urlOf(path), key });
      t.equal(wrong.statusCode, 401, name);
      t.strictSame(wrong.json(), errorOf('Invalid API key', 'permission_denied'), name);
      t.equal(wrong.headers['www-authenticate'], 'Bearer realm="latchkey", error="invalid_token"');
      t.equal(wrong.headers['cache-control'], 'no-store');
    }
  }
});

t.test('an odd X-Environment-ID selects nothing', async (t) => {
  const values = [
    'é\xff',
    'development, production',
    'development,development',
    "' OR 1=1 --",
    '%',
    'a'.repeat(9000),
  ];
  for (const value of values) {
    const response = await call({ url: '/v1/customers', headers: { 'x-environment-id': value } });
    refused(t, answered(response), 403, value.slice(0, 30));
  }
  const twice = 'X-Environment-ID: development\r\nX-Environment-ID: production\r\n';
  refusedRaw(t, await request(`GET /v1/customers HTTP/1.1`, twice), 403, 'twice');
  refusedRaw(t, await request(`GET /v1/customers HTTP/1.1`, 'X-Environment-ID: a\0b\r\n'), 400, 'NUL');
});

/** A request with the development key over a connection of its own. */
const request = (line: string, headers = '', body = '', end = false): Promise<RawAnswer[]> => {
  const common = `Host: localhost\r\nX-API-Key: ${developmentKey}\r\nConnection: close\r\n`;
  return sendRaw(port, `${line}\r\n${common}${headers}\r\n${body}`, end);
};

function refusedRaw(test: Test, answers: RawAnswer[], status: number, what: string): void {
  const [answer] = answers;
  test.equal(answers.length, 1, `${what}: one answer`);
  if (answer === undefined) return;
  refused(test, answer, status, what);
  test.match(answer.headers['content-type'], 'application/json', what);
}

t.test('what is not HTTP gets the envelope as well', async (t) => {
  const garbage = ['garbage\r\n\r\n', Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1]), '\0\0\0\0', 'GET\r\n\r\n'];
  for (const bytes of [...garbage, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'GET /health HTTP/9.9\r\n\r\n']) {
    refusedRaw(t, await sendRaw(port, bytes), 400, JSON.stringify(bytes.toString('latin1')));
  }
  const lines = ['GET /a\0b HTTP/1.1', 'GET /a b HTTP/1.1', 'FETCH / HTTP/1.1', 'get / HTTP/1.1'];
  for (const line of lines) refusedRaw(t, await request(line), 400, JSON.stringify(line));
  const headers = ['X-A : b\r\n', 'X-A\r\n', ' X-A: b\r\n', 'X-A: b\nX-C: d\0\r\n', 'Content-Length: -1\r\n'];
  for (const header of headers) {
    refusedRaw(t, await request('GET /health HTTP/1.1', header), 400, JSON.stringify(header));
  }
  refusedRaw(t, await sendRaw(port, 'GET /health HTTP/1.1\r\nConnection: close\r\n\r\n'), 400, 'no Host');
  refusedRaw(t, await request('POST /health HTTP/1.1', 'Expect: wonders\r\n'), 417, 'Expect');
  refusedRaw(t, await request('GET /health HTTP/1.1', `X-A: ${'a'.repeat(17_000)}\r\n`), 431, 'huge header');
  refusedRaw(t, await request(`GET /${'a'.repeat(17_000)} HTTP/1.1`), 431, 'huge URL');
  t.strictSame(await sendRaw(port, 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n'), [], 'a tunnel is closed');
});

t.test('a body that lies about its length is refused', async (t) => {
  const post = `POST ${keys} HTTP/1.1`;
  const body = '{"name":"a"}';
  const type = 'Content-Type: application/json\r\n';
  refusedRaw(t, await request(post, `${type}Content-Length: 50\r\n`, body, true), 400, 'too short');
  refusedRaw(t, await request(post, `${type}Content-Length: 5\r\n`, body), 400, 'too long');
  refusedRaw(
    t,
    await request(post, `${type}Content-Length: 12\r\nContent-Length: 5\r\n`, body),
    400,
    'twice',
  );
  refusedRaw(t, await request(post, `${type}Content-Length: 1e1\r\n`, body), 400, 'no number');
  const both = `${type}Content-Length: 12\r\nTransfer-Encoding: chunked\r\n`;
  refusedRaw(t, await request(post, both, `c\r\n${body}\r\n0\r\n\r\n`), 400, 'length and chunks');
  const chunked = `${type}Transfer-Encoding: chunked\r\n`;
  refusedRaw(t, await request(post, chunked, `ZZ\r\n${body}\r\n`), 400, 'no chunk');
  refusedRaw(t, await request(post, `${type}Transfer-Encoding: gzip\r\n`, body), 400, 'no chunks');
  const large = 'a'.repeat(70_000);
  refusedRaw(t, await request(post, `${type}Content-Length: 70000\r\n`, large), 413, 'over the limit');
  const chunks = `${large.length.toString(16)}\r\n${large}\r\n0\r\n\r\n`;
  refusedRaw(t, await request(post, chunked, chunks), 413, 'chunks over the limit');
});

t.test('requests in one go are answered in order, each as its own', async (t) => {
  const lines = (path: string, key: string, rest = '') =>
    `GET ${path} HTTP/1.1\r\nHost: a\r\nX-API-Key: ${key}\r\n${rest}\r\n`;
  const answers = await sendRaw(
    port,
    lines('/v1/auth/me', developmentKey) +
      lines('/v1/auth/me', 'wrong') +
      lines('/nothing', developmentKey) +
      lines('/health', developmentKey, 'Connection: close\r\n'),
  );
  t.strictSame(
    answers.map(({ status }) => status),
    [200, 401, 404, 200],
  );
  t.equal(new Set(answers.map(({ headers }) => headers['x-request-id'])).size, 4);
});

t.test('HEAD answers as GET, without a body', async (t) => {
  for (const path of ['/health', '/v1/auth/me', keys, '/v1/customers']) {
    const [get] = await request(`GET ${path} HTTP/1.1`);
    const head = await request(`HEAD ${path} HTTP/1.1`);
    t.equal(head[0]?.status, 200, path);
    t.equal(head[0]?.body, '');
    t.equal(head[0]?.headers['content-length'], get?.headers['content-length'], path);
  }
  const refusal = await call({ method: 'HEAD', url: '/v1/auth/me', key: null });
  t.equal(refusal.statusCode, 401);
});

t.test('a slow client is not waited for without end', async (t) => {
  const { requestTimeout, headersTimeout, timeout } = app.server;
  t.ok(headersTimeout > 0 && headersTimeout <= requestTimeout && requestTimeout <= 30_000);
  t.ok(timeout > 0 && timeout <= 60_000);
  const socket = connect(port, '127.0.0.1');
  const received: Buffer[] = [];
  socket.on('data', (part) => received.push(part));
  app.server.once('connection', (connection) => {
    app.server.emit(
      'clientError',
      Object.assign(new Error(), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }),
      connection,
    );
  });
  await once(socket, 'close');
  t.match(Buffer.concat(received).toString(), /^HTTP\/1.1 408 Request Timeout\r\n/);
  t.match(Buffer.concat(received).toString(), 'The request took too long');
});

t.test('whatever is thrown at a route, the answer is one that it declares, and never 500', async (t) => {
  for (const operation of operations) {
    const property = fc.asyncProperty(thrownAt(operation), async (options) => {
      const response = await call({ method: operation.method, ...options });
      const found = problems(operation, response);
      if (response.statusCode >= 500 || found.length > 0) throw new Error(`${response.statusCode} ${found}`);
    });
    await t.resolves(fc.assert(property, { numRuns: 40 }), operation.name);
  }
});

const words = ['name', 'metadata', 'keys:*', '*', '5', '💙', '__proto__', '\0', '\ud800', 'f'.repeat(64), ''];
const scalar = fc.oneof(
  fc.constantFrom(...words, null, true, 0, -1, 1e300, '2999-01-01T00:00:00Z'),
  fc.string({ unit: 'binary' }),
  fc.integer(),
  fc.double(),
);
const anything = fc.oneof(
  scalar,
  fc.array(scalar, { maxLength: 4 }),
  fc.dictionary(fc.oneof(fc.constantFrom(...words), fc.string()), scalar, { maxKeys: 4 }),
);

/** Some of the fields with anything in them. */
const someOf = <T>(fields: string[], value: fc.Arbitrary<T>): fc.Arbitrary<Record<string, T>> =>
  fc.subarray(fields).chain((some) => fc.record(Object.fromEntries(some.map((field) => [field, value]))));

/** Requests for an operation with anything in its path, its query and its body. */
function thrownAt({ path, parameters, body }: Operation): fc.Arbitrary<{ url: string; payload?: string }> {
  const schema: JsonSchema = body?.schema ?? {};
  const json = fc
    .oneof(someOf(Object.keys(schema.properties ?? {}), anything), anything)
    .map((value) => JSON.stringify(value));
  const broken = json.map((text) => text.slice(1));
  const queryNames = parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name);
  const id = fc.oneof(
    // Of dots alone, any client makes another path.
    fc.string({ minLength: 1, maxLength: 70 }).filter((text) => !/^\.+$/.test(text)),
    fc.constantFrom('tenant_default', 'f'.repeat(64)),
  );
  return fc
    .record({
      id,
      query: someOf(queryNames, fc.string()),
      payload: fc.oneof({ weight: 9, arbitrary: json }, broken),
    })
    .map(({ id, query, payload }) => ({
      url: `${path.replace('{id}', encodeURIComponent(id))}?${new URLSearchParams(query)}`,
      ...(body && { payload, headers: { 'content-type': 'application/json' } }),
    }));
}
