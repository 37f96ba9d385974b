/** Nobody who runs the service can change what the trail says; and what docs/audit.md tells operators to do works. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Client, Pool } from 'pg';
import t from 'tap';
import { handleConnectionErrors } from '../lib/database/database.ts';
import { createKey, createMigratedDatabase, startService } from './helper.ts';

const databaseUrl = await createMigratedDatabase(t);
const owner = new Pool({ connectionString: databaseUrl, max: 1 });
handleConnectionErrors(owner, () => {}); // The database is dropped while they end.
t.teardown(() => owner.end());

const documentation = await readFile(new URL('../docs/audit.md', import.meta.url), 'utf8');
const [roleSql = '', pruningSql = ''] = [...documentation.matchAll(/```sql\n([\s\S]*?)```/g)].map(
  ([, sql]) => sql,
);

const attempts = [
  "UPDATE key_events SET actor_user_id = 'somebody else'",
  'UPDATE key_events SET kind = kind WHERE false',
  'DELETE FROM key_events WHERE seq > 0',
  'TRUNCATE key_events',
  `INSERT INTO key_events SELECT * FROM key_events LIMIT 1 ON CONFLICT (seq) DO UPDATE SET before = NULL`,
  `MERGE INTO key_events USING (SELECT 1) one ON true WHEN MATCHED THEN DELETE`,
  `WITH gone AS (DELETE FROM key_events RETURNING *) SELECT count(*) FROM gone`,
];

async function contents(): Promise<unknown[]> {
  return (await owner.query('SELECT * FROM key_events ORDER BY seq')).rows;
}

/** Returns the database's error code for a statement. */
async function codeOf(db: Pool, statement: string): Promise<string> {
  return db.query(statement).then(
    () => 'accepted',
    (error) => `${error.code}`,
  );
}

t.test('the owner of the table, as whom the service may run, cannot change it', async (t) => {
  const service = await startService(t, { databaseUrl });
  await createKey(service);
  const before = await contents();
  t.ok(before.length > 3);
  for (const attempt of attempts) {
    t.equal(await codeOf(owner, attempt), '42501', attempt);
    await owner.query('SET session_replication_role = replica');
    t.equal(await codeOf(owner, attempt), '42501', `${attempt}, as a replica`);
    await owner.query('SET session_replication_role = origin');
  }
  t.strictSame(await contents(), before);
  t.equal((await createKey(service)).api_key.length, 64, 'and it is added to as before');
});

t.test('the role that the documentation makes runs the service, and cannot even try', async (t) => {
  const role = `latchkey_${randomBytes(6).toString('hex')}`;
  t.match(roleSql, /CREATE ROLE latchkey_service/);
  const password = randomBytes(16).toString('hex');
  await owner.query(roleSql.replaceAll('latchkey_service', role).replace('…', password));
  const url = new URL(databaseUrl);
  url.username = role;
  url.password = password;
  t.teardown(async () => {
    await owner.query(`DROP OWNED BY ${role}`);
    await owner.query(`DROP ROLE ${role}`);
  });

  const service = await startService(t, { databaseUrl: url.href });
  const { secret } = await createKey(service);
  const trail = await service.call({ url: `/v1/secrets/api/keys/${secret.id}/events` });
  t.equal(trail.json().items.length, 1);
  const before = await contents();
  const evasions = [
    'ALTER TABLE key_events DISABLE TRIGGER ALL',
    'DROP TRIGGER key_events_append_only ON key_events',
    'DROP TABLE key_events',
    'SET session_replication_role = replica',
  ];
  for (const attempt of [...attempts, ...evasions])
    t.equal(await codeOf(service.pool, attempt), '42501', attempt);
  t.strictSame(await contents(), before);
});

t.test(
  'old events can be removed by the owner, as documented, and the rest is protected again',
  async (t) => {
    const service = await startService(t, { databaseUrl });
    const client = new Client({ connectionString: databaseUrl });
    await client.connect();
    t.teardown(() => client.end());
    const before = await contents();
    await client.query('ALTER TABLE key_events DISABLE TRIGGER key_events_append_only');
    await client.query(`UPDATE key_events SET created_at = now() - interval '3 years' WHERE seq <= 3`);
    await client.query('ALTER TABLE key_events ENABLE ALWAYS TRIGGER key_events_append_only');
    t.match(pruningSql, /DELETE FROM key_events/);
    await client.query(pruningSql);
    t.equal((await contents()).length, before.length - 4, 'the beginning and three more');
    for (const attempt of attempts) t.equal(await codeOf(owner, attempt), '42501', attempt);
    const { api_key: key } = await createKey(service);
    t.equal((await service.call({ url: '/v1/auth/me', key })).statusCode, 200);
    const another = await startService(t, { databaseUrl });
    t.equal((await another.call({ url: '/v1/auth/me', key })).statusCode, 200);
  },
);
