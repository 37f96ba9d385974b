import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fastify } from 'fastify';
import { Client } from 'pg';
import t from 'tap';
import { listen } from '../fixtures/raw-http.ts';
import {
  type CallOptions,
  configuredKeys,
  createEnvironment,
  createKey,
  createPlaintext,
  developmentKey,
  errorOf,
  startService,
} from '../helper.ts';

/** Runs the script as `npm run import-keys` does. @returns its exit code and what it wrote */
async function runScript(
  args: string[],
  apiKey = developmentKey,
): Promise<{ code: unknown; output: string }> {
  const script = spawn(process.execPath, ['--import=tsx', 'scripts/import-keys.ts', ...args], {
    env: { PATH: process.env['PATH'], LATCHKEY_API_KEY: apiKey },
  });
  let output = '';
  script.stderr.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const [code] = await once(script, 'close');
  return { code, output };
}

const keysUrl = '/v1/secrets/api/keys';
const url = `${keysUrl}/import`;

t.setTimeout(60_000);

const configured = configuredKeys({ other: { tenant_id: 'tenant_other', environment_id: 'development' } });
const service = await startService(t, { env: configured.env });
const { call, pool } = service;

/** A key of another system. */
const newKey = (): string => randomBytes(32).toString('hex');
const hashOf = (key: string): string => createHash('sha256').update(key).digest('hex');
const newRow = (fields: object = {}): object => ({ name: 'Imported', hash: hashOf(newKey()), ...fields });

const importRows = (rows: unknown, options: Partial<CallOptions> = {}) =>
  call({ method: 'POST', url, payload: Object(rows), ...options });

const me = async (key: string) => (await call({ url: '/v1/auth/me', key })).json();

async function stored(): Promise<{ keys: number; seq: number }> {
  const { rows } = await pool.query(
    'SELECT (SELECT count(*)::int FROM api_keys) AS keys, seq::int FROM key_event_counter',
  );
  return rows[0];
}

t.test('keys of another system may look like anything, up to 512 characters', async (t) => {
  for (const key of ['sk_live_51H', 'a'.repeat(64).toUpperCase(), 'x'.repeat(512)]) {
    t.equal((await importRows([newRow({ hash: hashOf(key) })])).statusCode, 201);
  }
  for (const key of ['sk_live_51H', 'a'.repeat(64).toUpperCase(), 'x'.repeat(512)]) {
    t.match(await me(key), { tenant_id: 'tenant_default' }, key);
    t.equal(
      (await call({ url: '/v1/auth/me', key: null, headers: { authorization: `Bearer ${key}` } })).statusCode,
      200,
    );
  }
  const tooLong = 'x'.repeat(513);
  t.equal((await importRows([newRow({ hash: hashOf(tooLong) })])).statusCode, 201);
  t.match(await me(tooLong), errorOf('Invalid API key', 'permission_denied'));
  const twice = { 'x-api-key': ['sk_live_51H', 'sk_live_51H'] };
  t.equal(
    (await call({ url: '/v1/auth/me', key: null, headers: twice })).statusCode,
    401,
    'the header twice',
  );
});

const fields = {
  name: 'Whole',
  description: 'From before',
  type: 'publishable_key',
  permissions: ['customers:read', 'customers:write'],
  rate_limit: { limit: 100, window_seconds: 60 },
  metadata: { old_id: '17', text: '"quoted", \\ and 🔑' },
};

t.test('keys of another system are taken over with all their fields, and work at once', async (t) => {
  const environment = await createEnvironment(service);
  const [plain, whole] = [newKey(), newKey()];
  t.match(await me(plain), errorOf('Invalid API key', 'permission_denied'));
  const response = await importRows(
    [
      { name: 'Plain', hash: hashOf(plain) },
      { ...fields, hash: hashOf(whole), expires_at: '2999-01-02T03:04:05+02:00' },
    ],
    { headers: environment.headers },
  );
  t.equal(response.statusCode, 201);
  t.equal(response.headers['cache-control'], 'no-store');
  const { imported, ids, ...rest } = response.json();
  t.strictSame({ imported, rest }, { imported: 2, rest: {} });

  const { items } = (await call({ url: `${keysUrl}?order=asc`, headers: environment.headers })).json();
  t.strictSame(
    items.map(({ id }: { id: string }) => id),
    ids,
    'listed in the order of the request',
  );
  t.strictSame(items[0], {
    id: ids[0],
    name: 'Plain',
    description: null,
    type: 'private_key',
    provider: 'latchkey',
    display_id: null,
    tenant_id: 'tenant_default',
    environment_id: environment.id,
    user_id: 'user_default',
    user_type: 'user',
    roles: [],
    permissions: ['*'],
    rate_limit: null,
    metadata: {},
    status: 'active',
    expires_at: null,
    last_used_at: null,
    created_at: items[0].created_at,
    updated_at: items[0].created_at,
    rotated_to: null,
    rotated_from: null,
  });
  t.match(items[1], { ...fields, id: ids[1], expires_at: '2999-01-02T01:04:05.000Z' });
  t.match(await me(plain), { key_id: ids[0], environment_id: environment.id, permissions: ['*'] });
  t.match(await me(whole), { key_id: ids[1], rate_limit: fields.rate_limit });

  const { rows } = await pool.query(
    'SELECT seq::int, subject_id, kind, before, after, key_hash FROM key_events ORDER BY seq DESC LIMIT 2',
  );
  t.strictSame(
    rows.toReversed().map(({ seq, ...row }) => row),
    items.map((item: object, i: number) => ({
      subject_id: ids[i],
      kind: 'key.created',
      before: null,
      after: item,
      key_hash: Buffer.from(hashOf([plain, whole][i] ?? ''), 'hex'),
    })),
    'and are in the feed as if each had been created by itself',
  );
});

