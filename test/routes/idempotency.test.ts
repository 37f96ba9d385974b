import { randomBytes, randomUUID } from 'node:crypto';
import t from 'tap';
import { deriveIdempotencyKeys } from '../../lib/changes/idempotency-keys.ts';
import { open } from '../../lib/crypto/encryption.ts';
import { listen } from '../fixtures/raw-http.ts';
import {
  type CallOptions,
  createEnvironment,
  createKey,
  createPlaintext,
  errorOf,
  startService,
  until,
} from '../helper.ts';

const url = '/v1/secrets/api/keys';
const reused = errorOf(
  'This Idempotency-Key was already used for a different request: use a new one',
  'validation_error',
);

// A change that can't be confirmed is given up after five seconds.
t.setTimeout(60_000);

const service = await startService(t);
const { call, pool } = service;

interface Options extends Partial<Pick<CallOptions, 'key' | 'url'>> {
  headers?: Record<string, string>;
}

const create = (idempotencyKey: string, payload: object = { name: 'Repeated' }, options: Options = {}) =>
  call({
    method: 'POST',
    url,
    payload,
    ...options,
    headers: { ...options.headers, 'idempotency-key': idempotencyKey },
  });

const rotate = (id: string, idempotencyKey: string, payload: object = {}) =>
  create(idempotencyKey, payload, { url: `${url}/${id}/rotate` });

async function count(table: 'api_keys' | 'key_events' | 'idempotent_answers'): Promise<number> {
  return (await pool.query(`SELECT count(*)::int FROM ${table}`)).rows[0].count;
}

t.test('the same request again gets the same answer, and makes nothing', async (t) => {
  const key = randomUUID();
  const first = await create(key);
  t.equal(first.statusCode, 201);
  t.equal(first.headers['idempotent-replayed'], undefined);
  const before = await Promise.all([count('api_keys'), count('key_events')]);
  for (let times = 0; times < 3; times++) {
    const again = await create(key);
    t.equal(again.statusCode, 201);
    t.equal(again.body, first.body);
    t.equal(again.headers['idempotent-replayed'], 'true');
    t.equal(again.headers['cache-control'], 'no-store');
  }
  t.strictSame(await Promise.all([count('api_keys'), count('key_events')]), before);
  t.equal((await call({ url: '/v1/auth/me', key: first.json().api_key })).statusCode, 200);
});

t.test('a request without an Idempotency-Key is made each time, and nothing is kept of it', async (t) => {
  const before = await count('idempotent_answers');
  t.not((await createKey(service)).secret.id, (await createKey(service)).secret.id);
  t.equal(await count('idempotent_answers'), before);
});

t.test('the same key with another request is refused, and nothing is made', async (t) => {
  const key = randomUUID();
  const { secret } = (await create(key, { name: 'One', metadata: { a: '1' } })).json();
  const before = await count('api_keys');
  const others = [
    await create(key, { name: 'Other', metadata: { a: '1' } }),
    await create(key, { name: 'One', metadata: { a: '2' } }),
    await create(key, { name: 'One' }),
    await rotate(secret.id, key),
  ];
  for (const response of others) {
    t.equal(response.statusCode, 422);
    t.strictSame(response.json(), reused);
  }
  t.equal(await count('api_keys'), before);
  t.equal((await create(key, { name: 'One', metadata: { a: '1' } })).json().secret.id, secret.id);
});

t.test('two callers, and two environments, never meet in a key', async (t) => {
  const key = randomUUID();
  const { headers } = await createEnvironment(service);
  const callers: Options[] = [
    {},
    { headers },
    { key: await createPlaintext(service) },
    { key: await createPlaintext(service) },
  ];
  const answers = await Promise.all(callers.map((caller) => create(key, { name: 'Mine' }, caller)));
  t.strictSame(
    answers.map(({ statusCode }) => statusCode),
    [201, 201, 201, 201],
  );
  t.equal(new Set(answers.map((answer) => answer.json().secret.id)).size, 4);
  t.equal((await create(key, { name: 'Theirs' }, { key: await createPlaintext(service) })).statusCode, 201);
});

t.test('of ten at once one is made, and all are answered alike', async (t) => {
  const key = randomUUID();
  const before = await count('api_keys');
  const answers = await Promise.all(Array.from({ length: 10 }, () => create(key)));
  t.equal(await count('api_keys'), before + 1);
  t.strictSame([...new Set(answers.map(({ statusCode }) => statusCode))], [201]);
  t.equal(new Set(answers.map(({ body }) => body)).size, 1);
  const replayed = answers.filter(({ headers }) => headers['idempotent-replayed'] === 'true');
  t.equal(replayed.length, 9);
});

