import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import t from 'tap';
import { Cluster } from './cluster.ts';
import { DatabaseServer } from './database-server.ts';
import { findContradictions } from './feed-consistency.ts';
import { type Answer, requestText } from './http-client.ts';
import { verificationPath } from './oracle.ts';
import type { Replica } from './replica.ts';
import { configureTenants } from './tenants.ts';

// Real processes on a busy machine: what hangs is ended by then.
t.setTimeout(180_000);

const server = await DatabaseServer.start();
t.teardown(() => server.stop());

const configured = configureTenants(0);
const readyTimeoutMs = 60_000;
const keysPath = '/v1/secrets/api/keys';

/** Replicas that end before the server does. */
function clusterOn(databaseUrl: string, env: Record<string, string> = {}): Cluster {
  return new Cluster({
    databaseUrl,
    env: {
      LOG_LEVEL: 'silent',
      FAILED_AUTH_LIMIT: '0',
      ...{ CHANGES_PER_SECOND: '0', LISTINGS_PER_SECOND: '0' },
      API_KEYS: configured.apiKeys,
      ...env,
    },
    confirmChanges: true,
    notifications: true,
  });
}

const call = (replica: Replica, method: string, path: string, body?: object): Promise<Answer> =>
  replica.control.request(requestText(method, path, configured.operatorKey, body));

const verify = async (replica: Replica, key: string): Promise<Answer> =>
  replica.control.request(requestText('GET', verificationPath, key));

async function createKey(replica: Replica): Promise<{ id: string; key: string }> {
  const { body } = await call(replica, 'POST', keysPath, { name: 'Outage' });
  const { secret, api_key } = JSON.parse(body);
  return { id: secret.id, key: api_key };
}

const isTold = ({ headers }: Answer): boolean => /\r\nretry-after: \d/i.test(headers);

t.test('without its database a replica decides until its lease ends, and comes back by itself', async (t) => {
  const databaseUrl = await server.createDatabase();
  const strict = clusterOn(databaseUrl);
  const lenient = clusterOn(databaseUrl, { AUTH_STALE_IF_ERROR_SECONDS: '600' });
  t.teardown(() => Promise.all([strict.stop(), lenient.stop()]));
  const replicas = await Promise.all([strict.add(), strict.add(), lenient.add()]);
  await strict.untilReady(readyTimeoutMs);
  await lenient.untilReady(readyTimeoutMs);
  const [first, second, third] = replicas;
  const good = await createKey(first);
  const gone = await createKey(second);
  t.equal((await call(third, 'DELETE', `${keysPath}/${gone.id}`)).status, 204);

  const giveBack = await server.takeAway();

  for (const replica of replicas) {
    t.equal((await verify(replica, good.key)).status, 200, 'the lease is still valid');
    t.equal((await verify(replica, gone.key)).status, 401);
  }
  const early = await call(first, 'DELETE', `${keysPath}/${good.id}`);
  t.equal(early.status, 503, 'a change can not be made');
  t.ok(isTold(early));

  for (const replica of [first, second]) {
    let wronglyAccepted = 0;
    let answer = await verify(replica, good.key);
    while (answer.status === 200) {
      if ((await verify(replica, gone.key)).status === 200) wronglyAccepted += 1;
      answer = await verify(replica, good.key);
    }
    t.equal(wronglyAccepted, 0);
    t.equal(answer.status, 503);
    t.ok(isTold(answer), 'it says when to try again');
    for (const key of [good.key, gone.key, 'f'.repeat(64)]) {
      t.equal((await verify(replica, key)).status, 503, 'no key is refused, and none accepted');
    }
    t.equal((await call(replica, 'POST', keysPath, { name: 'Late' })).status, 503);
  }
  // It goes on once a statement that was sent without a lease has failed, which the next attempt tells.
  while ((await verify(third, good.key)).status === 503) await delay(50);
  t.equal((await verify(third, good.key)).status, 200, 'the operator chose to go on');
  t.equal((await verify(third, gone.key)).status, 401);
  t.equal((await call(third, 'DELETE', `${keysPath}/${good.id}`)).status, 503, 'but nothing is changed');

  await giveBack();
  await strict.untilReady(readyTimeoutMs);
  await lenient.untilReady(readyTimeoutMs);
  for (const replica of replicas) {
    t.equal((await verify(replica, good.key)).status, 200, 'nothing was half done');
    t.equal((await verify(replica, gone.key)).status, 401);
  }
  t.equal((await call(second, 'DELETE', `${keysPath}/${good.id}`)).status, 204);
  for (const replica of replicas) t.equal((await verify(replica, good.key)).status, 401);
  t.strictSame(await findContradictions(strict.pool), []);
  const { rows } = await strict.pool.query("SELECT count(*)::int AS late FROM api_keys WHERE name = 'Late'");
  t.strictSame(rows, [{ late: 0 }]);
});