t.test('an imported key is changed, rotated and deleted as any other', async (t) => {
  const key = newKey();
  const [id] = (await importRows([{ name: 'Old', hash: hashOf(key) }])).json().ids;
  await call({ method: 'PATCH', url: `${keysUrl}/${id}`, payload: { status: 'inactive' } });
  t.match(await me(key), errorOf('API key is inactive', 'permission_denied'));
  await call({ method: 'PATCH', url: `${keysUrl}/${id}`, payload: { status: 'active' } });
  const { secret, api_key } = (await call({ method: 'POST', url: `${keysUrl}/${id}/rotate` })).json();
  t.match(await me(key), errorOf('API key has expired', 'permission_denied'));
  t.match(await me(api_key), { key_id: secret.id });
  t.equal(secret.display_id, `${api_key.slice(0, 4)}…${api_key.slice(-4)}`);
  await call({ method: 'DELETE', url: `${keysUrl}/${id}` });
  t.match(await me(key), errorOf('Invalid API key', 'permission_denied'));
});

/** Rows that are refused, and as what. */
async function refused(rows: unknown, status: number, options: Partial<CallOptions> = {}) {
  const before = await stored();
  const response = await importRows(rows, options);
  t.equal(response.statusCode, status, response.body.slice(0, 200));
  t.strictSame(await stored(), before, 'nothing was imported');
  for (const hash of JSON.stringify(rows).match(/[0-9a-f]{64}/g) ?? [])
    if (response.body.includes(hash)) t.fail('a hash is repeated');
  return response.json().error;
}

t.test('one wrong row is enough: every wrong one is named, and none is imported', async (t) => {
  const hash = hashOf(newKey());
  const rows = [
    newRow(),
    { name: 'No hash' },
    { hash: hashOf(newKey()) },
    newRow({ hash: 'A'.repeat(64) }),
    newRow({ hash: `${hash}0` }),
    newRow({ hash: 5 }),
    newRow({ name: '' }),
    newRow({ type: 'other' }),
    newRow({ permissions: ['nonsense'] }),
    newRow({ rate_limit: { limit: 0, window_seconds: 60 } }),
    newRow({ metadata: { a: 5 } }),
    newRow({ api_key: 'x' }),
    newRow({ expires_at: 'tomorrow' }),
    'row',
    null,
    newRow(),
  ];
  const { details } = await refused(rows, 400);
  t.strictSame(
    details.map(({ path }: { path: string }) => path.split('/')[1]),
    Array.from({ length: 14 }, (_, i) => String(i + 1)),
  );
  t.match(details, [
    { path: '/1/hash', message: 'is required' },
    { path: '/2/name', message: 'is required' },
    { path: '/3/hash' },
  ]);
});

t.test('what no schema can say is named by row as well', async (t) => {
  const hash = hashOf(newKey());
  const { details } = await refused(
    [
      newRow({ hash }),
      newRow({ expires_at: '2001-01-01T00:00:00Z' }),
      newRow({ type: 'publishable_key', permissions: ['keys:read'] }),
      newRow({ hash }),
      newRow({ hash }),
    ],
    400,
  );
  t.strictSame(details, [
    { path: '/1/expires_at', message: 'must be in the future' },
    { path: '/2/permissions', message: "a publishable key can't hold keys:read" },
    { path: '/3/hash', message: 'repeats the hash of row 0' },
    { path: '/4/hash', message: 'repeats the hash of row 0' },
  ]);
});

t.test('lists that are empty, too long, or none are refused', async () => {
  await refused([], 400);
  await refused({}, 400);
  await refused(
    Array.from({ length: 10_001 }, (_, i) => newRow({ name: `${i}` })),
    400,
  );
});

