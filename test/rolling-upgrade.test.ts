/** Two releases on one database: an older replica never decides by a state that it doesn't understand. */
import { setImmediate } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { type EventKinds, eventKinds, understoodVersion } from '../lib/events/event-kinds.ts';
import { createKey, createMigratedDatabase, startService, type TestService, until } from './helper.ts';

const keysUrl = '/v1/secrets/api/keys';

/** The kinds of a release that doesn't know one of them. */
function without(name: string): EventKinds {
  const kinds = new Map(eventKinds);
  if (!kinds.delete(name)) throw new Error(`There is no kind ${name}`);
  return kinds;
}

/** The kinds of a release in which the stored form of one kind is newer. */
function withNewerForm(name: string): EventKinds {
  const kind = eventKinds.get(name);
  if (kind === undefined) throw new Error(`There is no kind ${name}`);
  return new Map(eventKinds).set(name, { ...kind, version: thisVersion + 1 });
}

/** The version that replicas of this release announce. */
const thisVersion = understoodVersion(eventKinds);

interface Releases {
  newer: TestService;
  older: TestService;
  /** The errors that the older one has logged. */
  errors: { msg: string; err?: { message: string } }[];
  databaseUrl: string;
}

async function startReleases(t: Test, older: EventKinds, newer = eventKinds): Promise<Releases> {
  const databaseUrl = await createMigratedDatabase(t);
  const errors: Releases['errors'] = [];
  const logStream = { write: (line: string) => void errors.push(JSON.parse(line)) };
  const env = { LOG_LEVEL: 'error' };
  return {
    newer: await startService(t, { databaseUrl, eventKinds: newer }),
    older: await startService(t, { databaseUrl, eventKinds: older, env, logStream }),
    errors,
    databaseUrl,
  };
}

/** Counts the decisions that begin after a change was answered. */
interface Counts {
  begin(): void;
  /** Waits for a hundred of them. @returns their statuses */
  stop(): Promise<number[]>;
}

/** Has a service decide on a key without a pause, several requests at a time. */
function verifyWithoutPause({ call }: TestService, key: string): Counts {
  const statuses: number[] = [];
  let isCounting = false;
  let isRunning = true;
  const run = async () => {
    while (isRunning) {
      const counts = isCounting;
      const { statusCode } = await call({ url: '/v1/auth/me', key });
      await setImmediate(); // Requests without a socket never wait, and would keep the database's answers waiting.
      if (counts) statuses.push(statusCode);
    }
  };
  const runs = Array.from({ length: 8 }, run);
  return {
    begin() {
      isCounting = true;
    },
    async stop() {
      await until(() => statuses.length >= 100);
      isRunning = false;
      await Promise.all(runs);
      return [...new Set(statuses)];
    },
  };
}

t.test('an older replica decides nothing after a change of a kind that it does not know', async (t) => {
  const { newer, older, errors } = await startReleases(t, without('key.deactivated'));
  const { secret, api_key: key } = await createKey(newer, { permissions: ['customers:read'] });
  t.equal((await older.call({ url: '/v1/auth/me', key })).statusCode, 200);
  const load = [newer, older].map((service) => verifyWithoutPause(service, key));

  const response = await newer.call({
    method: 'PATCH',
    url: `${keysUrl}/${secret.id}`,
    payload: { status: 'inactive' },
  });
  for (const counts of load) counts.begin();
  t.equal(response.statusCode, 200);
  await until(() => older.app.replica.status().phase === 'outdated');

  const [byNewer, byOlder] = await Promise.all(load.map((counts) => counts.stop()));
  t.same(byNewer, [403], 'the newer replica refuses the key');
  t.same(byOlder, [503], 'the older one accepts and refuses nothing');
  const ready = await older.call({ url: '/health/ready' });
  t.equal(ready.statusCode, 503);
  t.match(ready.json(), {
    reason: /key\.deactivated, version 1\) decides, and this release does not know it/,
  });
  const outdated = errors.filter(({ msg }) => msg === 'replica outdated, lease given up');
  t.match(outdated, [{ err: { message: /key\.deactivated/ } }], 'the log says so once');
  t.equal(outdated.length, 1);
  t.same((await newer.pool.query('SELECT id FROM replicas')).rows.length, 1, 'no change waits for it');
});

