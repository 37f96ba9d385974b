import { hash } from 'node:crypto';
import t from 'tap';
import { addUsage } from '../../lib/stores/key-usage-store.ts';
import type { UsageBatch } from '../../lib/usage/usage-counter.ts';
import { enforceUsageRetention } from '../../lib/usage/usage-retention.ts';
import { UsageWriter } from '../../lib/usage/usage-writer.ts';
import {
  configuredKeys,
  createEnvironment,
  createKey,
  cutDatabase,
  developmentKey,
  errorOf,
  startService,
  type TestService,
  until,
  untilMayDecide,
  usageWriterOf,
} from '../helper.ts';

const other = configuredKeys({ other: { tenant_id: 'tenant_other', environment_id: 'production' } });
/** Never by itself: what is written, and when, is what the tests are about. */
const usageIntervalMs = 2 ** 31 - 1;
const service = await startService(t, { env: other.env, usageIntervalMs });
const { app, call, pool } = service;

const none = { accepted: 0, limited: 0, permission: 0, expired: 0, inactive: 0 };

async function use(key: string, times = 1, from = '192.0.2.1', { call }: TestService = service) {
  const statuses: number[] = [];
  for (let i = 0; i < times; i++)
    statuses.push((await call({ url: '/v1/auth/me', key, remoteAddress: from })).statusCode);
  return statuses;
}

const usageUrl = (id: string): string => `/v1/secrets/api/keys/${id}/usage`;

/** The usage of a key, once everything that was counted until now is written. */
async function usageOf(id: string, query: Record<string, string> = {}, { app, call }: TestService = service) {
  await usageWriterOf(app).flush();
  const response = await call({ url: usageUrl(id), query });
  t.equal(response.statusCode, 200, response.body);
  return response.json();
}

/** The stored usage of a key, even of a deleted one. */
async function storedOf(id: string, { pool }: TestService = service): Promise<number> {
  const { rows } = await pool.query(
    'SELECT coalesce(sum(accepted), 0)::int AS accepted FROM key_usage WHERE key_id = $1',
    [id],
  );
  return rows[0].accepted;
}

const count = (keyId: string, changes: Partial<UsageBatch['counts'][number]> = {}) => ({
  ...none,
  keyId,
  atSeconds: Math.floor(Date.now() / 1000),
  ...changes,
});

t.test('a key that was never used says so', async (t) => {
  const { secret } = await createKey(service);
  const usage = await usageOf(secret.id);
  t.match(usage, {
    key_id: secret.id,
    last_used_at: null,
    addresses: { total: 0, recent: [] },
    granularity: 'hour',
  });
  t.strictSame([usage.totals, usage.series], [none, []]);
  t.equal(Date.parse(usage.from) % 3_600_000, 0, 'from is rounded down to the hour');
});

t.test('requests are counted by outcome and hour, and the last use and its addresses are told', async (t) => {
  const before = Math.floor(Date.now() / 1000) * 1000;
  const permissions = ['keys:read'];
  const { api_key, secret } = await createKey(service, {
    permissions,
    rate_limit: { limit: 5, window_seconds: 600 },
  });
  t.strictSame(await use(api_key, 3), [200, 200, 200]);
  t.strictSame(await use(api_key, 1, '2001:db8::7'), [200]);
  t.equal((await call({ url: '/v1/customers', key: api_key })).statusCode, 403);
  t.strictSame(await use(api_key, 2), [429, 429]);
  const patch = (payload: object) =>
    call({ method: 'PATCH', url: `/v1/secrets/api/keys/${secret.id}`, payload });
  await patch({ status: 'inactive' });
  t.strictSame(await use(api_key, 2), [403, 403]);
  const expiresAtMs = Date.now() + 1_000;
  await patch({ status: 'active', rate_limit: null, expires_at: new Date(expiresAtMs).toISOString() });
  await until(() => Date.now() > expiresAtMs);
  t.strictSame(await use(api_key), [401]);

  const usage = await usageOf(secret.id);
  const totals = { accepted: 4, limited: 2, permission: 1, expired: 1, inactive: 2 };
  t.strictSame(usage.totals, totals);
  t.equal(
    usage.series.reduce((sum: number, period: { accepted: number }) => sum + period.accepted, 0),
    4,
  );
  const lastUse = Date.parse(usage.last_used_at);
  t.ok(lastUse >= before && lastUse <= Date.now(), usage.last_used_at);
  t.equal(usage.addresses.total, 2);
  const addresses = usage.addresses.recent.map(({ address }: { address: string }) => address);
  t.strictSame(addresses.toSorted(), ['192.0.2.1', '2001:db8::7']);
  t.equal(usage.addresses.recent[0].last_seen_at, usage.last_used_at);

  const metadata = (await call({ url: `/v1/secrets/api/keys/${secret.id}` })).json();
  t.equal(metadata.last_used_at, usage.last_used_at, 'the key itself says when it was last used');
  const byDay = await usageOf(secret.id, { granularity: 'day' });
  t.strictSame(byDay.totals, totals);
  t.match(byDay.series[0].start, /T00:00:00\.000Z$/);
});