t.test('what was refused leaves no trace: the same key may be tried with what is right', async (t) => {
  const key = randomUUID();
  const before = await count('idempotent_answers');
  const weak = await createPlaintext(service, { permissions: ['keys:write'] });
  t.equal((await create(key, { name: '' })).statusCode, 400);
  t.equal((await create(key, { name: 'Late', expires_at: '2001-01-01T00:00:00Z' })).statusCode, 400);
  t.equal((await create(key, { name: 'Strong', permissions: ['*'] }, { key: weak })).statusCode, 403);
  t.equal((await rotate('key_nowhere', key)).statusCode, 404);
  t.equal(await count('idempotent_answers'), before);
  t.equal((await create(key, { name: 'Right' })).statusCode, 201);
});

t.test('a rotation is repeated as a creation is', async (t) => {
  const key = randomUUID();
  const { secret: old } = await createKey(service);
  const first = await rotate(old.id, key, { overlap_seconds: 60 });
  const again = await rotate(old.id, key, { overlap_seconds: 60 });
  t.equal(again.statusCode, 201);
  t.equal(again.body, first.body);
  t.equal((await rotate(old.id, key, { overlap_seconds: 61 })).statusCode, 422);
  t.equal((await rotate(old.id, randomUUID(), { overlap_seconds: 60 })).statusCode, 409);
  const { secret: other } = await createKey(service);
  t.equal((await rotate(other.id, key, { overlap_seconds: 60 })).statusCode, 422, 'of this key only');
});

t.test('an answer is repeated as it was, whatever has become of the key since', async (t) => {
  const key = randomUUID();
  const expires_at = new Date(Date.now() + 60_000).toISOString();
  const first = await create(key, { name: 'Gone', expires_at });
  const { api_key, secret } = first.json();
  await call({ method: 'DELETE', url: `${url}/${secret.id}` });
  t.equal((await create(key, { name: 'Gone', expires_at })).body, first.body);
  t.equal((await call({ url: '/v1/auth/me', key: api_key })).statusCode, 401, 'and it stays deleted');

  t.intercept(Date, 'now', { value: () => Date.parse(expires_at) + 1 });
  const late = await create(key, { name: 'Gone', expires_at });
  t.equal(late.statusCode, 201, 'also where the request would be refused by now');
  t.equal(late.body, first.body);
});

t.test('a key that is told again is one that its caller may still make', async (t) => {
  const account = await call({
    method: 'POST',
    url: '/v1/users',
    payload: { name: 'Robot', type: 'service_account' },
  });
  const user_id = account.json().id;
  const all = ['customers:read', 'keys:write', 'service_accounts:keys'];
  const { api_key: caller, secret } = await createKey(service, { permissions: all });
  const old = await createKey(service, { user_id, permissions: ['customers:read'] });
  const [creation, rotation] = [randomUUID(), randomUUID()];
  const ask = () =>
    Promise.all([
      create(creation, { name: 'New', user_id, permissions: ['customers:read'] }, { key: caller }),
      create(rotation, {}, { key: caller, url: `${url}/${old.secret.id}/rotate` }),
    ]);
  const first = await ask();
  for (const permissions of [all, all.slice(1), all.slice(0, 2), all]) {
    const payload = { permissions };
    await call({ method: 'PATCH', url: `${url}/${secret.id}`, payload });
    for (const [i, again] of (await ask()).entries()) {
      t.equal(again.statusCode, permissions === all ? 201 : 403, permissions.join());
      if (permissions === all) t.equal(again.body, first[i]?.body);
      else t.strictSame(again.json(), errorOf('Permission denied', 'permission_denied'));
    }
  }
});

t.test('the database alone tells neither the answer nor the Idempotency-Key', async (t) => {
  const key = randomUUID();
  const answer = await create(key);
  const { api_key, secret } = answer.json();
  const { rows } = await pool.query('SELECT * FROM idempotent_answers');
  for (const text of [key, api_key, secret.id]) {
    for (const encoding of ['utf8', 'hex', 'base64'] as const) {
      const form = Buffer.from(text).toString(encoding);
      t.notOk(rows.some((row) => Object.values(row).some((value) => contains(value, form))));
    }
  }
  t.notOk(rows.some((row) => contains(row.answer, Buffer.from(api_key, 'hex'))));

  const scope = { tenantId: secret.tenant_id, environmentId: secret.environment_id };
  const keyId = (await call({ url: '/v1/auth/me' })).json().key_id;
  const actor = { tenantId: scope.tenantId, keyId, userId: '', address: '', requestId: '' };
  const content = [url, {}, { name: 'Repeated' }];
  const { id, sealingKey, fingerprint } = deriveIdempotencyKeys({ key, content }, { ...scope, actor });
  const row = rows.find((candidate) => id.equals(candidate.id));
  t.ok(row.fingerprint.equals(fingerprint));
  t.equal(JSON.parse(open(sealingKey, id, row.answer)).api_key, api_key, 'whoever has the key can open it');
  for (const known of [id, fingerprint])
    t.throws(() => open(known, id, row.answer), 'what is stored can not');
  const other = rows.find((candidate) => candidate !== row);
  t.throws(() => open(sealingKey, other.id, row.answer), 'nor does it open as the answer of another request');
  row.answer[row.answer.length - 1] ^= 1;
  t.throws(() => open(sealingKey, id, row.answer), 'nor after a change');
});

