import { createHash, randomBytes } from 'node:crypto';
import type { LightMyRequestResponse } from 'fastify';
import t, { type Test } from 'tap';
import { type Operation, readDescription } from './fixtures/description.ts';
import { listen, sendRaw } from './fixtures/raw-http.ts';
import { type CallOptions, collectLog, createKey, developmentKey, startService, until } from './helper.ts';

const log = collectLog();
const service = await startService(t, {
  env: { LOG_LEVEL: 'trace', METRICS_PORT: '0', TRUSTED_PROXIES: '127.0.0.1' },
  logStream: log.logStream,
});
const { app, call, pool } = service;
const { operations } = await readDescription(service);
const port = await listen(app);

const keysUrl = '/v1/secrets/api/keys';
const created = await createKey(service);
const keys = [developmentKey, created.api_key, `c${randomBytes(32).toString('hex').slice(1)}`];

/** Mistyped keys, which still give the key away. */
const variantsOf = (key: string): string[] => [key, key.toUpperCase(), `${key}0`, `${key} `, `"${key}"`];

const escaped = (key: string, write: (code: string) => string): string =>
  [...key].map((character) => write(character.charCodeAt(0).toString(16).padStart(2, '0'))).join('');
const percentEncoded = (key: string): string => escaped(key, (code) => `%${code}`);
const jsonEscaped = (key: string): string => escaped(key, (code) => `\\u00${code}`);

/** How a key can be read out of a text. */
const formsOf = (key: string): string[] => [
  key.slice(0, 32),
  key.slice(32),
  percentEncoded(key),
  jsonEscaped(key),
  Buffer.from(key).toString('base64').slice(0, 40),
  Buffer.from(key, 'hex').toString('base64'),
  Buffer.from(key).join(','),
];

/** How the hash of a key can be read out of a text. */
function hashFormsOf(key: string): string[] {
  const hash = createHash('sha256').update(key).digest();
  const hex = hash.toString('hex');
  return [
    hex.slice(0, 32),
    hex.slice(32),
    hash.toString('base64'),
    hash.toString('base64url'),
    hash.join(','),
  ];
}

/** The forms of keys that a text has, whatever the case. */
function found(text: string, forms: string[]): string[] {
  const lowered = text.toLowerCase();
  return forms.filter((form) => lowered.includes(form.toLowerCase()));
}

const secretForms = keys.flatMap((key) => [...formsOf(key), ...hashFormsOf(key)]);

function checkAnswer(test: Test, { statusCode, headers, body }: LightMyRequestResponse, what: string): void {
  const text = JSON.stringify(headers) + (statusCode === 201 ? withoutNewKey(body) : body);
  test.strictSame(found(text, secretForms), [], what);
}

/** The answer to a creation without the one mention of the key, which must be nowhere from then on. */
function withoutNewKey(body: string): string {
  const { api_key } = JSON.parse(body);
  if (typeof api_key !== 'string') return body;
  keys.push(api_key);
  secretForms.push(...formsOf(api_key), ...hashFormsOf(api_key));
  return body.replace(api_key, '');
}

function* misplacedInUrl({ method, path, parameters }: Operation, key: string): Generator<CallOptions> {
  const url = path.replace('{id}', created.secret.id);
  const names = parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name);
  for (const text of [encodeURIComponent(key), percentEncoded(key)]) {
    if (path.includes('{id}')) yield { method, url: path.replace('{id}', text) };
    yield { method, url: `${url}/${text}` };
    for (const name of [...names, 'api_key', 'key']) yield { method, url: `${url}?${name}=${text}` };
    yield { method, url: `${url}?${text}` };
    yield { method, url: `${url}?${text}=1` };
  }
}

const headerNames = [
  [
    'cookie',
    'user-agent',
    'x-request-id',
    'request-id',
    'traceparent',
    'referer',
    'origin',
    'host',
    'accept',
    'idempotency-key',
  ],
  ['accept-version', 'x-environment-id', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'via'],
  ['if-none-match', 'range', 'content-type', 'content-encoding', 'x-session-token', 'x-http-method-override'],
].flat();

