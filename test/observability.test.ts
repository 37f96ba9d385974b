import t from 'tap';
import { collectLog, createKey, developmentKey, startService, type TestService } from './helper.ts';

const wrongKey = 'f'.repeat(64);

/** What the access log has, as `METHOD status`. */
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
    .filter(({ msg }) => msg === 'requests were refused without a line')
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