t.test('an older replica skips a change that does not decide, and goes on', async (t) => {
  const { newer, older, errors } = await startReleases(t, without('webhook_secret.created'));
  const { api_key: key, secret } = await createKey(newer, { permissions: ['customers:read'] });
  const load = verifyWithoutPause(older, key);
  load.begin();
  const payload = { provider: 'github' };
  const created = await newer.call({ method: 'POST', url: '/v1/secrets/webhooks', payload });
  t.equal(created.statusCode, 201, created.body);
  const { appliedSeq } = newer.app.replica.status();
  t.equal(older.app.replica.status().appliedSeq, appliedSeq, 'it has acknowledged the change');
  t.same(await load.stop(), [200]);
  t.same(errors, []);
  await newer.call({ method: 'DELETE', url: `${keysUrl}/${secret.id}` });
  t.equal((await older.call({ url: '/v1/auth/me', key })).statusCode, 401, 'it follows what comes after');
});

t.test('a change that a live replica would not understand is refused with 503', async (t) => {
  const newerKinds = withNewerForm('key.deactivated');
  const { newer, older, databaseUrl } = await startReleases(t, eventKinds, newerKinds);
  const { secret, api_key: key } = await createKey(newer, { permissions: ['customers:read'] });
  const deactivate = () =>
    newer.call({ method: 'PATCH', url: `${keysUrl}/${secret.id}`, payload: { status: 'inactive' } });

  const refused = await deactivate();
  t.equal(refused.statusCode, 503);
  const { rows } = await newer.pool.query('SELECT id FROM replicas WHERE event_version = $1', [thisVersion]);
  t.match(refused.json(), {
    error: {
      internal_error: 'service_unavailable',
      message: `Replica ${rows[0]?.id} runs a release that does not understand key.deactivated: finish the upgrade first`,
    },
  });
  t.equal(refused.headers['retry-after'], '3');
  for (const { call } of [newer, older])
    t.equal((await call({ url: '/v1/auth/me', key })).statusCode, 200, 'nothing has changed');

  await older.app.close();
  t.equal((await deactivate()).statusCode, 200, 'it succeeds when the upgrade is finished');
  t.equal((await newer.call({ url: '/v1/auth/me', key })).statusCode, 403);
  await t.rejects(
    startService(t, { databaseUrl, eventKinds }),
    { message: 'The service is not ready to decide' },
    'the older release never decides on this database again',
  );
});

t.test('a replica that was killed does not hold such a change up', async (t) => {
  const newer = await startService(t, { eventKinds: withNewerForm('key.deactivated') });
  const { secret } = await createKey(newer, { permissions: ['customers:read'] });
  await newer.pool.query(`INSERT INTO replicas (id, applied_seq, lease_id, lease_ms)
    SELECT 'replica_killed', seq, gen_random_uuid(), 200 FROM key_event_counter`);
  const deactivate = () =>
    newer.call({ method: 'PATCH', url: `${keysUrl}/${secret.id}`, payload: { status: 'inactive' } });
  t.match((await deactivate()).json(), { error: { message: /^Replica replica_killed / } });
  let statusCode = 503;
  while (statusCode === 503) statusCode = (await deactivate()).statusCode;
  t.equal(statusCode, 200);
  t.same((await newer.pool.query("SELECT FROM replicas WHERE id = 'replica_killed'")).rowCount, 0);
});

t.test('a kind that decides and that version 1 did not have has a higher version', async (t) => {
  const ofVersion1 = [
    ...['key', 'tenant', 'environment', 'user'].flatMap((subject) =>
      ['created', 'updated', 'activated', 'deactivated'].map((verb) => `${subject}.${verb}`),
    ),
    ...['key.rotated', 'key.deleted', 'session.revoked', 'customer.sessions_revoked'],
  ];
  const deciding = [...eventKinds].filter(([, { decides, version }]) => decides && version === 1);
  t.same(deciding.map(([name]) => name).sort(), ofVersion1.sort());
});