const storedKeys = 100_000;
const keyOf = (i: number): string => createHash('sha256').update(`key ${i}`).digest('hex');

/** The answer to each of the stored keys. */
const statusOf = (i: number): number => (i > storedKeys || i % 10 === 0 ? 401 : i % 10 === 1 ? 403 : 200);

const insertKeys = (pool: Pool): Promise<unknown> =>
  pool.query(
    `INSERT INTO api_keys (id, tenant_id, environment_id, user_id, hash, display_id, name, type, permissions, status)
     SELECT 'key_' || lpad(to_hex(i), 32, '0'), environment.tenant_id, environment.id, 'user', digest.hash, '', 'Cold', 'private_key', '{*}',
            CASE i % 10 WHEN 0 THEN 'deleted' WHEN 1 THEN 'inactive' ELSE 'active' END
       FROM generate_series(1, ${storedKeys}) i,
            (SELECT id, tenant_id FROM environments LIMIT 1) environment,
            sha256(convert_to('key ' || i, 'UTF8')) plaintext,
            LATERAL (SELECT sha256(convert_to(encode(plaintext, 'hex'), 'UTF8')) AS hash) digest`,
  );

/** Presents keys, known ones and others, one after the other. @returns how many answers of which kind there were */
async function present(replica: Replica, isOver: () => boolean) {
  const counts = { right: 0, unavailable: 0, wrong: 0 };
  for (let i = 1; !isOver(); i = (i * 7_919) % (storedKeys + 1_000)) {
    const { status } = await verify(replica, keyOf(i));
    if (status === 503) counts.unavailable += 1;
    else if (status === statusOf(i)) counts.right += 1;
    else counts.wrong += 1;
  }
  return counts;
}

/** Watches who reads all keys, until it is over. @returns how many connections did */
async function countLoads(pool: Pool, isOver: () => boolean): Promise<number> {
  const seen = new Set<string>();
  while (!isOver()) {
    const { rows } = await pool.query<{ load: string }>(
      `SELECT concat(pid, ' ', backend_start) AS load FROM pg_stat_activity WHERE query LIKE 'COPY%'`,
    );
    for (const { load } of rows) seen.add(load);
    await delay(5);
  }
  return seen.size;
}

t.test('replicas that start together under load answer nothing wrong, and load once each', async (t) => {
  const databaseUrl = await server.createDatabase();
  const before = clusterOn(databaseUrl);
  await before.add();
  await insertKeys(before.pool);
  await before.stop();

  const cluster = clusterOn(databaseUrl);
  t.teardown(() => cluster.stop());
  let isOver = false;
  const loads = countLoads(cluster.pool, () => isOver);
  const startMs = performance.now();
  const presenting = Array.from({ length: 4 }, async () => {
    const replica = await cluster.add();
    return present(replica, () => isOver);
  });
  while (cluster.replicas.length < 4) await delay(20);
  await cluster.untilReady(readyTimeoutMs);
  t.comment(
    `4 replicas with ${storedKeys} keys are ready after ${Math.round(performance.now() - startMs)} ms`,
  );
  for (const replica of cluster.replicas) {
    t.equal(
      (await verify(replica, keyOf(2))).status,
      200,
      'it decides at once when it says that it is ready',
    );
  }
  await delay(500);
  isOver = true;
  const counts = await Promise.all(presenting);
  t.comment(JSON.stringify(counts));
  for (const { right, wrong } of counts) {
    t.equal(wrong, 0);
    t.ok(right > 0);
  }
  t.equal(await loads, 4);
});