t.test('a key that is used from several addresses in turn has each with its last time', async (t) => {
  const { api_key, secret } = await createKey(service);
  for (let round = 0; round < 3; round++) for (let i = 0; i < 4; i++) await use(api_key, 1, `192.0.2.${i}`);
  t.equal((await usageOf(secret.id)).addresses.total, 4);
  const [last] = (await usageOf(secret.id)).addresses.recent;
  await use(api_key, 1, '192.0.2.0');
  const usage = await usageOf(secret.id);
  t.equal(usage.addresses.total, 4, 'a known address is no new one after it was written');
  t.ok(Date.parse(usage.addresses.recent[0].last_seen_at) >= Date.parse(last.last_seen_at));
  t.equal(usage.totals.accepted, 13);
});

t.test('of the addresses of a key, the hundred that were seen last are kept', async (t) => {
  const { api_key, secret } = await createKey(service);
  for (let i = 0; i < 90; i++) await use(api_key, 1, `10.0.0.${i}`);
  await usageWriterOf(app).flush();
  await pool.query(
    "UPDATE key_addresses SET last_seen_at = last_seen_at - interval '1 minute' WHERE key_id = $1",
    [secret.id],
  );
  for (let i = 0; i < 30; i++) await use(api_key, 1, `10.0.1.${i}`);
  for (let i = 0; i < 150; i++) await use(api_key, 1, '10.0.0.1');
  const usage = await usageOf(secret.id);
  t.equal(usage.addresses.total, 100);
  t.equal(usage.addresses.recent.length, 20);
  const { rows } = await pool.query('SELECT address FROM key_addresses WHERE key_id = $1', [secret.id]);
  const kept = rows.map(({ address }) => address);
  t.equal(kept.filter((address) => address.startsWith('10.0.1.')).length, 30, 'new ones are taken in');
  t.ok(kept.includes('10.0.0.1'), 'what is still used stays');
  for (let i = 0; i < 130; i++) await use(api_key, 1, `10.0.2.${i}`);
  t.equal((await usageOf(secret.id)).addresses.total, 100, 'more at once than are kept do no harm');
});

t.test('addresses that come twice, or are stored as the same text, are written like any other', async (t) => {
  const behindProxy = await startService(t, { env: { TRUSTED_PROXIES: '127.0.0.1' }, usageIntervalMs });
  const { api_key, secret } = await createKey(behindProxy);
  for (const address of ['192.0.2.1', '192.0.2.1:80', '[2001:db8::1]:80', '2001:db8::1', 'NULL', '{}', 'a"b'])
    await behindProxy.call({
      url: '/v1/auth/me',
      key: api_key,
      remoteAddress: '127.0.0.1',
      headers: { 'x-forwarded-for': address },
    });
  const { addresses, totals } = await usageOf(secret.id, {}, behindProxy);
  t.equal(totals.accepted, 7);
  const told = addresses.recent.map(({ address }: { address: string }) => address).sort();
  t.strictSame(told, ['127.0.0.1', '192.0.2.1', '2001:db8::1']);

  // As when a key is used again while the walk through the table goes on.
  const { keyId, atSeconds } = count(secret.id);
  const twice = [1, 0].map((ago) => ({ keyId, address: '192.0.2.7', lastSeenSeconds: atSeconds - ago }));
  t.ok(await addUsage(behindProxy.pool, 'replica_twice', 1, { counts: [], addresses: twice }));
  const { recent } = (await usageOf(secret.id, {}, behindProxy)).addresses;
  const last = recent.find((seen: { address: string }) => seen.address === '192.0.2.7');
  t.match(last, { address: '192.0.2.7', last_seen_at: new Date(atSeconds * 1000).toISOString() });
});

