/** The canary before real replicas: what it sees of them, and what it leaves behind. */
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { Canary } from '../../canary/canary.ts';
import { CanaryMetrics } from '../../canary/canary-metrics.ts';
import { canarySettingsOf } from '../../canary/canary-settings.ts';
import { findFreePort } from '../../embedded-postgres/start-server.ts';
import { ConfigError } from '../../lib/config/config.ts';
import { loggerOptions } from '../../lib/observability/logger.ts';
import { listen } from '../fixtures/raw-http.ts';
import { startProcess } from '../fixtures/service-process.ts';
import {
  collectLog,
  createKey,
  createMigratedDatabase,
  createPlaintext,
  developmentKey,
  startService,
  type TestService,
  until,
} from '../helper.ts';

t.setTimeout(120_000);

interface Replica extends TestService {
  url: string;
  /** Its access log. */
  lines: string[];
}

type Options = Omit<NonNullable<Parameters<typeof startService>[1]>, 'env' | 'logStream'>;

async function startReplicas(t: Test, count: number, options: Options = {}): Promise<Replica[]> {
  const databaseUrl = await createMigratedDatabase(t);
  const replicas: Replica[] = [];
  for (let i = 0; i < count; i++) {
    const { lines, logStream } = collectLog();
    const env = { ACCESS_LOG: 'all', LOG_LEVEL: 'info' };
    const service = await startService(t, { ...options, env, databaseUrl, logStream });
    replicas.push({ ...service, lines, url: `http://127.0.0.1:${await listen(service.app)}` });
  }
  return replicas;
}

interface WatchedCanary {
  canary: Canary;
  lines: string[];
  /** The values of its metrics, by name and labels. */
  values(): Promise<Record<string, number>>;
}

function createCanary(urls: string[], apiKey: string): WatchedCanary {
  const { lines, logStream } = collectLog();
  const metrics = new CanaryMetrics();
  const log = pino(loggerOptions('debug'), logStream);
  const canary = new Canary({ urls: urls.map((url) => new URL(url)), apiKey, metrics, log });
  return { canary, lines, values: async () => valuesIn(await metrics.registry.metrics()) };
}

/** @param text as Prometheus scrapes it */
const valuesIn = (text: string): Record<string, number> =>
  Object.fromEntries(
    [...text.matchAll(/^latchkey_canary_(\S+) (\S+)$/gm)].map(([, name = '', value]) => [
      name,
      Number(value),
    ]),
  );

const urlsOf = (replicas: Replica[]): string[] => replicas.map(({ url }) => url);

/** The statuses that a replica gave to the canary's key, in order. */
const usesIn = ({ lines }: Replica): number[] =>
  lines
    .map((line) => JSON.parse(line))
    .filter(({ route }) => route === '/v1/auth/me')
    .map(({ status }) => status);

/** Returns the status of each of the canary's keys. */
async function keysLeft({ pool }: TestService): Promise<string[]> {
  const { rows } = await pool.query<{ status: string }>(
    "SELECT status FROM api_keys WHERE name = 'Latchkey canary'",
  );
  return rows.map(({ status }) => status);
}

const secretLike = /[0-9a-f]{64}/;

const canaryKey = (service: TestService) =>
  createPlaintext(service, { name: 'For the canary', permissions: ['keys:read', 'keys:write'] });

t.test('finds the promise kept by two replicas, each of which it asks', async (t) => {
  const replicas = await startReplicas(t, 2);
  const [first, second] = replicas;
  if (first === undefined || second === undefined) throw new Error('There are two');
  const { canary, lines, values } = createCanary(urlsOf(replicas), await canaryKey(first));
  const rounds = 4;
  for (let i = 0; i < rounds; i++) await canary.round();

  const { last_completed_timestamp_seconds: last, ...counts } = await values();
  t.match(counts, {
    'rounds_total{outcome="completed"}': rounds,
    'rounds_total{outcome="failed"}': 0,
    accepted_after_answer_total: 0,
    refused_after_answer_total: 0,
    undecided_total: 0,
    replicas: 2,
    'propagation_seconds_count{change="created"}': rounds,
    'propagation_seconds_count{change="deleted"}': rounds,
  });
  t.ok((last ?? 0) > 0);
  for (const replica of replicas) t.same(usesIn(replica), Array(rounds).fill([200, 401]).flat());
  const changes = replicas.map(({ lines }) => lines.filter((line) => line.includes('"DELETE"')).length);
  t.same(changes, [2, 2], 'changes are made through all of them');
  t.same(await keysLeft(first), Array(rounds).fill('deleted'));
  t.notMatch(lines.join(''), secretLike);
});