function* misplacedInHeaders({ method, path, body }: Operation, key: string): Generator<CallOptions> {
  const request = {
    method,
    url: path.replace('{id}', 'nothing'),
    ...(body && { payload: Object(body.example) }),
  };
  for (const name of headerNames) yield { ...request, headers: { [name]: key.trim() } };
  yield { ...request, headers: { [key.trim().replaceAll('"', '')]: 'x' } };
  const credentials = [
    `Basic ${Buffer.from(`${key}:`).toString('base64')}`,
    `Token ${key}`,
    `Bearer ${key} x`,
    key,
  ];
  for (const authorization of credentials) yield { ...request, key: null, headers: { authorization } };
  yield { ...request, headers: { authorization: `Bearer ${key}` } };
  yield { ...request, headers: { 'x-forwarded-for': percentEncoded(key) } };
}

function* misplacedInBody({ method, path, body }: Operation, key: string): Generator<CallOptions> {
  if (body === null) return;
  const url = path.replace('{id}', created.secret.id);
  // A list is spoilt in its one row.
  const isList = Array.isArray(body.example);
  const example: object = Object(Array.isArray(body.example) ? body.example[0] : body.example);
  const payloadOf = (row: object) => (isList ? [row] : row);
  const { items, properties = {} } = body.schema as { items?: { properties: object }; properties?: object };
  // Nobody can tell a key that is given as a hash from a hash.
  for (const field of Object.keys(items?.properties ?? properties).filter((name) => name !== 'hash')) {
    const values = [
      key,
      [key],
      [`keys:${key}`],
      [`a:${key}`],
      { [key]: 'a' },
      { a: key },
      { limit: key },
      `${key}@a.example`,
    ];
    for (const value of values) yield { method, url, payload: payloadOf({ ...example, [field]: value }) };
  }
  const headers = { 'content-type': 'application/json' };
  const texts = [
    key,
    JSON.stringify(key),
    `{"${key}":1}`,
    `{"name":${key}}`,
    `{"name":"${key}`,
    `api_key=${key}`,
  ];
  const encoded = [
    `{"${jsonEscaped(key)}":1}`,
    `{"name":"${jsonEscaped(key)}"}`,
    `{"${percentEncoded(key)}":1}`,
  ];
  for (const payload of [...texts, ...encoded]) yield { method, url, payload, headers };
  yield { method, url, payload: key, headers: { 'content-type': 'text/plain' } };
  yield { method, url, payload: payloadOf({ ...example, [key]: key, __proto__: null }), headers };
}

async function checkAnswers(t: Test): Promise<void> {
  for (const [index, operation] of operations.entries()) {
    for (const [offset, key] of keys.slice(0, 3).entries()) {
      const variants = variantsOf(key);
      const variant = variants[(index + offset) % variants.length] ?? key;
      const requests = [misplacedInUrl, misplacedInHeaders, misplacedInBody].flatMap((misplaced) => [
        ...misplaced(operation, variant),
      ]);
      for (const request of requests) checkAnswer(t, await call(request), operation.name);
    }
  }
  for (const key of keys.slice(0, 3)) {
    for (const url of [
      `/${key}`,
      `/docs/${key}`,
      `/docs/static/${key}`,
      `/v1/${percentEncoded(key)}`,
      `/%zz${key}`,
    ]) {
      checkAnswer(t, await call({ url }), 'pages');
    }
  }
}

async function checkBrokenRequests(t: Test): Promise<void> {
  for (const key of keys.slice(0, 3)) {
    const host = `Host: a\r\nX-API-Key: ${key}\r\nConnection: close\r\n`;
    const requests = [
      `${key}\r\n\r\n`,
      `${key} / HTTP/1.1\r\n${host}\r\n`,
      `GET ${key} HTTP/1.1\r\n${host}\r\n`,
      `GET / ${key}\r\n${host}\r\n`,
      `GET / HTTP/1.1\r\n${host}${key}\r\n\r\n`,
      `GET / HTTP/1.1\r\n${host}X-A: ${key}\0\r\n\r\n`,
      `GET / HTTP/1.1\r\n${host}X-A: ${key.repeat(300)}\r\n\r\n`,
      `GET /health HTTP/1.1\r\n${host}Expect: ${key}\r\n\r\n`,
      `GET /health HTTP/1.1\r\nX-API-Key: ${key}\r\nConnection: close\r\n\r\n`,
      `POST ${keysUrl} HTTP/1.1\r\n${host}Content-Length: ${key}\r\n\r\n`,
      `POST ${keysUrl} HTTP/1.1\r\n${host}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5;${key}\r\n{}\r\n`,
    ];
    for (const bytes of requests) {
      const answers = await sendRaw(port, bytes, true);
      t.strictSame(found(JSON.stringify(answers), secretForms), [], JSON.stringify(bytes.slice(0, 20)));
    }
  }
}

