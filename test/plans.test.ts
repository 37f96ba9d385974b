/**
 * How PostgreSQL runs the statements on keys, their changes and usage, and webhooks when there are many. `npm run
 * explain` asks it of a million, and tells how long each statement took.
 */
import { Pool } from 'pg';
import t, { type Test } from 'tap';
import { newApiKey } from '../lib/auth/api-key.ts';
import type { Scope } from '../lib/auth/scope.ts';
import { newId } from '../lib/crypto/ids.ts';
import { handleConnectionErrors, type Queryable } from '../lib/database/database.ts';
import * as trail from '../lib/stores/audit-event-store.ts';
import * as keys from '../lib/stores/key-store.ts';
import { addUsage, removeOldUsage } from '../lib/stores/key-usage-store.ts';
import * as reports from '../lib/stores/usage-report-store.ts';
import * as deliveries from '../lib/stores/webhook-delivery-store.ts';
import * as secrets from '../lib/stores/webhook-secret-store.ts';
import type { ListKeysQuery } from '../schemas/keys.ts';
import { createMigratedDatabase } from './helper.ts';

t.setTimeout(120_000);

const keyCount = Number(process.env['PLANS_KEYS'] || 100_000);

/** Nine of ten keys are in one environment, and the others in a hundred environments of other tenants, of five thousand. */
const large = { tenantId: 'tenant_0', environmentId: 'env_0' };
const small = { tenantId: 'tenant_42', environmentId: 'env_42' };

const fill = `
  INSERT INTO tenants (id, name) SELECT 'tenant_' || i, 'Tenant' FROM generate_series(0, 5000) i;
  INSERT INTO environments (id, tenant_id, name)
  SELECT 'env_' || i, 'tenant_' || i, 'production' FROM generate_series(0, 5000) i;
  INSERT INTO api_keys (id, tenant_id, environment_id, user_id, hash, display_id, name, type, permissions, status)
  SELECT 'key_' || lpad(to_hex(i), 32, '0'), 'tenant_' || place, 'env_' || place, 'user_' || i % 1000,
         sha256(i::text::bytea), '0000…0000', 'Key number ' || i,
         CASE WHEN i % 49 = 0 THEN 'publishable_key' ELSE 'private_key' END, '{customers:read}',
         CASE WHEN i % 21 = 0 THEN 'inactive' WHEN i % 33 = 0 THEN 'deleted' ELSE 'active' END
    FROM (SELECT i, CASE WHEN i % 10 = 0 THEN 1 + i / 10 % 100 ELSE 0 END AS place
            FROM generate_series(1, ${keyCount}) i) numbered`;

/** Two changes of each key, with ten authors, of whom one has made little, and some of the tenant as a whole. */
const fillTrail = `
  INSERT INTO key_events (seq, event_id, kind, tenant_id, environment_id, subject_id, before, after, actor_tenant_id,
                          actor_key_id, actor_user_id, actor_address, request_id, created_at)
  SELECT i, gen_random_uuid(), CASE WHEN i % 50000 = 0 THEN 'key.deleted' WHEN i % 2 = 0 THEN 'key.updated' ELSE 'key.created' END,
         'tenant_' || place, CASE WHEN i % 10000 <> 1 THEN 'env_' || place END, 'key_' || lpad(to_hex(i / 2), 32, '0'),
         NULL, jsonb_build_object('name', repeat('x', 300)), 'tenant_' || place,
         'key_author_' || author, 'user_' || author, '192.0.2.7', 'req_' || i, timestamptz '2026-01-01' + i * interval '1 second'
    FROM (SELECT i, CASE WHEN i % 10 = 0 THEN 1 + i / 10 % 100 ELSE 0 END AS place,
                 CASE WHEN i % 25000 = 2 THEN 9 ELSE i % 9 END AS author
            FROM generate_series(1, ${2 * keyCount}) i) numbered`;

