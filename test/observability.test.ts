import t from 'tap';
import { findFreePort } from '../embedded-postgres/start-server.ts';
import { collectLog, createKey, developmentKey, startService, type TestService } from './helper.ts';

const wrongKey = 'f'.repeat(64);

/** The lines of the access log, as `METHOD status`. */
const requestsIn = (lines: readonly string[]): string[] =>
  lines
    .map((line) => JSON.parse(line))
    .filter(({ msg }) => msg === 'request')
    .map(({ method, status }) => `${method} ${status}`);

async function visit(service: TestService): Promise<void> {
  await service.call({ url: '/v1/auth/me' });
  await service.call({ url: '/v1/auth/me', key: wrongKey });
  await service.call({ url: '/v1/secrets/api/keys/nothing' });
  await createKey(service);
}

t.test('the access log has', async (t) => {
  const expected = {
    all: ['GET 200', 'GET 401', 'GET 404', 'POST 201'],
    failures: ['GET 401', 'GET 404', 'POST 201'],
    off: [],
  };
  for (const [setting, requests] of Object.entries(expected)) {
    await t.test(`with ACCESS_LOG=${setting}`, async (t) => {
      const { logStream, lines } = collectLog();
      const service = await startService(t, { env: { ACCESS_LOG: setting, LOG_LEVEL: 'info' }, logStream });
      await visit(service);
      // A line is written once its answer is: that of the last request by the end of the next.
      await service.app.close();
      t.same(requestsIn(lines), requests);
    });
  }
});

t.test('a flood of refused requests gets some lines, and the number of the others', async (t) => {
  const { logStream, lines } = collectLog();
  const service = await startService(t, { env: { ACCESS_LOG: 'failures', LOG_LEVEL: 'info' }, logStream });
  const flood = 1_000;
  for (let n = 0; n < flood; n++) await service.call({ url: '/v1/auth/me', key: wrongKey });
  await createKey(service);
  await service.app.close();
  const refused = requestsIn(lines).filter((line) => line === 'GET 401').length;
  const omitted = lines
    .map((line) => JSON.parse(line))
    .filter(({ msg }) => msg === 'refused requests were not logged')
    .reduce((sum, { count }) => sum + count, 0);
  t.ok(refused >= 100 && omitted > 0, `${refused} lines for ${flood} requests`);
  t.equal(refused + omitted, flood, 'none is forgotten');
  t.ok(requestsIn(lines).includes('POST 201'), 'and a change has its line all the same');
});

t.test('whoever asks and may know is told how long a decision took', async (t) => {
  const service = await startService(t);
  const timingFor = async (key: string, asks: boolean) => {
    const headers = asks ? { 'latchkey-debug': '1' } : {};
    return (await service.call({ url: '/v1/auth/me', key, headers })).headers['server-timing'];
  };
  const { api_key: knowing } = await createKey(service, { permissions: ['latchkey:debug'] });
  const { api_key: other } = await createKey(service, { permissions: ['customers:read'] });
  for (const key of [knowing, developmentKey]) {
    t.match(await timingFor(key, true), /^auth;dur=\d+\.\d{4}$/);
    t.equal(await timingFor(key, false), undefined);
  }
  t.equal(await timingFor(other, true), undefined);
  t.equal(await timingFor(wrongKey, true), undefined);
});

t.test('decisions are counted by outcome, and their time is measured', async (t) => {
  const service = await startService(t, { env: { METRICS_PORT: '0' } });
  const { api_key: limited } = await createKey(service, {
    permissions: ['customers:read'],
    rate_limit: { limit: 2, window_seconds: 3600 },
  });
  const { api_key: inactive, secret } = await createKey(service);
  await service.call({
    method: 'PATCH',
    url: `/v1/secrets/api/keys/${secret.id}`,
    payload: { status: 'inactive' },
  });
  const before = await decisionsOf(service);
  await service.call({ url: '/health' });
  await service.call({ url: '/v1/auth/me', key: null });
  await service.call({ url: '/v1/auth/me', key: wrongKey });
  await service.call({ url: '/v1/auth/me', key: inactive });
  await service.call({ url: '/v1/customers', headers: { 'x-environment-id': 'nowhere' } });
  await service.call({ url: '/v1/auth/me', key: limited });
  await service.call({ url: '/v1/secrets/api/keys', key: limited });
  await service.call({ url: '/v1/auth/me', key: limited });
  const after = await decisionsOf(service);
  const counted = Object.fromEntries([...after].map(([name, n]) => [name, n - (before.get(name) ?? 0)]));
  t.ok((after.get('timed') ?? 0) > 0, 'the time of some is measured');
  t.same(counted, {
    accepted: 1,
    missing: 1,
    unknown: 1,
    expired: 0,
    inactive: 1,
    environment: 1,
    permission: 1,
    limited: 1,
    undecidable: 0,
    timed: 0,
  });
});

