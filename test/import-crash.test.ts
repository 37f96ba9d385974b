/** A process that is killed in the middle of an import leaves all of its keys, or none. */
import { hash, randomBytes } from 'node:crypto';
import t from 'tap';
import { startProcess } from './fixtures/service-process.ts';
import { createMigratedDatabase, developmentKey, startService, until } from './helper.ts';

t.setTimeout(120_000);

const databaseUrl = await createMigratedDatabase(t);
const survivor = await startService(t, { databaseUrl });
const { pool, call } = survivor;

const keysInImport = 5_000;
const applicationName = 'latchkey';

/** The statements of an import in which it may be killed, as the database shows them; `null`: when it is answered. */
const moments = [
  'INSERT INTO api_keys%',
  'WITH event AS%',
  'INSERT INTO api_keys%',
  'WITH event AS%',
  null,
] as const;

/** Looks at what the killed process's connections are doing, as fast as the database answers. */
async function untilRunning(statement: string, isOver: () => boolean): Promise<boolean> {
  while (!isOver()) {
    const { rowCount } = await pool.query(
      `SELECT FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = $1 AND state = 'active' AND query LIKE $2`,
      [applicationName, statement],
    );
    if (rowCount !== 0) return true;
  }
  return false;
}

async function untilTransactionsEnd(): Promise<void> {
  let running = true;
  const look = async () => {
    const { rowCount } = await pool.query(
      `SELECT FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = $1 AND xact_start IS NOT NULL`,
      [applicationName],
    );
    running = rowCount !== 0;
  };
  await until(() => {
    void look();
    return !running;
  });
}

async function startVictim() {
  const env = {
    NODE_ENV: 'test',
    LOG_LEVEL: 'info',
    PORT: '0',
    DATABASE_URL: databaseUrl,
    FAILED_AUTH_LIMIT: '0',
    ...{ CHANGES_PER_SECOND: '0', LISTINGS_PER_SECOND: '0' },
  };
  const victim = startProcess(t, { env, cwd: t.testdir() });
  const [, origin] = await victim.printed(/Server listening at (http:[^"]+)/);
  return { victim, origin: origin ?? '' };
}

const count = async (statement: string, hashes: string[]): Promise<number> =>
  (await pool.query(statement, [hashes.map((text) => Buffer.from(text, 'hex'))])).rows[0].count;

t.test('killed at any moment, an import has happened as a whole or not at all', async (t) => {
  const outcomes = new Set<number>();
  for (const moment of moments) {
    const { victim, origin } = await startVictim();
    const keys = Array.from({ length: keysInImport }, () => randomBytes(32).toString('hex'));
    const hashes = keys.map((key) => hash('sha256', key));
    let answered = false;
    const answer = fetch(`${origin}/v1/secrets/api/keys/import`, {
      method: 'POST',
      headers: { 'x-api-key': developmentKey, 'content-type': 'application/json' },
      body: JSON.stringify(hashes.map((text) => ({ name: 'Imported', hash: text }))),
    }).then(
      ({ status }) => status,
      () => null,
    );
    void answer.then(() => {
      answered = true;
    });
    if (moment === null) await answer;
    else t.comment(`${moment}: ${await untilRunning(moment, () => answered)}`);
    victim.signal('SIGKILL');
    await victim.ended;
    await untilTransactionsEnd();

    const stored = await count('SELECT count(*)::int FROM api_keys WHERE hash = ANY($1)', hashes);
    const told = await count('SELECT count(*)::int FROM key_events WHERE key_hash = ANY($1)', hashes);
    t.ok(stored === 0 || stored === keysInImport, `${stored} keys`);
    t.equal(told, stored, 'and as many events');
    if ((await answer) === 201) t.equal(stored, keysInImport, 'all, if it was answered');
    outcomes.add(stored);

    // Confirms a change, and so waits until the survivor has followed the feed to here.
    await call({
      method: 'POST',
      url: '/v1/environments',
      payload: { name: randomBytes(8).toString('hex') },
    });
    const some = [0, 1_000, keysInImport - 1].map((i) => keys[i] ?? '');
    const statuses = await Promise.all(
      some.map(async (key) => (await call({ url: '/v1/auth/me', key })).statusCode),
    );
    t.strictSame(statuses, Array(3).fill(stored === 0 ? 401 : 200), 'another replica decides so');
  }
  t.strictSame([...outcomes].sort(), [0, keysInImport], 'both were seen');
  const { rows } = await pool.query('SELECT count(*)::int, max(seq)::int FROM key_events');
  t.equal(rows[0].count, rows[0].max + 1, 'the feed has no gap');
});