/** Two hours of each key within four days, the last use of most, and three addresses. */
const fillUsage = `
  INSERT INTO key_usage (key_id, hour, tenant_id, environment_id, accepted, limited, permission, expired, inactive)
  SELECT id, date_trunc('hour', now()) - (i * 37 + half * 50) % 100 * interval '1 hour', tenant_id, environment_id,
         i % 1000, 0, 0, 0, 0
    FROM (SELECT *, row_number() OVER (ORDER BY id) AS i FROM api_keys) key, generate_series(0, 1) half;
  INSERT INTO key_last_uses (key_id, tenant_id, environment_id, last_used_at)
  SELECT id, tenant_id, environment_id, now() - i % 90 * interval '1 day'
    FROM (SELECT *, row_number() OVER (ORDER BY id) AS i FROM api_keys) key WHERE i % 7 <> 0;
  INSERT INTO key_addresses (key_id, address, tenant_id, environment_id, first_seen_at, last_seen_at, last_seen_on)
  SELECT id, '192.0.2.' || n, tenant_id, environment_id, now() - interval '90 days', now() - i % 80 * interval '1 day',
         current_date - (i % 80)::int
    FROM (SELECT *, row_number() OVER (ORDER BY id) AS i FROM api_keys) key, generate_series(1, 3) n;
  UPDATE api_keys SET created_at = now() - interval '1 year',
         expires_at = CASE WHEN hash < '\\x10' THEN now() + get_byte(hash, 1) * interval '1 day' END`;

/** A secret of each environment, and as many deliveries as keys: one of ten is still to be acknowledged. */
const fillWebhooks = `
  INSERT INTO webhook_secrets (id, tenant_id, environment_id, provider, master_key_id, sealed)
  SELECT 'whs_' || id, tenant_id, id, 'github', 'master', '\\x00' FROM environments;
  INSERT INTO webhook_feeds (tenant_id, environment_id, last_seq) SELECT tenant_id, id, ${keyCount} FROM environments;
  INSERT INTO webhook_receipts (tenant_id, environment_id, provider, digest, received_at)
  SELECT tenant_id, environment_id, 'github', hash, now() - interval '89 days' FROM api_keys;
  INSERT INTO webhook_deliveries (id, tenant_id, environment_id, seq, provider, secret_id, headers, body, body_bytes,
                                  received_at, acknowledged_at)
  SELECT replace(id, 'key', 'whd'), tenant_id, environment_id, i, CASE WHEN i % 1000 = 1 THEN 'stripe' ELSE 'github' END,
         'whs_1', '{}', repeat('x', 300)::bytea, 300, now() - interval '20 days',
         CASE WHEN i % 10 <> 3 THEN now() - interval '6 days' END
    FROM (SELECT *, row_number() OVER (ORDER BY id) AS i FROM api_keys) key`;

interface Plan {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  Plans?: Plan[];
}

interface Explained {
  /** Each way that a table was read, such as `Index Scan of api_keys_hash` or `Seq Scan of api_keys`. */
  reads: string[];
  /** Rows that the plan went through, those included that it left out. */
  rowsRead: number;
  /** Rows of keys among them. */
  keysRead: number;
  executionMs: number;
}

const readsIn = (plan: Plan): string[] => [
  ...(plan['Node Type'].includes('Scan')
    ? [`${plan['Node Type']} of ${plan['Index Name'] ?? plan['Relation Name']}`]
    : []),
  ...(plan.Plans ?? []).flatMap(readsIn),
];

const rowsIn = (plan: Plan, isCounted: (plan: Plan) => boolean = () => true): number =>
  (isCounted(plan)
    ? (plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0)) * plan['Actual Loops']
    : 0) + (plan.Plans ?? []).reduce((sum, part) => sum + rowsIn(part, isCounted), 0);

const isOfKeys = (plan: Plan): boolean => plan['Relation Name'] === 'api_keys';