t.test('configured keys are not counted, and have no usage', async (t) => {
  await use(developmentKey);
  await usageWriterOf(app).flush();
  const { rows } = await pool.query("SELECT FROM key_usage WHERE key_id LIKE 'key_configured%'");
  t.equal(rows.length, 0);
});

t.test('no request asks the database for what it counts', async (t) => {
  const { api_key } = await createKey(service, { permissions: [] });
  await use(api_key);
  let queries = 0;
  app.pg.pool.on('acquire', () => (queries += 1));
  await use(api_key, 20);
  await use(api_key, 20, '192.0.2.9');
  await call({ url: '/v1/customers', key: api_key });
  t.equal(queries, 0);
  await usageWriterOf(app).flush();
  t.equal(queries, 1, 'and what was counted of all is one statement');
  await usageWriterOf(app).flush();
  t.equal(queries, 1, 'nothing is asked where nothing was counted');
});

t.test('uses survive the deletion of their key, the move of its record, and a new load', async (t) => {
  const reloading = await startService(t, { usageIntervalMs });
  const [first, second, third] = [
    await createKey(reloading),
    await createKey(reloading),
    await createKey(reloading),
  ];
  for (const { api_key } of [first, second, third]) await use(api_key, 5, '192.0.2.1', reloading);
  const remove = (id: string) => reloading.call({ method: 'DELETE', url: `/v1/secrets/api/keys/${id}` });
  await remove(first.secret.id);
  await use(third.api_key, 2, '192.0.2.2', reloading);

  const { timesLoaded } = reloading.app.replica.status();
  await reloading.pool.query('UPDATE key_event_counter SET seq = 0, event_id = gen_random_uuid()');
  await reloading.pool.query('ALTER TABLE key_events DISABLE TRIGGER key_events_append_only');
  await reloading.pool.query('DELETE FROM key_events');
  await until(() => reloading.app.replica.status().timesLoaded > timesLoaded);
  await untilMayDecide(reloading);
  await use(third.api_key, 1, '192.0.2.2', reloading);

  const usage = await usageOf(third.secret.id, {}, reloading);
  t.equal(usage.totals.accepted, 8);
  t.equal(usage.addresses.total, 2);
  t.equal(await storedOf(first.secret.id, reloading), 5);
  t.equal(await storedOf(second.secret.id, reloading), 5);
  t.equal((await reloading.call({ url: usageUrl(first.secret.id) })).statusCode, 404);
});

t.test(
  'counts stay in memory while the database is away, and are written once when it is back',
  async (t) => {
    const cut = await startService(t, {
      env: { AUTH_STALE_IF_ERROR_SECONDS: '60' },
      usageIntervalMs,
    });
    const { api_key, secret } = await createKey(cut);
    await use(api_key, 3, '192.0.2.1', cut);
    const restore = await cutDatabase(cut.databaseUrl);
    t.teardown(restore);
    await t.rejects(usageWriterOf(cut.app).flush());
    await t.rejects(usageWriterOf(cut.app).flush());
    await until(() => cut.app.replica.canDecide());
    t.strictSame(await use(api_key, 4, '192.0.2.2', cut), [200, 200, 200, 200]);
    await restore();
    await untilMayDecide(cut);
    await usageWriterOf(cut.app).drain();
    const usage = await usageOf(secret.id, {}, cut);
    t.equal(usage.totals.accepted, 7);
    t.equal(usage.addresses.total, 2);
  },
);