t.test('sees that the promise is broken where changes are answered at once', async (t) => {
  const replicas = await startReplicas(t, 2, { notifications: false, confirmChanges: false });
  const [first] = replicas;
  if (first === undefined) throw new Error('There are two');
  // Its key is configured: what it may do is known everywhere from the start.
  const { canary, lines, values } = createCanary(urlsOf(replicas), developmentKey);
  for (let i = 0; i < 3; i++) await canary.round();
  const { accepted_after_answer_total: accepted = 0, refused_after_answer_total: refused = 0 } =
    await values();
  t.ok(accepted > 0, `${accepted} deleted keys were accepted`);
  t.ok(refused > 0, `${refused} new keys were refused`);
  const told = lines.map((line) => JSON.parse(line)).filter(({ level }) => level === 50);
  t.equal(told.length, accepted + refused);
  t.match(told[0], { replica: '127.0.0.1', keyId: /^key_/, change: /^(created|deleted)$/ });
  t.match(await values(), { 'rounds_total{outcome="completed"}': 3 }, 'and has waited for the end of it');
  t.same(await keysLeft(first), Array(3).fill('deleted'));
  t.notMatch(lines.join(''), secretLike);
});

t.test('a replica that is down fails the round, and breaks no promise', async (t) => {
  const [replica] = await startReplicas(t, 1);
  if (replica === undefined) throw new Error('There is one');
  const down = `http://127.0.0.1:${await findFreePort()}`;
  const { canary, lines, values } = createCanary([down, replica.url], developmentKey);
  await canary.round();
  t.match(await values(), {
    'rounds_total{outcome="completed"}': 0,
    'rounds_total{outcome="failed"}': 1,
    accepted_after_answer_total: 0,
    refused_after_answer_total: 0,
    undecided_total: 2,
    replicas: 2,
  });
  t.same(usesIn(replica), [200, 401], 'the other is asked all the same');
  t.same(await keysLeft(replica), ['deleted']);
  t.match(lines.join(''), 'did not answer the canary');
});

t.test('a key that may not make keys fails the round, and is not told', async (t) => {
  const [replica] = await startReplicas(t, 1);
  if (replica === undefined) throw new Error('There is one');
  for (const apiKey of ['f'.repeat(64), await createPlaintext(replica, { permissions: ['keys:read'] })]) {
    const { canary, lines, values } = createCanary([replica.url], apiKey);
    await canary.round();
    t.match(await values(), { 'rounds_total{outcome="failed"}': 1, undecided_total: 0 });
    t.match(lines.join(''), /was answered with 40[13]/);
    t.notMatch(lines.join(''), secretLike);
  }
  t.same(await keysLeft(replica), []);
});

t.test('deletes what an earlier canary left behind, and nothing else', async (t) => {
  const [replica] = await startReplicas(t, 1);
  if (replica === undefined) throw new Error('There is one');
  const expires_at = new Date(Date.now() + 600_000).toISOString();
  const { secret: left } = await createKey(replica, { name: 'Latchkey canary', expires_at });
  await createKey(replica, { name: 'Latchkey canary', expires_at });
  const { secret: other } = await createKey(replica, { name: 'Latchkey canary of ours', expires_at });
  await replica.pool.query('UPDATE api_keys SET expires_at = now() WHERE id = ANY ($1)', [
    [left.id, other.id],
  ]);
  const { canary } = createCanary([replica.url], developmentKey);
  await canary.round();
  t.same((await keysLeft(replica)).sort(), ['active', 'deleted', 'deleted'], 'one may be in use elsewhere');
  await replica.pool.query("UPDATE api_keys SET expires_at = now() WHERE name = 'Latchkey canary'");
  await canary.round();
  t.same(await keysLeft(replica), Array(4).fill('deleted'), 'until it has expired');
  const { rows } = await replica.pool.query('SELECT status FROM api_keys WHERE id = ANY ($1) ORDER BY name', [
    [left.id, other.id],
  ]);
  t.same(rows, [{ status: 'deleted' }, { status: 'active' }]);
});