const pool = new Pool({ connectionString: await createMigratedDatabase(t), max: 1 });
handleConnectionErrors(pool, () => {}); // The database is dropped while they end.
t.teardown(() => pool.end());

/** Runs what a store does, and explains every statement of it as it was run. Nothing of it is kept. */
async function explain(work: (db: Queryable) => Promise<unknown>): Promise<Explained[]> {
  const connection = await pool.connect();
  const statements: { text: string; values: unknown[] | undefined }[] = [];
  const recorder: Queryable = {
    query(text, values) {
      statements.push({ text, values });
      return connection.query(text, values);
    },
  };
  const explained: Explained[] = [];
  try {
    await connection.query('BEGIN');
    await connection.query('SAVEPOINT unchanged');
    await work(recorder);
    for (const { text, values } of statements) {
      await connection.query('ROLLBACK TO unchanged');
      const { rows } = await connection.query(`EXPLAIN (ANALYZE, FORMAT JSON) ${text}`, values);
      const [{ Plan: plan, 'Execution Time': executionMs }] = rows[0]['QUERY PLAN'];
      const [rowsRead, keysRead] = [rowsIn(plan), rowsIn(plan, isOfKeys)];
      explained.push({ reads: readsIn(plan), rowsRead, keysRead, executionMs });
    }
    return explained;
  } finally {
    await connection.query('ROLLBACK');
    connection.release();
  }
}

/** How often tables were read from end to end, by the statements and by the checks that they caused. */
async function sequentialScans(work: (db: Queryable) => Promise<unknown>): Promise<number> {
  const connection = await pool.connect();
  const count = async (): Promise<number> => {
    const { rows } = await connection.query(
      "SELECT sum(seq_scan)::int FROM pg_stat_xact_user_tables WHERE relname ~ '^(api_keys|environments|key_|webhook_)'",
    );
    return rows[0].sum;
  };
  try {
    await connection.query('BEGIN');
    const before = await count();
    await work(connection);
    return (await count()) - before;
  } finally {
    await connection.query('ROLLBACK');
    connection.release();
  }
}

async function withKeys(t: Test): Promise<void> {
  await pool.query(fill);
  await pool.query('VACUUM (ANALYZE) api_keys');
  await pool.query('ANALYZE tenants, environments');

  const page = { limit: 50, offset: 0, order: 'desc' } as const;
  const id = `key_${(21).toString(16).padStart(32, '0')}`;
  const newKey = { id: newId('key'), name: 'New', userId: 'user_1', permissions: ['*'] };
  const byId = /^Index Scan of api_keys_(pkey|listing)$/;
  const inOrder =
    /^(Index|Bitmap Heap) Scan of api_keys(_pkey|_listing|,Bitmap Index Scan of api_keys_listing)$/;
  const fromListing =
    /^(Index|Index Only) Scan of api_keys_listing$|^Bitmap Heap Scan of api_keys,Bitmap Index Scan of api_keys_listing$/;
  // To count nearly all keys, or to look for a few among them, it is the fastest to read the whole table.
  const anyway = /api_keys/;

  const cases: [string, (db: Queryable) => Promise<unknown>, RegExp[]][] = [
    ['a key is found by its id', (db) => keys.findKey(db, large, id), [byId]],
    ['is locked by it', (db) => keys.lockKey(db, large, id), [byId]],
    ['is changed by it', (db) => keys.updateKey(db, large, id, { name: 'New' }), [byId]],
    ['and is deleted by it', (db) => keys.markKeyDeleted(db, large, id), [byId]],
  ];
  const lists: [string, Partial<ListKeysQuery>, RegExp][] = [
    ['a first page', {}, inOrder],
    ['a first page of active keys', { status: 'active' }, inOrder],
    ['the oldest keys', { order: 'asc' }, inOrder],
    ['a first page of what there is little of', { status: 'inactive', type: 'publishable_key' }, anyway],
    ['a search', { search: 'number 77' }, anyway],
  ];
  for (const [name, filter, ofLarge] of lists) {
    const list = (scope: Scope) => (db: Queryable) => keys.listKeys(db, scope, { ...page, ...filter });
    cases.push([`${name}, in the large environment`, list(large), [ofLarge, anyway]]);
    cases.push([`${name}, in a small one`, list(small), [fromListing, fromListing]]);
  }

  for (const [name, work, expected] of cases) {
    await t.test(name, async (t) => {
      const explained = await explain(work);
      t.equal(explained.length, expected.length);
      for (const [i, { reads, executionMs }] of explained.entries()) {
        t.comment(`${executionMs} ms: ${reads.join(', ')}`);
        t.match(reads.filter((read) => read.includes('api_keys')).join(), expected[i]);
      }
    });
  }

  await t.test('a creation reads no table from end to end, its checks neither', async (t) => {
    const create = (db: Queryable) => keys.insertKey(db, large, newKey, newApiKey().digest);
    const [explained] = await explain(create);
    t.comment(`${explained?.executionMs} ms`);
    t.equal(await sequentialScans(create), 0);
    const unindexed = (db: Queryable) => db.query("SELECT FROM api_keys WHERE user_id = 'user_1'");
    t.not(await sequentialScans(unindexed), 0, 'one that did would be seen');
  });
}