t.test('an orderly stop writes everything', async (t) => {
  const stopping = await startService(t, { usageIntervalMs });
  const { api_key, secret } = await createKey(stopping);
  await use(api_key, 7, '192.0.2.1', stopping);
  await stopping.app.close();
  t.equal(await storedOf(secret.id, stopping), 7);
});

t.test('a batch of which nobody knows whether it was written is counted once', async (t) => {
  const { api_key, secret } = await createKey(service);
  let written = 0;
  const writer = new UsageWriter({
    usage: app.authenticator.usage,
    keysMax: 10,
    log: app.log,
    write: async (number, batch) => {
      await addUsage(pool, 'writer', number, batch);
      if (++written % 2 === 1) throw new Error('The connection was lost after the commit');
    },
  });
  await usageWriterOf(app).drain();
  await use(api_key, 6);
  await t.rejects(writer.flush());
  await use(api_key, 2);
  await writer.flush();
  t.equal(await storedOf(secret.id), 6, 'the same batch is the same, although more was counted since');
  await t.rejects(writer.flush());
  t.equal(await writer.flush(), true);
  t.equal(await writer.flush(), false);
  t.equal(await storedOf(secret.id), 8);

  const batch = { counts: [count(secret.id, { accepted: 5 })], addresses: [] };
  t.equal(await addUsage(pool, 'late', 2, batch), true);
  const both = await Promise.all([addUsage(pool, 'late', 3, batch), addUsage(app.pg.pool, 'late', 3, batch)]);
  t.strictSame(both.toSorted(), [false, true], 'two attempts at once too');
  t.equal(await addUsage(pool, 'late', 1, batch), false, 'nor does an attempt count that comes late');
  t.equal(await storedOf(secret.id), 18);
});

t.test('several replicas add to each other, and no time goes back', async (t) => {
  const { secret } = await createKey(service);
  const now = Math.floor(Date.now() / 1000);
  const batchAt = (atSeconds: number, address: string): UsageBatch => ({
    counts: [
      count(secret.id, { accepted: 2, atSeconds }),
      count(secret.id, { accepted: 1, limited: 1, atSeconds }),
    ],
    addresses: [{ keyId: secret.id, address, lastSeenSeconds: atSeconds }],
  });
  await addUsage(pool, 'one', 1, batchAt(now, '192.0.2.1'));
  await addUsage(pool, 'two', 1, batchAt(now - 7200, '192.0.2.1'));
  const usage = await usageOf(secret.id);
  t.match(usage.totals, { accepted: 6, limited: 2 });
  t.equal(usage.series.length, 2);
  t.equal(Date.parse(usage.last_used_at), now * 1000);
  t.equal(Date.parse(usage.addresses.recent[0].first_seen_at), (now - 7200) * 1000);
  t.equal(Date.parse(usage.addresses.recent[0].last_seen_at), now * 1000);
  await addUsage(pool, 'ahead', 1, batchAt(now + 86_400, '192.0.2.1'));
  t.ok(
    Date.parse((await usageOf(secret.id)).last_used_at) <= Date.now() + 1000,
    'a clock that is ahead is not believed',
  );
  const unknown = { counts: [count(`key_${'0'.repeat(32)}`, { accepted: 1 })], addresses: [] };
  t.equal(await addUsage(pool, 'one', 2, unknown), true, 'what the database does not know is left out');
  t.equal(await storedOf(`key_${'0'.repeat(32)}`), 0);
});

t.test('more keys than one statement takes get their turn in the next', async (t) => {
  const many = await startService(t, { usageIntervalMs });
  const keys = [];
  for (let i = 0; i < 7; i++) keys.push(await createKey(many));
  for (const { api_key } of keys) await use(api_key, 2, '192.0.2.1', many);
  const ids = keys.map(({ secret }) => secret.id);
  const take = async () => (await many.app.authenticator.usage.take(3)).counts.map(({ keyId }) => keyId);
  const first = await take();
  // That it is used all the time doesn't keep the others from theirs.
  for (const { api_key, secret } of keys)
    if (first.includes(secret.id)) await use(api_key, 1, '192.0.2.1', many);
  const rest = [...(await take()), ...(await take()).slice(0, 1)];
  t.equal(first.length, 3);
  t.strictSame([...first, ...rest].toSorted(), ids.toSorted());
});

