/** Clients that go away while their requests wait: nobody else must notice. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import t from 'tap';
import { listen } from './fixtures/raw-http.ts';
import { createRedis, redisIsMissing } from './fixtures/redis.ts';
import { collectLog, createKey, createPlaintext, startService, type TestService, until } from './helper.ts';

const log = collectLog();
const service = await startService(t, {
  env: { LOG_LEVEL: 'info', ACCESS_LOG: 'all', FAILED_AUTH_LIMIT: '1000' },
  logStream: log.logStream,
});
const { call, pool } = service;
const port = await listen(service.app);
const streamUrl = '/v1/audit/events/stream';

interface Request {
  method?: 'GET' | 'DELETE';
  url: string;
  headers: Record<string, string>;
}

const textOf = ({ method = 'GET', url, headers }: Request): string =>
  `${method} ${url} HTTP/1.1\r\nHost: localhost\r\n` +
  `${Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n`;

/** Sends bytes on a connection of their own. @returns its two ends, once requests have arrived */
async function send(
  { app }: TestService,
  at: number,
  text: string,
): Promise<{ client: Socket; server: Socket }> {
  const connected = once(app.server, 'connection');
  const entered = once(app.server, 'request');
  const client = connect(at, '127.0.0.1');
  client.write(text);
  const [server]: Socket[] = await connected;
  await entered;
  if (server === undefined) throw new Error('There is no connection');
  return { client, server };
}

/** Closes connections, and waits until the service knows. */
async function leave(connections: { client: Socket; server: Socket }[]): Promise<void> {
  const closed = connections.map(({ server }) => new Promise((resolve) => server.once('close', resolve)));
  for (const { client } of connections) client.destroy();
  await Promise.all(closed);
}

/** Keeps the service from renewing its lease. @returns what lets it, once the lease has ended */
async function holdLease(): Promise<() => Promise<void>> {
  const blocker = await pool.connect();
  await blocker.query('BEGIN');
  await blocker.query('LOCK TABLE replicas IN SHARE MODE');
  await until(() => !service.app.replica.canDecide());
  return async () => {
    await blocker.query('COMMIT');
    blocker.release();
    await until(() => service.app.replica.canDecide());
  };
}

t.test(
  'who leaves before the decision is decided on all the same, and where they were is known',
  async (t) => {
    const { api_key: key, secret } = await createKey(service);
    const doomed = await createKey(service);
    const requests: Request[] = [
      { url: '/v1/auth/me', headers: { 'x-api-key': key } },
      { url: '/v1/auth/me', headers: { 'x-api-key': 'f'.repeat(64) } },
      { url: '/v1/customer/portal/info', headers: { 'x-session-token': 'none' } },
      { method: 'DELETE', url: `/v1/secrets/api/keys/${doomed.secret.id}`, headers: { 'x-api-key': key } },
    ];
    const letGo = await holdLease();
    const connections = [];
    for (const request of requests) connections.push(await send(service, port, textOf(request)));
    await leave(connections);
    await letGo();
    const eventsUrl = `/v1/secrets/api/keys/${doomed.secret.id}/events`;
    let last: { kind?: string } = {};
    while (last.kind !== 'key.deleted') last = (await call({ url: eventsUrl })).json().items[0];
    t.match(last, { actor: { key_id: secret.id, address: '127.0.0.1' } });
    const lines = () => log.lines.map((line) => JSON.parse(line)).filter(({ keyId }) => keyId === secret.id);
    await until(() => lines().length === 2);
    t.match(lines(), [
      { method: 'GET', status: 200, address: '127.0.0.1' },
      { method: 'DELETE', status: 204, address: '127.0.0.1' },
    ]);
  },
);

t.test('a client may leave while Redis is asked', { skip: redisIsMissing }, async (t) => {
  const redis = await createRedis(t);
  await redis.start();
  const limited = await startService(t, { env: { REDIS_URL: redis.url, FAILED_AUTH_LIMIT: '1000' } });
  const at = await listen(limited.app);
  const key = await createPlaintext(limited, { rate_limit: { limit: 100, window_seconds: 60 } });
  redis.hang();
  const connections = [];
  for (const presented of [key, 'f'.repeat(64)])
    connections.push(
      await send(limited, at, textOf({ url: '/v1/auth/me', headers: { 'x-api-key': presented } })),
    );
  await leave(connections);
  await until(() => limited.app.authenticator.rateLimiter.mode === 'process');
  redis.resume();
  t.equal((await limited.call({ url: '/v1/auth/me', key })).statusCode, 200);
});

t.test('who leaves before their stream begins takes no place of others', async (t) => {
  const key = await createPlaintext(service, { permissions: ['audit:read'] });
  const text = textOf({ url: streamUrl, headers: { 'x-api-key': key } });
  const letGo = await holdLease();
  const connections = [];
  for (let i = 0; i < 5; i++) connections.push(await send(service, port, text));
  await leave(connections);
  await letGo();
  t.equal((await call({ url: streamUrl, key })).statusCode, 200);
});

t.test(
  'a stream behind another answer is refused, for nobody would know when its client leaves',
  async (t) => {
    const key = await createPlaintext(service, { permissions: ['audit:read'] });
    const text = textOf({ url: streamUrl, headers: { 'x-api-key': key } });
    const connection = await send(service, port, text.repeat(5));
    connection.client.resume();
    await leave([connection]);
    const answers = await Promise.all(Array.from({ length: 5 }, () => call({ url: streamUrl, key })));
    t.strictSame(
      answers.map(({ statusCode }) => statusCode),
      [200, 200, 200, 200, 200],
    );
  },
);