async function checkQuotingDatabase(t: Test): Promise<void> {
  const quoting = (table: string, column: string) =>
    `CREATE FUNCTION quote_${table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
       RAISE EXCEPTION 'row % of % and %', NEW, encode(NEW.${column}, 'hex'), encode(NEW.${column}, 'base64')
         USING DETAIL = upper(encode(NEW.${column}, 'hex')), HINT = NEW::text;
     END $$;
     CREATE TRIGGER quote_${table} BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION quote_${table}()`;
  const failures = [
    quoting('key_events', 'key_hash'),
    `ALTER TABLE api_keys ADD CONSTRAINT quoted CHECK (name <> 'Quoted') NOT VALID`,
    quoting('api_keys', 'hash'),
    'ALTER TABLE api_keys RENAME COLUMN hash TO gone',
  ];
  const linesBefore = log.lines.length;
  const told = () => log.lines.slice(linesBefore).join('');
  for (const statement of failures) {
    await pool.query(statement);
    const response = await call({ method: 'POST', url: keysUrl, payload: { name: 'Quoted' } });
    t.equal(response.statusCode, 500);
    checkAnswer(t, response, statement);
    for (const key of keys) checkAnswer(t, await call({ url: '/v1/auth/me', key }), statement);
  }
  // Another history of the database: all keys are loaded again.
  await pool.query('UPDATE key_event_counter SET event_id = gen_random_uuid()');
  await pool.query('ALTER TABLE key_events DISABLE TRIGGER key_events_append_only');
  await pool.query(`DELETE FROM key_events WHERE seq = (SELECT seq FROM key_event_counter)`);
  await until(() => told().includes(String.raw`column \"hash\" does not exist`));
  for (const key of keys) checkAnswer(t, await call({ url: '/v1/auth/me', key }), 'keys not loaded');
  t.match(told(), 'violates check constraint');
  t.match(told(), String.raw`column \"hash\" of relation \"api_keys\" does not exist`);
  t.notMatch(told(), 'Failing row contains');
  t.strictSame(
    told().match(/[0-9a-f]{40,}|[a-z0-9+/]{43}=/gi),
    null,
    'the hashes of keys that never came to be',
  );
  await pool.query('ALTER TABLE api_keys RENAME COLUMN gone TO hash');
}

async function checkLog(t: Test): Promise<void> {
  t.ok(log.lines.length > 1000, 'there is a log');
  t.ok(keys.length > 3, 'keys were created on the way');
  t.strictSame(found(log.lines.join(''), secretForms), []);
}

async function checkMetrics(t: Test): Promise<void> {
  const metrics = await app.metrics.metrics();
  t.match(metrics, 'latchkey_http_request_duration_seconds');
  t.strictSame(found(metrics, secretForms), []);
}

/** The tables in which keys are looked up, and their changes read. */
const hashColumns: Record<string, string> = { api_keys: 'hash', key_events: 'key_hash' };

async function checkDatabase(t: Test): Promise<void> {
  const { rows } = await pool.query<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'`,
  );
  t.ok(rows.length > 4);
  for (const { name } of rows) {
    const dump = async (row: string) =>
      (await pool.query<{ row: string }>(`SELECT (${row})::text AS row FROM "${name}" x`)).rows
        .map(({ row }) => row)
        .join('\n');
    const all = await dump('to_jsonb(x)');
    t.strictSame(found(all, keys.flatMap(formsOf)), [], name);
    const column = hashColumns[name];
    if (column !== undefined)
      t.ok(found(all, hashFormsOf(created.api_key)).length > 0, `${name}.${column} has the hash`);
    const rest = column === undefined ? all : await dump(`to_jsonb(x) - '${column}'`);
    t.strictSame(found(rest, keys.flatMap(hashFormsOf)), [], name);
  }
}

t.test('neither the log nor the database repeats a key, whatever came before', async (t) => {
  await t.test('no answer repeats a key that was put where it does not belong', checkAnswers);
  await t.test('what is not HTTP is answered without the keys in it', checkBrokenRequests);
  await t.test('a database that quotes rows in its errors is not quoted', checkQuotingDatabase);
  await t.test('the log has neither a key nor the hash of one', checkLog);
  await t.test('the metrics have neither a key nor the hash of one', checkMetrics);
  await t.test('the database has no key, and hashes only in the columns for them', checkDatabase);
});