t.test('a period is asked for by its ends', async (t) => {
  const { secret } = await createKey(service);
  const at = Date.parse('2026-03-01T10:30:00Z') / 1000;
  for (const [i, hours] of [0, 1, 25].entries())
    await addUsage(pool, 'past', i + 1, {
      counts: [count(secret.id, { accepted: i + 1, atSeconds: at + hours * 3600 })],
      addresses: [],
    });
  const seriesOf = async (query: Record<string, string>) =>
    (await usageOf(secret.id, query)).series.map(
      ({ start, accepted }: { start: string; accepted: number }) => [start, accepted],
    );
  const from = '2026-03-01T10:59:00Z';
  t.strictSame(await seriesOf({ from, to: '2026-03-02T11:00:00Z' }), [
    ['2026-03-01T10:00:00.000Z', 1],
    ['2026-03-01T11:00:00.000Z', 2],
  ]);
  t.strictSame(await seriesOf({ from, to: '2026-03-03T00:00:00+01:00', granularity: 'day' }), [
    ['2026-03-01T00:00:00.000Z', 3],
    ['2026-03-02T00:00:00.000Z', 3],
  ]);
  t.strictSame(await seriesOf({ to: '2026-03-01T11:00:00Z' }), [['2026-03-01T10:00:00.000Z', 1]]);
});

t.test('what makes no sense is refused', async (t) => {
  const { secret } = await createKey(service);
  const wrong = [
    { from: '2026-03-02T00:00:00Z', to: '2026-03-01T00:00:00Z' },
    { from: 'yesterday' },
    { to: '2026-02-30T00:00:00Z' },
    { to: '0000-01-01T00:00:00Z' },
    { from: "2026-03-01T00:00:00Z'; DROP TABLE key_usage; --" },
    { granularity: 'minute' },
    { granularity: "hour', hour, 'UTC')--" },
    { key_id: secret.id },
  ];
  for (const query of wrong) {
    const response = await call({ url: usageUrl(secret.id), query: { ...query } as Record<string, string> });
    t.equal(response.statusCode, 400, JSON.stringify(query));
    t.match(response.json(), { error: { internal_error: 'validation_error' } });
  }
  for (const query of [{ from: '0001-01-01T00:00:00Z', to: '9999-12-31T23:59:59Z' }])
    t.equal((await call({ url: usageUrl(secret.id), query })).statusCode, 200, JSON.stringify(query));
  for (const query of [
    { limit: '101' },
    { limit: '0' },
    { used_hours: '169' },
    { unused_days: '-1' },
    { expiring_days: 'x' },
  ])
    t.equal(
      (await call({ url: '/v1/usage/summary', query: { ...query } as Record<string, string> })).statusCode,
      400,
      JSON.stringify(query),
    );
});

t.test('usage is told to who may read keys, in their environment', async (t) => {
  const { secret, api_key } = await createKey(service, { permissions: ['customers:read'] });
  await use(api_key);
  await usageWriterOf(app).flush();
  const refusals: [string | null, string, number, object][] = [
    [null, usageUrl(secret.id), 401, errorOf('API key required', 'permission_denied')],
    [api_key, usageUrl(secret.id), 403, errorOf('Permission denied', 'permission_denied')],
    [api_key, '/v1/usage/summary', 403, errorOf('Permission denied', 'permission_denied')],
    [other.keys.other, usageUrl(secret.id), 404, errorOf('Key not found', 'not_found')],
  ];
  for (const [key, url, status, body] of refusals) {
    const response = await call({ url, key });
    t.equal(response.statusCode, status, url);
    t.strictSame(response.json(), body);
  }
  const environment = await createEnvironment(service);
  const elsewhere = await call({ url: usageUrl(secret.id), headers: environment.headers });
  t.equal(elsewhere.statusCode, 404);
  for (const options of [{ key: other.keys.other }, { headers: environment.headers }]) {
    const summary = (await call({ url: '/v1/usage/summary', ...options })).json();
    t.strictSame([summary.totals, summary.most_used], [none, []]);
  }
});