t.test('a key that exists is named, whosever it is and whatever became of it', async (t) => {
  const { headers } = await createEnvironment(service);
  const own = await createKey(service);
  const elsewhere = await createKey(service, {}, { headers });
  const deleted = await createKey(service);
  await call({ method: 'DELETE', url: `${keysUrl}/${deleted.secret.id}` });
  const others = await createKey(service, {}, { key: configured.keys.other });
  const imported = newKey();
  await importRows([newRow({ hash: hashOf(imported) })]);
  const known = [
    own.api_key,
    elsewhere.api_key,
    deleted.api_key,
    others.api_key,
    imported,
    configured.keys.other,
  ];
  const rows = known.flatMap((key) => [newRow(), newRow({ hash: hashOf(key) })]);
  for (const query of [{}, { dry_run: 'true' }]) {
    const error = await refused(rows, 409, { query });
    t.strictSame(error, {
      message: 'Some of the keys already exist',
      internal_error: 'already_exists',
      details: known.map((_, i) => ({ path: `/${2 * i + 1}/hash`, message: 'already exists' })),
    });
  }
});

t.test('a dry run finds what an import would, and imports nothing', async (t) => {
  const before = await stored();
  const key = newKey();
  const rows = [newRow({ hash: hashOf(key) }), newRow()];
  const response = await importRows(rows, { query: { dry_run: 'true' } });
  t.equal(response.statusCode, 200);
  t.strictSame(response.json(), { would_import: 2 });
  t.strictSame(await stored(), before);
  await refused([...rows, rows[0]], 400, { query: { dry_run: 'true' } });
  await refused([newRow({ name: 5 })], 400, { query: { dry_run: 'true' } });
  await refused(rows, 400, { query: { dry_run: 'maybe' } });
  t.equal((await importRows(rows, { query: { dry_run: 'false' } })).statusCode, 201);
});

t.test('an imported key never grants what its importer lacks', async (t) => {
  const key = await createPlaintext(service, { permissions: ['keys:import', 'customers:read'] });
  const error = await refused(
    [newRow({ permissions: [] }), newRow({ permissions: ['customers:write'] })],
    403,
    {
      key,
    },
  );
  t.equal(error.message, 'Permission denied');
  for (const permissions of [['keys:read'], ['keys:write']])
    await refused([newRow()], 403, { key: await createPlaintext(service, { permissions }) });
  const plaintext = newKey();
  t.equal((await importRows([newRow({ hash: hashOf(plaintext) })], { key })).statusCode, 201);
  t.strictSame(
    (await me(plaintext)).permissions,
    ['customers:read', 'keys:import'],
    'and by default all of it',
  );
});

t.test('a key that everybody knows is not imported', async (t) => {
  for (const known of [developmentKey, '', 'weak', 'password']) {
    const { details } = await refused([newRow(), newRow({ hash: hashOf(known) })], 400);
    t.strictSame(details, [{ path: '/1/hash', message: 'is that of a key that everybody knows' }]);
  }
});

t.test('ten thousand keys are imported in one request, each with its number in the feed', async (t) => {
  const { headers } = await createEnvironment(service);
  const before = await stored();
  const keys = Array.from({ length: 10_000 }, newKey);
  const rows = keys.map((key, i) => ({
    name: `Key ${i}`,
    hash: hashOf(key),
    description: 'x'.repeat(900),
    metadata: { a: 'y'.repeat(200) },
  }));
  const response = await importRows(rows, { headers });
  t.equal(response.statusCode, 201);
  t.equal(new Set(response.json().ids).size, 10_000);
  const after = await stored();
  t.strictSame(after, { keys: before.keys + 10_000, seq: before.seq + 10_000 });
  const { rows: feed } = await pool.query(
    `SELECT count(*)::int, min(seq)::int, max(seq)::int,
            (SELECT event_id FROM key_events ORDER BY seq DESC LIMIT 1) =
            (SELECT event_id FROM key_event_counter) AS same_head
       FROM key_events WHERE seq > $1`,
    [before.seq],
  );
  t.strictSame(feed, [{ count: 10_000, min: before.seq + 1, max: after.seq, same_head: true }]);
  for (const i of [0, 999, 1_000, 5_000, 9_999])
    t.match(await me(keys[i] ?? ''), { key_id: response.json().ids[i] });
});

t.test('of two imports of the same keys one is made', async (t) => {
  const rows = Array.from({ length: 500 }, () => newRow());
  const answers = await Promise.all([importRows(rows), importRows(rows.toReversed()), importRows(rows)]);
  const statuses = answers.map(({ statusCode }) => statusCode);
  t.equal(statuses.filter((status) => status === 201).length, 1);
  t.strictSame(
    statuses.filter((status) => status !== 201 && status !== 409 && status !== 429),
    [],
  );
});