const contains = (value: unknown, text: string | Buffer): boolean =>
  Buffer.isBuffer(value) ? value.includes(text) : String(value).includes(String(text));

t.test('a key that is too short, too long, or not plain text is refused', async (t) => {
  const wrong = ['', 'x'.repeat(15), 'x'.repeat(256), `${'x'.repeat(20)} x`, `${'x'.repeat(20)}\u00e9`];
  for (const key of wrong) {
    const response = await create(key);
    t.equal(response.statusCode, 400, key);
    t.equal(response.json().error.details[0].path, 'headers/idempotency-key');
    if (key !== '') t.notOk(response.body.includes(key), 'and not repeated');
  }
  const twice = { 'idempotency-key': [randomUUID(), randomUUID()] };
  t.equal((await call({ method: 'POST', url, payload: { name: 'Two' }, headers: twice })).statusCode, 400);
  for (const key of [`"${randomUUID()}"`, 'x!~-'.repeat(4), 'y'.repeat(255)])
    t.equal((await create(key)).statusCode, 201, key);
});

t.test('after a day the answer is forgotten', async (t) => {
  const key = randomUUID();
  const expire = () =>
    pool.query(
      `UPDATE idempotent_answers SET expires_at = now() - interval '1 second'
        WHERE expires_at = (SELECT max(expires_at) FROM idempotent_answers)`,
    );
  const first = await create(key);
  const { rows } = await pool.query(
    'SELECT extract(epoch FROM max(expires_at) - now()) AS left FROM idempotent_answers',
  );
  t.ok(rows[0].left > 86_000 && rows[0].left <= 86_400);
  await expire();
  const second = await create(key, { name: 'Another' });
  t.equal(second.statusCode, 201);
  t.not(second.json().secret.id, first.json().secret.id);
  t.equal((await create(key, { name: 'Another' })).body, second.body);

  await t.test('an expired answer is removed, and no other', async (t) => {
    const kept = (await count('idempotent_answers')) - 1;
    await expire();
    const other = await startService(t, { databaseUrl: service.databaseUrl });
    await listen(other.app);
    let left = kept + 1;
    const look = async () => {
      left = await count('idempotent_answers');
    };
    await until(() => {
      void look();
      return left <= kept;
    });
    t.equal(left, kept);
  });
});

t.test(
  'what could not be confirmed is told when it is in force, however it is asked for again',
  async (t) => {
    const key = randomUUID();
    const { secret: old } = await createKey(service);
    const payload = [{ name: 'Imported', hash: randomBytes(32).toString('hex') }];
    const before = await count('api_keys');
    const askAll = () =>
      Promise.all([
        create(key),
        call({ method: 'POST', url: `${url}/${old.id}/rotate` }),
        call({ method: 'POST', url: `${url}/import`, payload }),
      ]);
    // A replica that has not heard of anything, and whose lease does not end.
    await pool.query(
      "INSERT INTO replicas (id, applied_seq, lease_id, lease_ms) VALUES ('silent', 0, gen_random_uuid(), 3600000)",
    );
    for (const attempt of ['first', 'second']) {
      for (const unconfirmed of await askAll()) {
        t.equal(unconfirmed.statusCode, 503, attempt);
        t.match(unconfirmed.headers['retry-after'], /^\d+$/);
      }
    }
    await pool.query("DELETE FROM replicas WHERE id = 'silent'");
    const [created, rotated, imported] = await askAll();
    t.equal(created.statusCode, 201);
    t.equal(created.headers['idempotent-replayed'], 'true');
    const who = await call({ url: '/v1/auth/me', key: created.json().api_key });
    t.match(who.json(), { key_id: created.json().secret.id });
    t.equal(rotated.statusCode, 409, 'without an Idempotency-Key, only that it was rotated');
    t.equal(imported.statusCode, 409, 'or imported');
    t.equal(await count('api_keys'), before + 3, 'and each was made once');
  },
);