t.test('the summary names what is used the most, what is unused and what expires', async (t) => {
  const { headers } = await createEnvironment(service);
  const make = async (name: string, body: object = {}) => createKey(service, { name, ...body }, { headers });
  const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
  const age = (id: string, days: number) =>
    pool.query('UPDATE api_keys SET created_at = created_at - make_interval(days => $2) WHERE id = $1', [
      id,
      days,
    ]);
  const busy = await make('busy');
  const quiet = await make('quiet', { expires_at: inDays(20) });
  const never = await make('never');
  const forgotten = await make('forgotten');
  const rotated = await make('rotated', { expires_at: inDays(10) });
  const deleted = await make('deleted', { expires_at: inDays(10) });
  await make('new', { expires_at: inDays(100) });
  for (const { secret } of [busy, quiet, never, forgotten, rotated, deleted]) await age(secret.id, 60);
  await use(busy.api_key, 5);
  await use(quiet.api_key, 2);
  await use(deleted.api_key, 3);
  const keysUrl = '/v1/secrets/api/keys';
  await call({
    method: 'POST',
    url: `${keysUrl}/${rotated.secret.id}/rotate`,
    headers,
    payload: { overlap_seconds: 60 },
  });
  await call({ method: 'DELETE', url: `${keysUrl}/${deleted.secret.id}`, headers });
  await usageWriterOf(app).drain();
  await addUsage(pool, 'long ago', 1, {
    counts: [count(forgotten.secret.id, { accepted: 1, atSeconds: Date.now() / 1000 - 40 * 86_400 })],
    addresses: [],
  });

  const summary = async (query: Record<string, string> = {}) =>
    (await call({ url: '/v1/usage/summary', query, headers })).json();
  const names = (keys: { name: string }[]) => keys.map(({ name }) => name);
  const all = await summary();
  t.strictSame(all.totals, { ...none, accepted: 10 });
  t.strictSame(
    all.most_used.map(({ name, accepted }: { name: string; accepted: number }) => [name, accepted]),
    [
      ['busy', 5],
      ['quiet', 2],
    ],
  );
  t.strictSame([all.unused.total, ...names(all.unused.items)], [3, 'never', 'rotated', 'forgotten']);
  t.strictSame([all.expiring.total, ...names(all.expiring.items)], [2, 'rotated', 'quiet']);
  t.match(all.most_used[0].last_used_at, /^20/);
  t.equal(names(all.expiring.items).includes('deleted'), false);

  const few = await summary({ limit: '1', unused_days: '45', expiring_days: '15' });
  t.strictSame([few.unused.total, ...names(few.unused.items)], [2, 'never']);
  t.strictSame([few.expiring.total, ...names(few.expiring.items)], [1, 'rotated']);
  t.equal(few.most_used.length, 1);
});

t.test('old usage is removed, and nothing else', async (t) => {
  const { secret } = await createKey(service);
  const daysAgo = (days: number) => Date.now() / 1000 - days * 86_400;
  for (const [i, days] of [0, 30, 32, 89, 92].entries())
    await addUsage(pool, 'old', i + 1, {
      counts: [count(secret.id, { accepted: 1, atSeconds: daysAgo(days) })],
      addresses: [{ keyId: secret.id, address: `192.0.2.${days}`, lastSeenSeconds: daysAgo(days) }],
    });
  await pool.query("UPDATE usage_writers SET written_at = now() - interval '32 days' WHERE id = 'old'");
  await enforceUsageRetention(pool, () => false);
  t.equal(await storedOf(secret.id), 2);
  const { total } = (await usageOf(secret.id)).addresses;
  t.equal(total, 4);
  const { rows } = await pool.query("SELECT FROM usage_writers WHERE id = 'old'");
  t.equal(rows.length, 0);
});

t.test('an imported key is counted as any other', async (t) => {
  const key = 'an imported key '.repeat(3);
  const imported = await call({
    method: 'POST',
    url: '/v1/secrets/api/keys/import',
    payload: [{ name: 'Imported', hash: hash('sha256', key), permissions: [] }],
  });
  const [id] = imported.json().ids;
  t.equal((await usageOf(id)).last_used_at, null);
});
