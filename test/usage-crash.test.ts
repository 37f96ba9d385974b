/** A process killed under load loses the counts of its last seconds at most, and invents none. */
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { startProcess } from './fixtures/service-process.ts';
import { createKey, createMigratedDatabase, startService } from './helper.ts';

t.setTimeout(120_000);

/** As in plugins/key-usage.ts: what docs/usage.md promises to lose at most. */
const intervalMs = 5_000;
/** For the statements before and after it, on a machine that does much else. */
const statementsMs = 2_500;

const clients = 8;
const keyCount = 20;

const databaseUrl = await createMigratedDatabase(t);
const survivor = await startService(t, { databaseUrl });
const { pool } = survivor;

async function startVictim() {
  const env = { NODE_ENV: 'test', PORT: '0', DATABASE_URL: databaseUrl, ACCESS_LOG: 'off' };
  const victim = startProcess(t, { env, cwd: t.testdir() });
  const [, origin] = await victim.printed(/Server listening at (http:[^"]+)/);
  return { victim, url: `${origin}/v1/auth/me` };
}

/** Uses keys until the process is gone. @returns when each request was answered, and how many were sent */
async function load(url: string, keys: readonly string[]): Promise<{ answeredMs: number[]; sent: number }> {
  const answeredMs: number[] = [];
  let sent = 0;
  const useKeys = async (client: number) => {
    for (let i = client; ; i++) {
      sent++;
      try {
        const response = await fetch(url, { headers: { 'x-api-key': keys[i % keys.length] ?? '' } });
        await response.arrayBuffer();
        if (response.status !== 200) return;
      } catch {
        return;
      }
      answeredMs.push(Date.now());
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, client) => useKeys(client)));
  return { answeredMs, sent };
}

async function countedOf(ids: readonly string[]): Promise<number> {
  const { rows } = await pool.query(
    'SELECT coalesce(sum(accepted), 0)::int AS accepted FROM key_usage WHERE key_id = ANY($1)',
    [ids],
  );
  return rows[0].accepted;
}

async function transactionsEnded(): Promise<boolean> {
  const { rowCount } = await pool.query(
    `SELECT FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = 'latchkey' AND xact_start IS NOT NULL`,
  );
  return rowCount === 0;
}

async function newKeys() {
  const keys = [];
  for (let i = 0; i < keyCount; i++) keys.push(await createKey(survivor, { permissions: [] }));
  return { ids: keys.map(({ secret }) => secret.id), plaintexts: keys.map(({ api_key }) => api_key) };
}

t.test('killed under load, a process loses no more of its counts than the last seconds', async (t) => {
  // Well after its first statement, and after its second.
  for (const killedAfterMs of [9_000, 13_000]) {
    const { ids, plaintexts } = await newKeys();
    const { victim, url } = await startVictim();
    const loaded = load(url, plaintexts);
    await delay(killedAfterMs);
    const killedMs = Date.now();
    victim.signal('SIGKILL');
    await victim.ended;
    const { answeredMs, sent } = await loaded;
    while (!(await transactionsEnded())) await delay(10);

    const counted = await countedOf(ids);
    const mustBeCounted = answeredMs.filter((ms) => ms < killedMs - intervalMs - statementsMs).length;
    t.comment(`${counted} counted of ${answeredMs.length} answered, ${answeredMs.length - counted} lost`);
    t.ok(mustBeCounted > 0, `${mustBeCounted} are older than what may be lost`);
    t.ok(counted >= mustBeCounted, `${counted} counted`);
    t.ok(counted <= sent, `of ${sent} sent`);
  }
});

t.test('told to stop under load, a process loses nothing', async (t) => {
  const { ids, plaintexts } = await newKeys();
  const { victim, url } = await startVictim();
  const loaded = load(url, plaintexts);
  await delay(2_000);
  victim.signal('SIGTERM');
  t.equal(await victim.ended, 0);
  const { answeredMs, sent } = await loaded;
  const counted = await countedOf(ids);
  t.comment(`${counted} counted of ${answeredMs.length} answered, ${sent} sent`);
  t.ok(counted >= answeredMs.length);
  t.ok(counted <= sent);
});
