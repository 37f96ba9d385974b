/** Runs the deployed monitoring: Prometheus scrapes replicas and the canary. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import {
  monitoringFolder,
  prometheusIsMissing,
  type Sample,
  startPrometheus,
  type TestPrometheus,
} from './fixtures/prometheus.ts';
import { listen } from './fixtures/raw-http.ts';
import { startProcess } from './fixtures/service-process.ts';
import {
  collectLog,
  createKey,
  createMigratedDatabase,
  cutDatabase,
  developmentKey,
  startService,
  type TestService,
  until,
  untilLeaseEnds,
  untilMayDecide,
} from './helper.ts';

t.setTimeout(120_000);
const skip = prometheusIsMissing;

const run = promisify(execFile);
const read = (file: string): Promise<string> => readFile(path.join(monitoringFolder, file), 'utf8');
const promtool = (...args: string[]) => run('promtool', args, { cwd: monitoringFolder });

interface Dashboard {
  panels: { title: string; targets?: { expr: string }[] }[];
}

/** The dashboard's queries, with its variables set. */
async function dashboardQueries(): Promise<string[]> {
  const { panels }: Dashboard = JSON.parse(await read('grafana/dashboards/latchkey.json'));
  return panels
    .flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))
    .map((expr) =>
      expr.replaceAll('$instance', '.*').replaceAll('$__rate_interval', '1m').replaceAll('$__range', '1h'),
    );
}

/** Every metric that an expression names, with its labels. */
const selectorsIn = (expression: string): string[] =>
  expression.match(/\b(latchkey|nodejs|process)_\w+(\{[^}]*\})?/g) ?? [];

interface Watched extends TestService {
  metricsAddress: string;
  url: string;
}

async function startWatched(t: Test, databaseUrl: string): Promise<Watched> {
  const { lines, logStream } = collectLog();
  const env = { METRICS_PORT: '0', LOG_LEVEL: 'info' };
  const service = await startService(t, { databaseUrl, env, logStream });
  const port = await listen(service.app);
  await until(() => service.app.replica.status().notifications !== null);
  return { ...service, url: `http://127.0.0.1:${port}`, metricsAddress: metricsAddressIn(lines.join('')) };
}

const metricsAddressIn = (log: string): string => {
  const [, address, port] = /"address":"([^"]+)","family":"IPv4","port":(\d+)/.exec(log) ?? [];
  return `${address}:${port}`;
};

/** Looks every tenth of a second, for a minute at most. @returns what was found */
async function eventually<Found>(look: () => Promise<Found | null>): Promise<Found> {
  const deadline = AbortSignal.timeout(60_000);
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    await delay(100, undefined, { signal: deadline });
  }
}

const scrape = async (address: string): Promise<string> => (await fetch(`http://${address}/metrics`)).text();

/** Every kind of decision that needs no failure. */
async function visit(service: TestService): Promise<void> {
  const { api_key: limited } = await createKey(service, { rate_limit: { limit: 1, window_seconds: 3600 } });
  for (let i = 0; i < 3; i++) await service.call({ url: '/v1/auth/me', key: limited });
  await service.call({ url: '/v1/auth/me', key: 'f'.repeat(64) });
  await service.call({ url: '/v1/customers' });
}

t.test('promtool finds no fault with what is deployed', { skip }, async (t) => {
  await t.resolves(promtool('check', 'config', 'prometheus.yml'), 'the configuration, with its rules');
  await t.resolves(promtool('test', 'rules', 'alerts.test.yml'), 'the tests of the alerts');
  const alerts = (await read('alerts.yml')).matchAll(/alert: (\w+)/g);
  const tests = await read('alerts.test.yml');
  for (const [, name] of alerts)
    t.match(tests, `labels: 'ALERTS{alertname="${name}", alertstate="firing"`, `${name} is tested`);
});

t.test('promtool finds no fault with the metrics, but for those of Node', { skip }, async (t) => {
  const service = await startWatched(t, await createMigratedDatabase(t));
  await visit(service);
  const promtool = spawn('promtool', ['check', 'metrics'], { stdio: ['pipe', 'ignore', 'pipe'] });
  promtool.stdin.end(await scrape(service.metricsAddress));
  const [faults] = await Promise.all([readText(promtool.stderr), once(promtool, 'exit')]);
  t.same(
    faults.split('\n').filter((line) => line !== '' && !/^(nodejs|process)_/.test(line)),
    [],
  );
});

