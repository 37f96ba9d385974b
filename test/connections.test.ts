/** Bounds on what a connection can make the service hold. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { listen } from './fixtures/raw-http.ts';
import { addSecret, deliveryOf, providerNamed } from './fixtures/webhook-providers.ts';
import { collectLog, startService } from './helper.ts';

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

async function open(t: Test, port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  t.teardown(() => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

/** Reads from a connection until so many answers have begun. @returns all that has come */
async function readAnswers(socket: Socket, count: number): Promise<string> {
  let text = '';
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    text += chunk;
    if (text.split('HTTP/1.1 ').length > count) return text;
  }
  return text;
}

/** A service that listens, and a function that reads one of its metrics. */
async function startListening(t: Test, env: NodeJS.Dict<string> = {}) {
  const { lines, logStream } = collectLog();
  const service = await startService(t, { env: { METRICS_PORT: '0', LOG_LEVEL: 'info', ...env }, logStream });
  const port = await listen(service.app);
  const [, metricsPort] = /"address":"127.0.0.1","family":"IPv4","port":(\d+)/.exec(lines.join('')) ?? [];
  const metric = async (name: string) => {
    const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    return Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${name} `))
        ?.split(' ')[1],
    );
  };
  return { ...service, port, lines, metric };
}

const overrun = 'latchkey_connections_refused_total{bound="requests_in_flight"}';
const refused = 'latchkey_connections_refused_total{bound="connections"}';

t.test('a connection that has 17 requests in flight is ended', async (t) => {
  const { port, metric } = await startListening(t);
  const other = await open(t, port);
  const socket = await open(t, port);
  const closed = once(socket, 'close');
  socket.pause();
  const request = get('/openapi.json');
  socket.write(request.repeat(Math.floor(65_536 / request.length)));
  while ((await metric(overrun)) !== 1) await delay(10);
  socket.resume();
  await closed;
  other.write(get('/health/live'));
  t.match(await readAnswers(other, 1), /^HTTP\/1.1 200 /, 'other connections are served');
});

t.test('a connection may have 16 requests in flight, any number of times', async (t) => {
  const { port, metric } = await startListening(t);
  const socket = await open(t, port);
  for (let round = 0; round < 10; round++) {
    socket.write(get('/v1/auth/me').repeat(16));
    t.equal((await readAnswers(socket, 16)).split('HTTP/1.1 401').length - 1, 16);
  }
  t.equal(await metric(overrun), 0);
});

t.test('connections beyond MAX_CONNECTIONS are not accepted', async (t) => {
  const { port, metric, lines } = await startListening(t, { MAX_CONNECTIONS: '2' });
  t.equal(await metric('latchkey_connections_max'), 2);
  const busy = [await open(t, port), await open(t, port)];
  for (const socket of busy) socket.write('GET /health/live HTTP/1.1\r\n');
  while ((await metric('latchkey_connections')) !== 2) await delay(10);
  for (let i = 0; i < 3; i++) {
    const third = await open(t, port);
    third.resume();
    if (!third.closed) await once(third, 'close');
    t.equal(third.bytesRead, 0);
  }
  t.equal(await metric(refused), 3);
  t.equal(lines.filter((line) => line.includes('connections refused, too many are open')).length, 1);
  for (const socket of busy) {
    socket.write('Host: localhost\r\n\r\n');
    t.match(await readAnswers(socket, 1), /^HTTP\/1.1 200 /, 'those that are open are served');
  }
});

t.test('at MAX_CONNECTIONS an idle connection gives way', async (t) => {
  const { port } = await startListening(t, { MAX_CONNECTIONS: '1' });
  const idle = await open(t, port);
  const ended = once(idle, 'close');
  idle.write(get('/health/live'));
  await readAnswers(idle, 1);
  (await open(t, port)).resume();
  idle.resume();
  await ended;
  const next = await open(t, port);
  next.write(get('/health/live'));
  t.match(await readAnswers(next, 1), /^HTTP\/1.1 200 /);
});

/** The head of a webhook with a body of 1 MiB. */
const webhookHead = (path: string): string =>
  `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${1024 ** 2}\r\n\r\n`;

t.test('one address has 4 MiB of webhooks in flight at most, and only to where one may come', async (t) => {
  const listening = await startListening(t);
  const { port, metric, call } = listening;
  const { tenant_id: tenantId, environment_id: id } = (await call({ url: '/v1/auth/me' })).json();
  const github = providerNamed('github');
  await addSecret(listening, github, {});
  const genuine = await deliveryOf(github, { tenantId, id });
  const reserved = () => metric('latchkey_webhook_body_bytes');

  for (const path of [genuine.url.replace(tenantId, 'tenant_none'), genuine.url.replace(id, 'env_none')]) {
    const stranger = await open(t, port);
    stranger.write(webhookHead(path));
    t.match(await readAnswers(stranger, 1), /^HTTP\/1.1 404 /, 'it is refused before its body is read');
  }
  t.equal(await reserved(), 0);

  const senders = await Promise.all(Array.from({ length: 4 }, () => open(t, port)));
  for (const sender of senders) sender.write(webhookHead(genuine.url));
  while ((await reserved()) !== 4 * 1024 ** 2) await delay(10);
  const fifth = await open(t, port);
  fifth.write(webhookHead(genuine.url));
  t.match(await readAnswers(fifth, 1), /^HTTP\/1.1 429 /);
  t.equal(await metric('latchkey_webhook_bodies_refused_total'), 1);
  t.equal((await call({ ...genuine, remoteAddress: '192.0.2.1' })).statusCode, 200, 'others may send');

  for (const sender of senders) sender.destroy();
  while ((await reserved()) !== 0) await delay(10);
  t.equal((await call(genuine)).statusCode, 200, 'there is room again');
  t.equal(await reserved(), 0);
});

t.test('the description is one text, and production serves it only where it is asked for', async (t) => {
  const { call } = await startService(t);
  const description = await call({ url: '/openapi.json', key: null });
  t.equal(description.statusCode, 200);
  t.equal((await call({ url: '/docs/json', key: null })).body, description.body);
  const inProduction = { NODE_ENV: 'production', API_KEYS: '{}' };
  const production = await startService(t, { env: inProduction });
  for (const url of ['/openapi.json', '/docs', '/docs/json', '/docs/yaml', '/docs/static/index.css'])
    t.equal((await production.call({ url, key: null })).statusCode, 404, url);
  const asked = await startService(t, { env: { ...inProduction, API_DOCS: 'on' } });
  t.equal((await asked.call({ url: '/openapi.json', key: null })).statusCode, 200);
});

t.test('a body that costs much to parse is refused before it is parsed', async (t) => {
  const { call } = await startService(t);
  const headers = { 'content-type': 'application/json' };
  const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
  const elements = (count: number) => `{"name": "A", "permissions": [${Array(count).fill('{}').join()}]}`;
  const names = (count: number) => `{${Array.from({ length: count }, (_, i) => `"${i}": 1`).join()}}`;
  const refused: [string, string][] = [
    [nested(17), 'The body is nested deeper than 16 levels'],
    [nested(30_000), 'The body is nested deeper than 16 levels'],
    ['['.repeat(60_000), 'The body is nested deeper than 16 levels'],
    [elements(1_001), 'An array in the body has more than 1000 elements'],
    [names(1_001), 'An object in the body has more than 1000 names'],
    [`{"a\\"": "\\\\", "b": ${nested(16)}}`, 'The body is nested deeper than 16 levels'],
  ];
  for (const [payload, message] of refused) {
    const response = await call({ method: 'POST', url: '/v1/secrets/api/keys', payload, headers });
    t.equal(response.statusCode, 400);
    t.same(response.json(), { success: false, error: { message, internal_error: 'validation_error' } });
  }
  const within = [
    nested(16),
    elements(1_000),
    names(1_000),
    `{"name": "${'[{,'.repeat(500)}"}`,
    '{"name": "["}',
  ];
  for (const payload of within) {
    const { error } = (await call({ method: 'POST', url: '/v1/secrets/api/keys', payload, headers })).json();
    t.notMatch(error?.message, /The body is nested|in the body has/);
  }
  const rows = (count: number) => `[${Array(count).fill('{}').join()}]`;
  const imported = (count: number) =>
    call({ method: 'POST', url: '/v1/secrets/api/keys/import', payload: rows(count), headers });
  t.equal((await imported(10_001)).json().error.message, 'An array in the body has more than 10000 elements');
  t.equal((await imported(1_001)).json().error.message, 'Invalid request');
});