t.test(
  'imports are made one at a time, and one that has waited for 4 seconds is told to come again',
  async (t) => {
    const other = new Client({ connectionString: service.databaseUrl });
    await other.connect();
    t.teardown(() => other.end());
    // What another import does, in another process.
    await other.query('BEGIN');
    await other.query('SELECT pg_advisory_xact_lock(5297336025)');
    const before = await stored();
    const response = await importRows([newRow()]);
    t.equal(response.statusCode, 429);
    t.equal(response.headers['retry-after'], '1');
    t.strictSame(response.json(), errorOf('Another import is running', 'too_many_requests'));
    t.strictSame(await stored(), before);
    const waiting = importRows([newRow()]);
    t.equal(
      (await createKey(service)).secret.tenant_id,
      'tenant_default',
      'other changes are made meanwhile',
    );
    await other.query('ROLLBACK');
    t.equal((await waiting).statusCode, 201, 'one that has waited for less is made');
  },
);

/** The service's URL for the script. */
const origin = `--url=http://127.0.0.1:${await listen(service.app)}`;

t.test(
  'the script imports a file in as many requests as it takes, and again only what is missing',
  async (t) => {
    const [csv, json, last] = [newKey(), newKey(), newKey()];
    const file = path.join(t.testdir(), 'keys');
    const lines = [
      `${hashOf(csv)},"Acme, ""the"" shop"`,
      JSON.stringify({ hash: hashOf(json), name: 'JSON', permissions: ['customers:read'] }),
    ];
    await writeFile(file, lines.join('\n'));
    const before = await stored();
    const dry = await runScript([origin, '--dry-run', file]);
    t.match(dry, { code: 0, output: '2 could be imported' });
    t.strictSame(await stored(), before);
    t.match(await runScript([origin, '--batch=1', file]), { code: 0, output: '2 imported' });
    const { key_id } = await me(csv);
    t.equal((await call({ url: `${keysUrl}/${key_id}` })).json().name, 'Acme, "the" shop');
    t.strictSame((await me(json)).permissions, ['customers:read']);

    await writeFile(file, [...lines, `${hashOf(last)},Last`].join('\r\n'));
    const again = await runScript([origin, file]);
    t.match(again, { code: 0, output: /\[#{40}\] 3 keys/ }, 'it shows how far it is');
    t.match(again.output, '1 imported');
    t.match(again.output, '2 existed already');
    t.strictSame((await me(last)).permissions, [], 'a key may do nothing that it was not given');

    const given = newKey();
    await writeFile(file, [`${hashOf(given)},Given`, lines[1]].join('\n'));
    const permissions = '--permissions=customers:read,customers:write';
    t.match(await runScript([origin, permissions, file]), { code: 0, output: '1 imported' });
    t.strictSame((await me(given)).permissions, ['customers:read', 'customers:write']);

    await writeFile(file, `${lines[0]}\n\n${lines[1]}\nnonsense,Wrong`);
    const wrong = await runScript([origin, file]);
    t.equal(wrong.code, 1);
    t.match(wrong.output, 'line 4: hash', 'as an editor counts them');
    t.match(wrong.output, /\n\nNone of these 3 keys was imported\.\n$/);

    const proxy = fastify();
    t.teardown(() => proxy.close());
    proxy.post('*', (_request, reply) => reply.code(413).type('text/html').send('<html>Too large</html>'));
    const refused = await runScript([`--url=http://127.0.0.1:${await listen(proxy)}`, file]);
    t.match(refused, { code: 1, output: 'Latchkey answered 413: <html>' });
    t.match(await runScript([origin, '--demo=25', '--batch=10']), { code: 0, output: '25 imported' });
    t.match(await runScript([origin]), { code: 2, output: 'Usage' });
  },
);

t.test('the script tells in a sentence why it can not go on', async (t) => {
  const folder = t.testdir({ 'broken.ndjson': '\n{"hash": ' });
  const missing = path.join(folder, 'missing.csv');
  for (const [args, apiKey, sentence] of [
    [[missing], developmentKey, `ENOENT: no such file or directory, stat '${missing}'`],
    [[path.join(folder, 'broken.ndjson')], developmentKey, 'line 2 is not valid JSON'],
    [['--demo=1'], 'unknown', /^Latchkey answered 401: .*Invalid API key/],
  ] as const) {
    const { code, output } = await runScript([origin, ...args], apiKey);
    t.equal(code, 1);
    t.match(output.trim(), sentence);
    t.notMatch(output, /^ {4}at /m, 'and without a stack');
  }
});