t.test('deletes what was made although the answer was that nobody knows', async (t) => {
  const [replica] = await startReplicas(t, 1);
  if (replica === undefined) throw new Error('There is one');
  const { canary, values } = createCanary([replica.url], developmentKey);
  await canary.round();
  const confirm = t.intercept(replica.app.replica, 'confirm', {
    async value() {
      confirm.restore();
      return false;
    },
  });
  await canary.round();
  t.match(await values(), { 'rounds_total{outcome="completed"}': 2 }, 'another one was made');
  t.same((await keysLeft(replica)).sort(), ['active', 'deleted', 'deleted']);
  await replica.pool.query("UPDATE api_keys SET expires_at = now() WHERE name = 'Latchkey canary'");
  await canary.round();
  t.same(await keysLeft(replica), Array(4).fill('deleted'));
});

t.test('the settings', async (t) => {
  const mistakesIn = (environment: NodeJS.Dict<string>): string => {
    try {
      canarySettingsOf(environment);
    } catch (error) {
      if (error instanceof ConfigError) return error.message;
      throw error;
    }
    return '';
  };
  t.equal(
    mistakesIn({ CANARY_SECONDS: '0', CANARY_METRICS_PORT: 'x', CANARY_URLS: 'http://a,ftp://b' }),
    'The configuration is wrong:\n' +
      '  - CANARY_URLS must be URLs of replicas that begin with http:// or https://, with commas between them\n' +
      '  - CANARY_API_KEY must be a key with keys:read and keys:write\n' +
      '  - CANARY_SECONDS must be a number of seconds from 1 to 86400\n' +
      '  - CANARY_METRICS_PORT must be a port from 0 to 65535',
  );
  t.match(mistakesIn({}), 'CANARY_URLS must be');
  t.notMatch(mistakesIn({ CANARY_API_KEY: `${'a'.repeat(64)} b` }), /aaaa/);
  t.match(canarySettingsOf({ CANARY_URLS: 'http://a:1, https://b/c', CANARY_API_KEY: 'key' }), {
    urls: [new URL('http://a:1'), new URL('https://b/c')],
    apiKey: 'key',
    intervalMs: 60_000,
    metrics: { host: '127.0.0.1', port: 9465 },
    logLevel: 'info',
  });
});

t.test('the process goes on round after round, and leaves nothing when it is told to stop', async (t) => {
  const replicas = await startReplicas(t, 2);
  const [first] = replicas;
  if (first === undefined) throw new Error('There are two');
  const apiKey = await canaryKey(first);
  const process = startProcess(t, {
    program: 'canary',
    cwd: t.testdir({ '.env': `CANARY_API_KEY=${apiKey}\n` }),
    env: { CANARY_URLS: urlsOf(replicas).join(','), CANARY_SECONDS: '1', CANARY_METRICS_PORT: '0' },
  });
  const [, address, port] = await process.printed(/"address":"([^"]+)","family":"IPv4","port":(\d+)/);
  t.equal(address, '127.0.0.1');
  await until(() => usesIn(first).length >= 4);
  const metrics = valuesIn(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text());
  t.match(metrics, { accepted_after_answer_total: 0, replicas: 2 });
  process.signal('SIGTERM');
  t.equal(await process.ended, 0);
  t.notOk((await keysLeft(first)).includes('active'));
  t.notMatch(process.stdout() + process.stderr(), secretLike);
});

t.test('the process ends with a sentence when its configuration is wrong', async (t) => {
  const process = startProcess(t, { program: 'canary', cwd: t.testdir(), env: {} });
  t.equal(await process.ended, 1);
  t.match(process.stderr(), /^The configuration is wrong:\n {2}- CANARY_URLS must be /);
});