async function decisionsOf({ app }: TestService): Promise<Map<string, number>> {
  const text = await app.metrics.metrics();
  const byOutcome = text.matchAll(/^latchkey_decisions_total\{outcome="(\w+)"\} (\d+)$/gm);
  const timed = /^latchkey_decision_duration_seconds_count (\d+)$/m.exec(text)?.[1];
  return new Map([
    ...[...byOutcome].map(([, outcome = '', count]): [string, number] => [outcome, Number(count)]),
    ['timed', Number(timed)],
  ]);
}

/** The values of the metrics with a name, by their labels. */
async function valuesOf({ app }: TestService, name: string): Promise<Record<string, number>> {
  const lines = (await app.metrics.metrics()).matchAll(new RegExp(`^${name}(?:\\{(.*)\\})? (\\S+)$`, 'gm'));
  return Object.fromEntries([...lines].map(([, labels = '', value]) => [labels, Number(value)]));
}

t.test('refusals of limits are counted, and questions that Redis does not answer', async (t) => {
  const service = await startService(t, {
    env: {
      METRICS_PORT: '0',
      FAILED_AUTH_LIMIT: '3',
      REDIS_URL: `redis://127.0.0.1:${await findFreePort()}`,
    },
  });
  const refusals = () => valuesOf(service, 'latchkey_rate_limit_refusals_total');
  t.same(await refusals(), { 'limit="key"': 0, 'limit="refused"': 0 }, 'before any');
  const { api_key: key } = await createKey(service, { rate_limit: { limit: 2, window_seconds: 3600 } });
  for (let i = 0; i < 5; i++) await service.call({ url: '/v1/auth/me', key });
  for (let i = 0; i < 7; i++)
    await service.call({ url: '/v1/auth/me', key: wrongKey, remoteAddress: '192.0.2.1' });
  t.same(await refusals(), { 'limit="key"': 3, 'limit="refused"': 4 });
  t.same(await valuesOf(service, 'latchkey_rate_limits_shared'), { '': 0 });
  t.ok(((await valuesOf(service, 'latchkey_redis_failures_total'))[''] ?? 0) > 0);
});

t.test('requests are counted by the pattern of their route and the class of their status', async (t) => {
  const service = await startService(t, { env: { METRICS_PORT: '0' } });
  await visit(service);
  await service.call({ method: 'HEAD', url: '/v1/customers' });
  await service.call({ method: 'DELETE', url: '/v1/customers' });
  await service.call({ url: '/nowhere' });
  const name = 'latchkey_http_request_duration_seconds';
  t.same(await valuesOf(service, `${name}_count`), {
    'method="GET",route="/v1/auth/me",status="2xx"': 1,
    'method="GET",route="/v1/auth/me",status="4xx"': 1,
    'method="GET",route="/v1/secrets/api/keys/:id",status="4xx"': 1,
    'method="POST",route="/v1/secrets/api/keys",status="2xx"': 1,
    'method="HEAD",route="/v1/customers",status="2xx"': 1,
    'method="any",route="unknown",status="4xx"': 2,
  });
  const buckets = Object.entries(await valuesOf(service, `${name}_bucket`)).filter(([labels]) =>
    labels.includes('route="unknown"'),
  );
  t.equal(buckets.length, 12);
  t.match(buckets.at(-1), [/le="\+Inf"/, 2], 'the last has all of them');
  const counts = buckets.map(([, count]) => count);
  t.same(counts, counts.toSorted(), 'and each has those of the one before');
});

t.test('no label grows with keys, tenants or what clients ask for', async (t) => {
  const service = await startService(t, { env: { METRICS_PORT: '0' } });
  const seriesAfter = async (round: number) => {
    const { api_key: key, secret } = await createKey(service);
    await service.call({ url: `/v1/secrets/api/keys/${secret.id}`, key });
    await service.call({ url: `/v1/customers/nobody-${round}` });
    await service.call({ url: `/nowhere-${round}?a=${round}` });
    await service.call({ method: round % 2 ? 'PUT' : 'PATCH', url: `/nowhere-${round}` });
    await service.call({ method: 'POST', url: '/v1/tenants', payload: { name: `Tenant ${round}` } });
    await service.call({ url: '/v1/auth/me', key: wrongKey, remoteAddress: `192.0.2.${round}` });
    const lines = (await service.app.metrics.metrics()).split('\n').filter((line) => /^latchkey_/.test(line));
    return lines.map((line) => line.slice(0, line.lastIndexOf(' '))).sort();
  };
  const series = await seriesAfter(0);
  for (let round = 1; round < 10; round++) await seriesAfter(round);
  t.same(await seriesAfter(10), series);
});

t.test('metrics are served where METRICS_HOST says', async (t) => {
  const port = await findFreePort();
  await startService(t, { env: { METRICS_HOST: '127.0.0.2', METRICS_PORT: String(port) } });
  t.equal((await fetch(`http://127.0.0.2:${port}/metrics`)).status, 200);
  await t.rejects(fetch(`http://127.0.0.1:${port}/metrics`), 'and nowhere else');
});