async function withChanges(t: Test): Promise<void> {
  await pool.query(fillTrail);
  await pool.query('VACUUM (ANALYZE) key_events');
  const all = Number.MAX_SAFE_INTEGER;
  const middle = keyCount;
  const at = (seq: number) => new Date(Date.parse('2026-01-01T00:00:00Z') + seq * 1000);
  const of =
    (filter: trail.EventFilter, before = all, scope: Scope = large) =>
    (db: Queryable) =>
      trail.listEvents(db, scope, filter, before, 101);
  const subjectId = `key_${(21).toString(16).padStart(32, '0')}`;
  const inOrder = '(environment|kind|pkey)';

  const cases: [string, (db: Queryable) => Promise<unknown>, string][] = [
    ['the first page', of({}), inOrder],
    ['a page in the middle', of({}, middle), inOrder],
    ['the first page of a small environment', of({}, all, small), inOrder],
    ['a kind', of({ kind: 'key.created' }), 'kind'],
    ['a kind that is rare', of({ kind: 'key.deleted' }), 'kind'],
    ['a kind that there is not', of({ kind: 'key.none' }), 'kind'],
    ['a key that made many changes', of({ actorKeyId: 'key_author_1' }), '(actor_key|pkey|environment)'],
    ['a key that made few', of({ actorKeyId: 'key_author_9' }), 'actor_key'],
    ['a user who made few', of({ actorUserId: 'user_9' }), 'actor_user'],
    ['what was changed', of({ subjectId }), 'subject'],
    ['an hour long ago', of({ from: at(1_000), to: at(4_600) }), 'time'],
    ['since long ago', of({ from: at(1_000) }), 'time'],
    ['until long ago', of({ to: at(1_000) }), 'time'],
    ['the trail of a key', (db) => trail.listEventsOf(db, large, subjectId, all, 101), 'subject'],
    ['what a stream has missed', (db) => trail.readEventsAfter(db, large, 1_000, all, 20), 'environment'],
    [
      'what all streams are told',
      (db) => trail.readEventsOfTenants(db, ['tenant_0', 'tenant_42'], 2 * keyCount - 9, all, 100),
      'pkey',
    ],
  ];
  for (const [name, work, index] of cases) {
    await t.test(name, async (t) => {
      const [explained, ...others] = await explain(work);
      t.same(others, []);
      t.comment(`${explained?.executionMs} ms: ${explained?.reads.join(', ')}`);
      const reads = explained?.reads.filter((read) => read.includes('key_events')) ?? [];
      t.ok(
        reads.some((read) => new RegExp(`key_events_(of_)?${index}$`).test(read)),
        reads.join(', '),
      );
      t.ok(Number(explained?.rowsRead) < 5_000, `${explained?.rowsRead} rows are read`);
    });
  }
}