/** Two replicas and a canary, and Prometheus, which has visits of each to tell of. */
async function startMonitored(t: Test) {
  const databaseUrl = await createMigratedDatabase(t);
  const replicas = [await startWatched(t, databaseUrl), await startWatched(t, databaseUrl)];
  const [first, second] = replicas;
  if (first === undefined || second === undefined) throw new Error('There are two');
  const canary = startProcess(t, {
    program: 'canary',
    cwd: t.testdir(),
    env: {
      CANARY_URLS: replicas.map(({ url }) => url).join(),
      CANARY_API_KEY: developmentKey,
      CANARY_SECONDS: '1',
      CANARY_METRICS_PORT: '0',
    },
  });
  await canary.printed(/metrics are served/);
  const prometheus = await startPrometheus(t, t.testdir(), {
    latchkey: replicas.map(({ metricsAddress }) => metricsAddress),
    'latchkey-canary': [metricsAddressIn(canary.stdout())],
  });
  for (const replica of replicas) await visit(replica);
  const instances = replicas.map(({ metricsAddress }) => metricsAddress).sort();
  return { databaseUrl, replicas, first, prometheus, instances };
}

type Monitored = Awaited<ReturnType<typeof startMonitored>>;

async function checkOutage(t: Test, { databaseUrl, replicas, first, prometheus }: Monitored): Promise<void> {
  const stateOf = async (name: string) =>
    (await prometheus.rules()).find((rule) => rule.name === name)?.state ?? null;
  const restore = await cutDatabase(databaseUrl);
  await untilLeaseEnds(first);
  t.equal((await first.call({ url: '/v1/auth/me' })).statusCode, 503);
  const waiting = ['LatchkeyNotReady', 'LatchkeyLeaseMissing', 'LatchkeyReplicationFailing'];
  for (const name of waiting)
    t.ok(await eventually(async () => ((await stateOf(name)) === 'pending' ? true : null)), `${name} waits`);
  const firing = await eventually(async () => {
    const alerts = await prometheus.query('ALERTS{alertstate="firing"}');
    return namesOf(alerts).includes('LatchkeyUndecidable') ? alerts : null;
  });
  t.comment(`firing: ${JSON.stringify(firing)}`);
  t.notOk(namesOf(firing).includes('LatchkeyPromiseBroken'), 'an outage breaks no promise');
  await restore();
  await Promise.all(replicas.map(untilMayDecide));
  await eventually(async () => ((await stateOf('LatchkeyNotReady')) === 'inactive' ? true : null));
  t.match(await gauges(prometheus, 'latchkey_may_decide'), [1, 1], 'and when it is back');
}

t.test('Prometheus scrapes replicas and the canary', { skip }, async (t) => {
  const monitored = await startMonitored(t);
  const { prometheus, instances } = monitored;

  await t.test('Prometheus answers queries about them', async (t) => {
    const keys = await eventually(async () => {
      const samples = await prometheus.query('latchkey_keys == 2');
      return samples.length === 2 ? samples : null;
    });
    t.same(keys.map(({ metric }) => metric['instance']).sort(), instances);
    const limited = await eventually(async () => {
      const samples = await prometheus.query('sum(latchkey_decisions_total{outcome="limited"})');
      return samples[0]?.value === 4 ? samples : null;
    });
    t.comment(`sum(latchkey_decisions_total{outcome="limited"}): ${JSON.stringify(limited)}`);
    const rounds = 'latchkey_canary_rounds_total{outcome="completed"} >= 2';
    await eventually(async () => ((await prometheus.query(rounds)).length === 1 ? true : null));
    t.match(await prometheus.query('latchkey_canary_accepted_after_answer_total'), [{ value: 0 }]);
    t.match(await prometheus.query('latchkey_canary_replicas'), [{ value: 2 }]);
  });

  await t.test('has every series that the alerts and the dashboard name', async (t) => {
    const alerts = (await prometheus.rules()).map(({ query }) => query);
    const selectors = new Set([...alerts, ...(await dashboardQueries())].flatMap(selectorsIn));
    t.ok(selectors.size > 40, `${selectors.size} are named`);
    for (const selector of selectors) {
      // No request failed, and that is no fault of the alert.
      const named = selector.replace(/,?status="5xx"/, '');
      t.not((await prometheus.query(named)).length, 0, selector);
    }
  });

  await t.test('Prometheus answers every query of the dashboard', async (t) => {
    for (const query of await dashboardQueries()) {
      const samples = await eventually(async () => {
        const found = await prometheus.query(query);
        return found.length > 0 ? found : null;
      });
      t.ok(samples.length > 0, query);
    }
  });

  await t.test('its alerts are silent while all is well', async (t) => {
    const rules = await eventually(async () => {
      const all = await prometheus.rules();
      return all.every(({ health }) => health !== 'unknown') ? all : null;
    });
    t.ok(rules.length > 15);
    for (const { name, health, state, lastError } of rules) {
      t.same([health, lastError], ['ok', undefined], name);
      // On a busy machine one may come near it.
      t.not(state, 'firing', name);
    }
  });

  await t.test('the alerts fire when the database is gone', (t) => checkOutage(t, monitored));
});

const namesOf = (alerts: Sample[]): (string | undefined)[] => alerts.map(({ metric }) => metric['alertname']);

const gauges = async (prometheus: TestPrometheus, name: string): Promise<number[]> =>
  (await prometheus.query(name)).map(({ value }) => value);