/** Each statement that `work` makes: which tables it reads, by which indexes, and how many rows of them at most. */
type Case = [string, (db: Queryable) => Promise<unknown>, RegExp[], rowsMax?: number];

async function testCases(t: Test, cases: Case[]): Promise<void> {
  for (const [name, work, expected, rowsMax = Number.POSITIVE_INFINITY] of cases) {
    await t.test(name, async (t) => {
      const explained = await explain(work);
      t.equal(explained.length, expected.length);
      for (const [i, { reads, rowsRead, executionMs }] of explained.entries()) {
        t.comment(`${executionMs} ms: ${reads.join(', ')}`);
        t.match(reads.filter((read) => !/^(CTE|Subquery|Function) Scan/.test(read)).join(), expected[i]);
        t.ok(rowsRead <= rowsMax, `${rowsRead} rows are read`);
      }
    });
  }
}

async function withUsage(t: Test): Promise<void> {
  await pool.query(fillUsage);
  await pool.query('VACUUM (ANALYZE) api_keys, key_usage, key_last_uses, key_addresses');
  const id = `key_${(21).toString(16).padStart(32, '0')}`;
  const hour = Math.floor(Date.now() / 3_600_000) * 3_600_000;
  const hours = Array.from({ length: 24 }, (_, n) => new Date(hour - n * 3_600_000));
  const period = { from: new Date(hour - 86_400_000), to: new Date(), granularity: 'hour' } as const;
  const anyway = /./;
  const ofHours = /^(Index Scan of|Bitmap Heap Scan of key_usage,Bitmap Index Scan of) key_usage_hours/;
  const retention = { hourDays: 31, addressDays: 90, writerDays: 31 };

  await testCases(t, [
    [
      'that of a key',
      (db) => reports.readUsage(db, large, id, period),
      [/^\w+ ?\w* Scan of key_usage_pkey$/],
      20,
    ],
    ['its addresses', (db) => reports.readAddresses(db, large, id, 20), [/key_addresses_pkey$/], 20],
    ['the totals of a large environment', (db) => reports.readTotals(db, large, hours), [anyway]],
    ['those of a small one', (db) => reports.readTotals(db, small, hours), [ofHours], 5_000],
    [
      'what a small environment uses the most',
      (db) => reports.listMostUsed(db, small, hours, 10),
      [ofHours],
      5_000,
    ],
    ['what it does not use', (db) => reports.listUnused(db, small, 30, 10), [/api_keys_listing/], 10_000],
    [
      'what of it expires',
      (db) => reports.listExpiring(db, small, 30, 10),
      [/api_keys_(expiry|listing)/],
      5_000,
    ],
    [
      'what of a large one expires',
      (db) => reports.listExpiring(db, large, 2, 10),
      [/api_keys_expiry/],
      5_000,
    ],
    [
      'the removal of what is old',
      (db) => removeOldUsage(db, retention, 5_000),
      [/of key_usage_hours/, /of key_addresses_age/, anyway],
      100,
    ],
  ]);

  await t.test('of the keys used the most only those are looked up that are told', async (t) => {
    const [explained] = await explain((db) => reports.listMostUsed(db, large, hours, 10));
    t.comment(`${explained?.executionMs} ms: ${explained?.reads.join(', ')}`);
    t.ok(Number(explained?.keysRead) <= 20, `${explained?.keysRead} keys are read`);
  });

  await t.test('an addition reads no table from end to end', async (t) => {
    const none = { limited: 0, permission: 0, expired: 0, inactive: 0 };
    const atSeconds = Date.now() / 1000;
    const counts = [{ ...none, keyId: id, atSeconds, accepted: 1 }];
    const addresses = [{ keyId: id, address: '198.51.100.1', lastSeenSeconds: atSeconds }];
    const add = (db: Queryable) => addUsage(db, 'replica_1', 1, { counts, addresses });
    const [explained] = await explain(add);
    t.comment(`${explained?.executionMs} ms: ${explained?.reads.join(', ')}`);
    t.equal(await sequentialScans(add), 0);
    const unindexed = (db: Queryable) => db.query('SELECT FROM key_addresses WHERE first_seen_at > now()');
    t.not(await sequentialScans(unindexed), 0, 'one that did would be seen');
  });
}

async function withWebhooks(t: Test): Promise<void> {
  await pool.query(fillWebhooks);
  await pool.query('VACUUM (ANALYZE) webhook_secrets, webhook_feeds, webhook_receipts, webhook_deliveries');
  const id = `whd_${(21).toString(16).padStart(32, '0')}`;
  const list =
    (query: object, scope = large) =>
    (db: Queryable) =>
      deliveries.listDeliveries(db, scope, { after: 0, limit: 50, ...query });
  const inOrder = /^Index Scan of webhook_deliveries_(tenant_id_environment_id_seq_key|waiting)$/;
  const byId = /^Index Scan of webhook_deliveries_pkey$/;
  const ofSecrets = /webhook_secrets_listing/;
  const retention = { acknowledgedDays: 7, waitingDays: 30, receiptDays: 90 };

  await testCases(t, [
    ['the secrets that may sign', (db) => secrets.secretsInForce(db, small, 'github'), [ofSecrets], 20],
    ['the secrets of an environment', (db) => secrets.listWebhookSecrets(db, small), [ofSecrets], 20],
    ['the first page', list({}), [inOrder], 200],
    ['a page in the middle', list({ after: keyCount / 2 }), [inOrder], 200],
    ['what waits', list({ acknowledged: false }), [/^Index Scan of webhook_deliveries_waiting$/], 200],
    ['what waits in a small environment', list({ acknowledged: false }, small), [/./], 5_000],
    ['a provider that there is little of', list({ provider: 'stripe', limit: 5 }), [inOrder], 20_000],
    ['one is found by its id', (db) => deliveries.findDelivery(db, large, id), [byId], 5],
    ['and acknowledged', (db) => deliveries.acknowledgeDelivery(db, large, id), [byId], 5],
    [
      'the removal of old deliveries',
      (db) => deliveries.removeOldDeliveries(db, retention, 500),
      [/webhook_deliveries_done.*webhook_deliveries_age/],
      100,
    ],
    [
      'and of old receipts',
      (db) => deliveries.removeOldReceipts(db, retention, 500),
      [/webhook_receipts_age/],
      100,
    ],
  ]);

  await t.test('one that arrives reads no table from end to end, its checks neither', async (t) => {
    const digest = Buffer.alloc(32);
    const body = Buffer.from('{}');
    const delivery = {
      id: 'whd_new',
      provider: 'github',
      secretId: 'whs_1',
      deliveryId: null,
      headers: {},
      body,
    };
    const receive = async (db: Queryable) => {
      await deliveries.insertReceipt(db, large, 'github', digest);
      t.ok(await deliveries.appendDelivery(db, large, delivery, 1024));
    };
    t.equal(await sequentialScans(receive), 0);
    const unindexed = (db: Queryable) => db.query("SELECT FROM webhook_deliveries WHERE secret_id = 'whs_2'");
    t.not(await sequentialScans(unindexed), 0, 'one that did would be seen');
  });
}

t.test('every statement uses an index', async (t) => {
  await t.test(`with ${keyCount} keys`, withKeys);
  await t.test(`with ${2 * keyCount} changes`, withChanges);
  await t.test(`with usage of ${keyCount} keys`, withUsage);
  await t.test(`with ${keyCount} webhooks`, withWebhooks);
});
