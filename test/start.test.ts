import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import path from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';
import t, { type Test } from 'tap';
import { build } from '../app.ts';
import { findFreePort } from '../embedded-postgres/start-server.ts';
import { digestOf, hashOf } from '../lib/auth/api-key.ts';
import { developmentKeyDigest } from '../lib/auth/configured-keys.ts';
import { type Config, ConfigError, parseConfig, readConfig } from '../lib/config/config.ts';
import { migrate } from '../lib/database/migrations.ts';
import { DatabaseUnreachableError } from '../lib/database/retry.ts';
import { repository, type ServiceProcess, startProcess } from './fixtures/service-process.ts';
import {
  createEmptyDatabase,
  createKey,
  createMigratedDatabase,
  developmentKey,
  startService,
} from './helper.ts';

// Each process takes seconds to start, and one compiles the sources first.
t.setTimeout(120_000);

const run = promisify(execFile);
const operatorKey = 'e'.repeat(64);
const apiKeys = (entry: object, hash = hashOf(operatorKey)): string =>
  JSON.stringify({
    [hash]: { tenant_id: 'acme', user_id: 'ada', name: 'Operator', is_active: true, ...entry },
  });

/** Returns the mistakes in the settings, line by line. */
function mistakesIn(environment: NodeJS.Dict<string>): string[] {
  try {
    parseConfig(environment);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const [title, ...lines] = error.message.split('\n');
    if (title !== 'The configuration is wrong:') throw error;
    return lines.map((line) => line.replace('  - ', ''));
  }
  return [];
}

t.test('the configuration needs nothing', async (t) => {
  const defaults: Config = {
    nodeEnv: 'production',
    host: 'localhost',
    port: 8080,
    metricsHost: '127.0.0.1',
    metricsPort: null,
    tracing: null,
    databaseUrl: null,
    embeddedPostgres: false,
    dataDir: './data',
    redisUrl: null,
    configuredKeys: new Map(),
    masterKeys: [],
    sessionKeys: [],
    session: { lifetimeSeconds: 3_600, portalUrl: 'http://localhost:3000' },
    identityKeys: [],
    trustedProxies: [],
    failedAuthLimit: 300,
    requestRates: { changesPerSecond: 50, listingsPerSecond: 20 },
    staleIfErrorSeconds: 0,
    workers: 1,
    maxConnections: 10_000,
    apiDocs: false,
    accessLog: 'failures',
    logLevel: 'info',
  };
  t.same(parseConfig({}), defaults);
  t.same(parseConfig({ PATH: '/bin', HOME: '/' }), defaults, 'and what is not its own does not matter');
});

t.test('the configuration tells all mistakes at once', async (t) => {
  const settings = {
    NODE_ENV: 'prod',
    PORT: '-1',
    METRICS_PORT: '65536',
    DATABASE_URL: 'mysql://localhost/latchkey',
    REDIS_URL: 'localhost:6379',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'localhost:4318',
    OTEL_TRACES_SAMPLER_ARG: '1.1',
    TRUSTED_PROXIES: 'the load balancer',
    FAILED_AUTH_LIMIT: 'none',
    ACCESS_LOG: 'some',
    LOG_LEVEL: 'loud',
    SESSION_KEYS: 'key',
    IDENTITY_KEYS: 'key',
    SESSION_SECONDS: '86401',
    PORTAL_URL: 'https://portal.example.com/#a',
    API_KEYS: '[]',
  };
  t.same(mistakesIn(settings), [
    'NODE_ENV must be one of production, development, test',
    'PORT must be a port from 0 to 65535',
    'METRICS_PORT must be a port from 0 to 65535',
    'DATABASE_URL must be a URL that begins with postgres://',
    'OTEL_EXPORTER_OTLP_ENDPOINT must be a URL that begins with http:// or https:// and has no #',
    'OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1',
    'REDIS_URL must be a URL that begins with redis:// or rediss://',
    'SESSION_SECONDS must be a number of seconds from 1 to 86400',
    'PORTAL_URL must be a URL that begins with http:// or https:// and has no #',
    'TRUSTED_PROXIES must be IP addresses or networks such as 10.0.0.0/8, with commas between them',
    'FAILED_AUTH_LIMIT must be a number of refused requests in a minute, 0 for any',
    'ACCESS_LOG must be one of all, failures, off',
    'LOG_LEVEL must be one of fatal, error, warn, info, debug, trace, silent',
    'API_KEYS must be a JSON object: {"<sha256 of the key>": {"tenant_id": …}}',
    'SESSION_KEYS, entry 1: must be <id>:<32 bytes in base64>',
    'IDENTITY_KEYS, entry 1: must be <id>:<32 bytes in base64>',
  ]);
});

t.test('the configuration repeats no value', async (t) => {
  const secret = 'c'.repeat(64);
  const settings = {
    NODE_ENV: secret,
    PORT: secret,
    DATABASE_URL: `postgres://ada:${secret}@localhost:port/latchkey`,
    REDIS_URL: `redis://:${secret}@localhost:port`,
    TRUSTED_PROXIES: secret,
    LOG_LEVEL: secret,
    MASTER_KEYS: secret,
    SESSION_KEYS: secret,
    IDENTITY_KEYS: secret,
    SESSION_SECONDS: secret,
    PORTAL_URL: secret,
  };
  for (const API_KEYS of [
    secret,
    `{"${secret}":${secret}}`,
    apiKeys({ [secret]: secret, tenant_id: `${secret}!` }),
  ]) {
    const mistakes = mistakesIn({ ...settings, API_KEYS });
    t.ok(mistakes.length >= 11);
    t.notOk(mistakes.join().includes(secret));
  }
});

t.test('the configuration takes addresses and networks of proxies', async (t) => {
  const list = '10.0.0.1, 192.168.0.0/16,2001:db8::/32 ,::1';
  t.same(parseConfig({ TRUSTED_PROXIES: list }).trustedProxies, [
    '10.0.0.1',
    '192.168.0.0/16',
    '2001:db8::/32',
    '::1',
  ]);
  for (const entry of ['999.1.1.1', '10.0.0.0/33', '::1/129', '10.0.0.0/0', '10.0.0.0/8/8', '10.0.0.0/']) {
    t.equal(mistakesIn({ TRUSTED_PROXIES: `10.0.0.1, ${entry}` }).length, 1, entry);
  }
});

t.test('the configuration takes keys that seal and keys that sign in their order', async (t) => {
  const [first, second] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
  const one = `one:${first.toString('base64')}`;
  for (const [name, field, text] of [
    ['MASTER_KEYS', 'masterKeys', 'latchkey development master key!'],
    ['SESSION_KEYS', 'sessionKeys', 'latchkey development session key'],
  ] as const) {
    const known = Buffer.from(text).toString('base64');
    t.same(parseConfig({ [name]: `${one}, 2026-11:${second.toString('base64')}` })[field], [
      { id: 'one', key: first },
      { id: '2026-11', key: second },
    ]);
    t.match(parseConfig({ NODE_ENV: 'development' })[field], [{ id: 'development' }]);
    t.match(parseConfig({ NODE_ENV: 'development', [name]: one })[field], [{ id: 'one' }]);
    const wrong = (entry: number) => `${name}, entry ${entry}: must be <id>:<32 bytes in base64>`;
    const cases: [string, string[]][] = [
      ['secret', [wrong(1)]],
      [`${one},two:${Buffer.alloc(31).toString('base64')}`, [wrong(2)]],
      [`${one},two:${Buffer.alloc(33).toString('base64')}`, [wrong(2)]],
      [`o ne:${first.toString('base64')}`, [wrong(1)]],
      [`${one},${one}`, [`${name} has an id twice`]],
    ];
    for (const [setting, mistakes] of cases) t.same(mistakesIn({ [name]: setting }), mistakes);
    for (const setting of [`other:${known}`, `development:${first.toString('base64')}`]) {
      t.match(mistakesIn({ [name]: setting }), [
        new RegExp(`^${name} has the development key, which everybody knows`),
      ]);
      t.same(mistakesIn({ NODE_ENV: 'development', [name]: setting }), []);
    }
  }
});

t.test('the configuration takes keys that sign identities, and where there are proxies alone', async (t) => {
  const [first, second] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
  const one = `one:${first.toString('base64')}`;
  const TRUSTED_PROXIES = '10.0.0.1';
  const IDENTITY_KEYS = `${one},two:${second.toString('base64')}`;
  t.same(parseConfig({ TRUSTED_PROXIES, IDENTITY_KEYS }).identityKeys, [
    { id: 'one', key: first },
    { id: 'two', key: second },
  ]);
  t.same(parseConfig({ NODE_ENV: 'development' }).identityKeys, [], 'none by itself in development');
  t.same(mistakesIn({ IDENTITY_KEYS }), [
    'IDENTITY_KEYS requires TRUSTED_PROXIES: Latchkey signs only what a trusted proxy reports about the request',
  ]);
  const known = Buffer.from('latchkey development session key').toString('base64');
  for (const [setting, mistake] of [
    [`${one},${one}`, 'IDENTITY_KEYS has an id twice'],
    [`${one},two`, 'IDENTITY_KEYS, entry 2: must be <id>:<32 bytes in base64>'],
    [`one:${known}`, /^IDENTITY_KEYS has the development key, which everybody knows/],
  ] as const)
    t.match(mistakesIn({ TRUSTED_PROXIES, IDENTITY_KEYS: setting }), [mistake]);
});

t.test('the configuration takes keys by their hash', async (t) => {
  const { configuredKeys } = parseConfig({ API_KEYS: apiKeys({ environment_id: 'production' }) });
  t.match(configuredKeys.get(digestOf(operatorKey)), {
    id: /^key_configured_[0-9a-f]{16}$/,
    tenantId: 'acme',
    userId: 'ada',
    name: 'Operator',
    isActive: true,
    environment: 'production',
  });
  t.equal(configuredKeys.size, 1);
  const where = 'API_KEYS, entry 1';
  const cases: [string, string[]][] = [
    [apiKeys({}, 'abc'), [`${where}: its name must be the SHA-256 of the key, 64 lower-case hex characters`]],
    [apiKeys({ is_active: 'yes' }), [`${where}/is_active: Expected boolean`]],
    [apiKeys({ tenant_id: undefined }), [`${where}/tenant_id: Expected required property`]],
    [apiKeys({ role: 'admin' }), [`${where}/role: Unexpected property`]],
    [`{"${hashOf(operatorKey)}": null}`, [`${where}: Expected object`]],
    [
      `{"${hashOf(operatorKey)}": {}}`,
      [
        `${where}/tenant_id: Expected required property`,
        `${where}/user_id: Expected required property`,
        `${where}/name: Expected required property`,
        `${where}/is_active: Expected required property`,
      ],
    ],
  ];
  for (const [API_KEYS, mistakes] of cases) t.same(mistakesIn({ API_KEYS }), mistakes);
});

t.test('the configuration has the development key outside of production only', async (t) => {
  const hash = hashOf(developmentKey);
  t.equal(parseConfig({}).configuredKeys.size, 0);
  const inDevelopment = (setting: { API_KEYS?: string }) =>
    parseConfig({ NODE_ENV: 'development', ...setting }).configuredKeys.get(developmentKeyDigest);
  t.equal(inDevelopment({})?.environment, 'development');
  const API_KEYS = apiKeys({}, hash);
  t.equal(inDevelopment({ API_KEYS })?.tenantId, 'acme');
  for (const NODE_ENV of ['production', undefined]) {
    t.same(mistakesIn({ NODE_ENV, API_KEYS }), [
      'API_KEYS has the development key of the README, which everybody knows: make one of your own with ' +
        '`openssl rand -hex 32` and put its SHA-256 there instead, or set NODE_ENV=development',
    ]);
  }
});

t.test(
  'the configuration comes from the environment, then from .env, and an empty value is none',
  async (t) => {
    const folder = t.testdir({ '.env': 'HOST=from-file\nPORT=1\nLOG_LEVEL=\nDATA_DIR=\n# a comment\n' });
    const workingFolder = process.cwd();
    t.teardown(() => process.chdir(workingFolder));
    process.chdir(folder);
    t.intercept(process, 'env', { value: { PORT: '2', HOST: '', DATABASE_URL: '', METRICS_PORT: '' } });
    t.match(readConfig(), {
      host: 'from-file',
      port: 2,
      logLevel: 'info',
      dataDir: './data',
      databaseUrl: null,
      metricsPort: null,
    });
  },
);

const buildOn = (databaseUrl: string) =>
  build({ ...parseConfig({ NODE_ENV: 'test', LOG_LEVEL: 'silent' }), databaseUrl });

async function queryOn<Row extends object>(databaseUrl: string, text: string): Promise<Row[]> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

t.test('the schema', async (t) => {
  await t.test('is made once when twenty processes start on an empty database', async (t) => {
    const databaseUrl = await createEmptyDatabase(t);
    const apps = await Promise.all(Array.from({ length: 20 }, () => buildOn(databaseUrl)));
    t.teardown(() => Promise.all(apps.map((app) => app.close())));
    for (const app of apps) {
      const response = await app.inject({ url: '/v1/customers', headers: { 'x-api-key': developmentKey } });
      t.equal(response.statusCode, 200);
    }
    const migrations = (await readdir(path.join(repository, 'migrations'))).sort();
    t.same(
      await queryOn(databaseUrl, 'SELECT name FROM schema_migrations ORDER BY name'),
      migrations.map((name) => ({ name })),
    );
    t.same(
      await queryOn(databaseUrl, 'SELECT kind, seq FROM key_events ORDER BY seq'),
      [
        { kind: 'feed.created', seq: '0' },
        { kind: 'tenant.created', seq: '1' },
        { kind: 'environment.created', seq: '2' },
        { kind: 'environment.created', seq: '3' },
        { kind: 'user.created', seq: '4' },
      ],
      'and so are the tenant and the user of the development key',
    );
  });

  await t.test('is refused when a migration was changed after it had been applied', async (t) => {
    const databaseUrl = await createMigratedDatabase(t);
    await queryOn(databaseUrl, "UPDATE schema_migrations SET checksum = 'other' WHERE name LIKE '001-%'");
    await t.rejects(buildOn(databaseUrl), {
      message: /^Migration 001-\S+\.sql was changed after it had been applied to this database$/,
    });
  });

  await t.test('may be newer, so that the service can be rolled back', async (t) => {
    const databaseUrl = await createMigratedDatabase(t);
    await queryOn(databaseUrl, "INSERT INTO schema_migrations VALUES ('999-future.sql', 'unknown')");
    const app = await buildOn(databaseUrl);
    t.teardown(() => app.close());
    await app.ready();
    t.ok(await app.replica.waitUntilCanDecide());
    t.equal((await app.inject('/health/ready')).statusCode, 200);
  });

  await t.test('is not left half made when a migration fails', async (t) => {
    const databaseUrl = await createEmptyDatabase(t);
    await queryOn(databaseUrl, 'CREATE TABLE key_events (of_another boolean)');
    await t.rejects(migrate(databaseUrl), { code: '42P07' });
    t.same(await queryOn(databaseUrl, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"), [
      { tablename: 'key_events' },
    ]);
  });
});

const portOf = (server: ReturnType<typeof createServer>): number => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port');
  return address.port;
};

t.test('a database that does not answer', async (t) => {
  await t.test('is waited for', async (t) => {
    const database = new URL(await createEmptyDatabase(t));
    const sockets = new Set<Socket>();
    let refused = 0;
    const proxy = createServer((socket) => {
      sockets.add(socket.on('error', () => {}));
      if (refused < 2) {
        refused += 1;
        return void socket.destroy();
      }
      const upstream = connect(Number(database.port), database.hostname).on('error', () => {});
      sockets.add(upstream);
      socket.pipe(upstream).pipe(socket);
    }).listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    t.teardown(() => {
      for (const socket of sockets) socket.destroy();
      proxy.close();
    });
    const url = new URL(database);
    url.port = String(portOf(proxy));
    t.ok((await migrate(url.href)).length > 0);
    t.equal(refused, 2);
  });

  await t.test('ends the start with a sentence once patience is over', async (t) => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const port = portOf(server);
    server.close();
    await once(server, 'close');
    const error = await migrate(`postgres://ada:secret@127.0.0.1:${port}/db`, { timeoutMs: 0 }).catch(
      (error: unknown) => error,
    );
    t.ok(error instanceof DatabaseUnreachableError);
    t.match(error, {
      message: `The database can't be reached (connect ECONNREFUSED 127.0.0.1:${port}): check DATABASE_URL`,
    });
  });

  await t.test('a database that lets nobody in ends the start at once', async (t) => {
    const url = new URL(await createEmptyDatabase(t));
    url.pathname = '/missing';
    await t.rejects(migrate(url.href), {
      name: 'DatabaseUnreachableError',
      message: `The database can't be reached (database "missing" does not exist): check DATABASE_URL`,
    });
  });
});

const readyPattern = /Latchkey is ready +(http:\/\/localhost:(\d+))\n/;

/** The process in development, once it has said that it is ready. */
async function startReady(
  t: Test,
  options: Parameters<typeof startProcess>[1],
): Promise<ServiceProcess & { url: string; port: number }> {
  const service = startProcess(t, {
    ...options,
    env: { NODE_ENV: 'development', PORT: '0', LOG_LEVEL: 'silent', ...options.env },
  });
  const [, url = '', port] = await service.printed(readyPattern);
  return { ...service, url, port: Number(port) };
}

const statusOf = async (url: string, key: string): Promise<number> =>
  (await fetch(`${url}/v1/customers`, { headers: { 'x-api-key': key } })).status;

/** A creation of a customer whose head the server has, and whose body it waits for. */
async function beginRequest(
  url: string,
): Promise<{ finish(): Promise<number | undefined>; cut: Promise<unknown> }> {
  const body = '{"external_id": "in flight"}';
  const call = request(`${url}/v1/customers`, {
    method: 'POST',
    headers: {
      'x-api-key': developmentKey,
      'content-type': 'application/json',
      'content-length': body.length,
      expect: '100-continue',
    },
  });
  call.flushHeaders();
  const cut = new Promise((resolve) => call.on('error', () => {}).once('close', resolve));
  const response = once(call, 'response');
  response.catch(() => {});
  await once(call, 'continue');
  return {
    cut,
    async finish() {
      call.end(body);
      const [{ statusCode }] = await response;
      return statusCode;
    },
  };
}

/** Resolves when so many loads wait for a table that is locked. */
async function untilLoadsWait(databaseUrl: string, count: number): Promise<void> {
  const waiting = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  while ((await queryOn(databaseUrl, waiting)).length !== count) await delay(10);
}

/** Resolves when nobody listens there any more. */
async function untilClosed(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, 'localhost');
    const refused = await Promise.race([
      once(socket, 'connect').then(() => false),
      once(socket, 'close'),
    ]).catch(() => true);
    socket.destroy();
    if (refused) return;
    await delay(10);
  }
}

/** As on most machines, which have it in /etc/hosts. */
const localhostIsTwoAddresses = `--import=data:text/javascript,${encodeURIComponent(`
  import dns from 'node:dns';
  const { lookup } = dns;
  const both = [{ address: '127.0.0.1', family: 4 }, { address: '::1', family: 6 }];
  dns.lookup = (name, options, done) =>
    name === 'localhost' && options.all ? done(null, both) : lookup(name, options, done);
`)}`;

async function checkMetrics(t: Test, service: ServiceProcess): Promise<void> {
  const [, address, metricsPort] = await service.printed(/"address":"([^"]+)","family":"IPv4","port":(\d+)/);
  t.equal(address, '127.0.0.1');
  const response = await fetch(`http://127.0.0.1:${metricsPort}/metrics`);
  t.match(response.headers.get('content-type'), /^text\/plain; version=0\.0\.4/);
  const text = await response.text();
  t.match(
    text,
    /^latchkey_http_request_duration_seconds_count\{method="GET",route="\/v1\/customers",status="2xx"\} 1$/m,
  );
  t.match(text, /^latchkey_database_connections\{pool="requests",state="idle"\} \d+$/m);
  const outside = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ internal, family }) => !internal && family === 'IPv4');
  if (outside === undefined) return void t.comment('this machine has no address but loopback to try');
  await t.rejects(fetch(`http://${outside.address}:${metricsPort}/metrics`));
}

async function checkListening(t: Test, cwd: string, databaseUrl: string): Promise<void> {
  const lock = new Client({ connectionString: databaseUrl });
  await lock.connect();
  t.teardown(() => lock.end());
  await lock.query('BEGIN');
  await lock.query('LOCK TABLE api_keys');
  const options = { cwd, env: { NODE_ENV: 'development', LOG_LEVEL: 'info', PORT: '0', METRICS_PORT: '' } };
  const loading = startProcess(t, options);
  const stopped = startProcess(t, options);
  await untilLoadsWait(databaseUrl, 2);

  const [, listening = ''] = await loading.printed(/Server listening at (http:[^"]+)/);
  const ready = await fetch(`${listening}/health/ready`);
  t.equal(ready.status, 503);
  t.match(await ready.json(), { checks: { keys: 'loading' }, replica: { keys: 0, lease_valid: false } });
  t.equal((await fetch(`${listening}/health/live`)).status, 200);
  t.equal(await statusOf(listening, developmentKey), 503);

  stopped.signal('SIGTERM');
  await stopped.printed(/"msg":"stopping"/);
  await lock.query('COMMIT');
  t.equal(await stopped.ended, 0, 'one that is stopped before ends in order');
  while ((await fetch(`${listening}/health/ready`)).status !== 200) await delay(10);
  t.equal(await statusOf(listening, developmentKey), 200);
}

async function checkPortInUse(t: Test, cwd: string, port: number): Promise<void> {
  const second = startProcess(t, { cwd, env: { NODE_ENV: 'development', PORT: String(port) } });
  t.equal(await second.ended, 1);
  t.equal(
    second.stderr(),
    `Port ${port} is in use by another process: set PORT (or METRICS_PORT, if it is that) to another\n`,
  );
}

async function checkWrongConfiguration(t: Test, cwd: string): Promise<void> {
  const wrong = startProcess(t, {
    cwd,
    env: { PORT: 'eighty', API_KEYS: apiKeys({}, hashOf(developmentKey)) },
  });
  t.equal(await wrong.ended, 1);
  t.match(
    wrong.stderr(),
    /^The configuration is wrong:\n {2}- PORT must be .*\n {2}- API_KEYS has the dev.*\n$/,
  );
  t.equal(wrong.stdout(), '');
}

t.test('the process', async (t) => {
  const databaseUrl = await createMigratedDatabase(t);
  const cwd = t.testdir({ '.env': `DATABASE_URL=${databaseUrl}\nMETRICS_PORT=0\nLOG_LEVEL=silent\n` });
  const service = await startReady(t, {
    cwd,
    env: { LOG_LEVEL: 'info', HOST: 'localhost', NODE_OPTIONS: localhostIsTwoAddresses },
  });
  const { url, port } = service;

  await t.test('welcomes with a command that works', async (t) => {
    const [, command = ''] = await service.printed(/^ {4}(curl .*)\n/m);
    const { stdout } = await run('/bin/sh', ['-c', `${command} --silent`]);
    t.same(JSON.parse(stdout), { items: [], pagination: { total: 0, limit: 50, offset: 0 } });
    t.match(service.stdout(), `API documentation      ${url}/docs\n`);
    t.equal((await fetch(`${url}/docs/`)).status, 200);
  });

  await t.test('serves metrics on loopback if not said otherwise', (t) => checkMetrics(t, service));

  await t.test('listens at one address, for which all is set up, also where localhost is two', async (t) => {
    t.equal((await fetch(`http://127.0.0.1:${port}/health/live`)).status, 200);
    await t.rejects(fetch(`http://[::1]:${port}/health/live`), { cause: { code: 'ECONNREFUSED' } });
  });

  await t.test('ends with a sentence when its port is in use', (t) => checkPortInUse(t, cwd, port));

  await t.test('ends with a sentence when the configuration is wrong', (t) =>
    checkWrongConfiguration(t, cwd),
  );

  await t.test('listens as soon as it can decide, or tells after two seconds how far it is', (t) =>
    checkListening(t, cwd, databaseUrl),
  );

  await t.test('finishes on SIGTERM what it has begun, and then ends', async (t) => {
    const inFlight = await beginRequest(url);
    service.signal('SIGTERM');
    await untilClosed(port);
    t.equal(await inFlight.finish(), 201);
    t.equal(await service.ended, 0);
    t.same(await queryOn(databaseUrl, 'SELECT external_id FROM customers'), [{ external_id: 'in flight' }]);
    t.equal(service.stderr(), '');
    t.notOk(
      service
        .stdout()
        .replace(/Development key.*|curl .*/g, '')
        .includes(developmentKey),
    );
  });

  await t.test('a second signal ends it at once', async (t) => {
    const impatient = await startReady(t, { cwd, env: { LOG_LEVEL: 'error' } });
    const inFlight = await beginRequest(impatient.url);
    impatient.signal('SIGTERM');
    await untilClosed(impatient.port);
    impatient.signal('SIGTERM');
    t.equal(await impatient.ended, 1);
    t.match(impatient.stdout(), 'second SIGTERM, exiting', 'and not because its time was over');
    await inFlight.cut;
  });
});

t.test('a start in production', async (t) => {
  const production = { NODE_ENV: 'production', LOG_LEVEL: 'warn', PORT: '0' };

  await t.test('needs DATABASE_URL, or that an embedded PostgreSQL is asked for', async (t) => {
    const cwd = t.testdir();
    const service = startProcess(t, { cwd, env: production });
    t.equal(await service.ended, 1);
    t.equal(
      service.stderr(),
      'The configuration is wrong:\n  - DATABASE_URL is missing: set it, or set EMBEDDED_POSTGRES=on to run a PostgreSQL ' +
        'of its own in DATA_DIR\n',
    );
    t.same(await readdir(cwd), [], 'no database was made');
    const asked = startProcess(t, { cwd, env: { ...production, EMBEDDED_POSTGRES: 'on' } });
    await asked.printed(/API_KEYS is empty and no key is stored: nobody can call the service/);
  });

  await t.test('says nothing of API_KEYS where keys are stored', async (t) => {
    const stored = await startService(t);
    await createKey(stored);
    const { databaseUrl } = stored;
    const env = { ...production, LOG_LEVEL: 'info', DATABASE_URL: databaseUrl };
    const service = startProcess(t, { cwd: t.testdir(), env });
    await service.printed(/Server listening/);
    t.notMatch(service.stdout(), 'API_KEYS is empty');
  });
});

t.test('a start in development warns where other machines reach it', async (t) => {
  const databaseUrl = await createMigratedDatabase(t);
  const cwd = t.testdir();
  const env = { LOG_LEVEL: 'warn', DATABASE_URL: databaseUrl, NODE_ENV: 'development', PORT: '0' };
  const open = startProcess(t, { cwd, env: { ...env, HOST: '0.0.0.0' } });
  await open.printed(
    /HOST is 0.0.0.0: the development key, which everybody knows, is accepted from other machines/,
  );
  const closed = startProcess(t, { cwd, env: { ...env, HOST: '127.0.0.1' } });
  await closed.printed(/Latchkey is ready/);
  t.notMatch(closed.stdout(), 'HOST is');
});

t.test('a start without its database listens, and serves once the database is there', async (t) => {
  const database = new URL(await createEmptyDatabase(t));
  const databasePort = await findFreePort();
  const port = await findFreePort([databasePort]);
  const url = `http://127.0.0.1:${port}`;
  const proxied = new URL(database);
  proxied.host = `127.0.0.1:${databasePort}`;
  const env = { DATABASE_URL: proxied.href, HOST: '127.0.0.1', PORT: String(port), LOG_LEVEL: 'info' };
  const cwd = t.testdir();
  const service = startProcess(t, { cwd, env: { ...env, NODE_ENV: 'development' } });
  const stopped = startProcess(t, { cwd, env: { ...env, PORT: '0', NODE_ENV: 'development' } });
  await service.printed(/listening without the database/);

  t.equal((await fetch(`${url}/health/live`)).status, 200);
  const ready = await fetch(`${url}/health/ready`);
  t.equal(ready.status, 503);
  t.match(await ready.json(), {
    status: 'unavailable',
    reason: 'The database is away (ECONNREFUSED)',
    checks: { database: 'unavailable', keys: 'loading' },
  });
  const refused = await fetch(`${url}/v1/customers`, { headers: { 'x-api-key': developmentKey } });
  t.same([refused.status, refused.headers.get('retry-after')], [503, '1']);
  t.match(await refused.json(), { success: false, error: { internal_error: 'service_unavailable' } });

  await stopped.printed(/listening without the database/);
  stopped.signal('SIGTERM');
  t.equal(await stopped.ended, 0, 'it can be stopped meanwhile');

  const sockets = new Set<Socket>();
  const proxy = createServer((socket) => {
    const upstream = connect(Number(database.port), database.hostname);
    for (const end of [socket, upstream]) sockets.add(end.on('error', () => {}));
    socket.pipe(upstream).pipe(socket);
  }).listen(databasePort, '127.0.0.1');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    proxy.close();
  });
  await service.printed(/Latchkey is ready/);
  t.equal(await statusOf(url, developmentKey), 200);
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

interface LogLine {
  pid: number;
  worker?: number;
  route?: string;
}

/** The lines of a log that are about something, with the process that wrote each. */
const logged = (service: ServiceProcess, message: string): LogLine[] =>
  service
    .stdout()
    .split('\n')
    .filter((line) => line.includes(`"msg":"${message}`))
    .map((line) => JSON.parse(line));

const pidsOf = (lines: { pid: number }[]): number[] => [...new Set(lines.map(({ pid }) => pid))];

/** A request on a connection of its own, for each connection goes to the next worker. */
async function onNewConnection(
  url: string,
  { method = 'GET', key = developmentKey, body }: { method?: string; key?: string; body?: object } = {},
): Promise<{ status: number | undefined; body: string }> {
  const call = request(url, {
    agent: false,
    method,
    headers: { 'x-api-key': key, ...(body && { 'content-type': 'application/json' }) },
  });
  call.end(body && JSON.stringify(body));
  const [response] = await once(call, 'response');
  return { status: response.statusCode, body: await readText(response) };
}

/** Resolves when each of two workers, which take turns, has all keys. */
async function untilReady(url: string): Promise<void> {
  for (let inARow = 0; inARow < 4; ) {
    const { status } = await onNewConnection(`${url}/health/ready`);
    inARow = status === 200 ? inARow + 1 : 0;
    if (status !== 200) await delay(10);
  }
}

/** A process with two workers, both ready. */
async function startWorkers(t: Test) {
  const databaseUrl = await createMigratedDatabase(t);
  const port = await findFreePort();
  const metricsPort = await findFreePort([port]);
  const url = `http://127.0.0.1:${port}`;
  const service = startProcess(t, {
    cwd: t.testdir(),
    env: {
      NODE_ENV: 'development',
      HOST: '127.0.0.1',
      PORT: String(port),
      METRICS_PORT: String(metricsPort),
      DATABASE_URL: databaseUrl,
      WORKERS: '2',
    },
  });
  await service.printed(/Latchkey is ready/);
  await untilReady(url);
  const workers = pidsOf(logged(service, 'Server listening'));
  t.equal(workers.length, 2);
  t.notOk(workers.includes(service.pid), 'the process that they share serves nobody itself');
  /** Who has answered the route, once that many lines say so: a worker's output comes on a way of its own. */
  const servers = async (route: string, count: number) => {
    for (;;) {
      const lines = logged(service, 'request').filter((line) => line.route === route);
      if (lines.length >= count) return pidsOf(lines);
      await delay(10);
    }
  };

  /** The value of a metric, of all workers together. */
  async function metric(name: string): Promise<number> {
    const response = await fetch(`http://127.0.0.1:${metricsPort}/metrics`);
    const line = (await response.text()).split('\n').find((line) => line.startsWith(`${name} `));
    return Number(line?.split(' ')[1]);
  }

  return { databaseUrl, url, port, service, workers, servers, metric };
}

type Workers = Awaited<ReturnType<typeof startWorkers>>;

async function changeInAll(t: Test, { url, servers, workers }: Workers): Promise<void> {
  const created = await onNewConnection(`${url}/v1/secrets/api/keys`, {
    method: 'POST',
    body: { name: 'In all' },
  });
  const { api_key: key, secret } = JSON.parse(created.body);
  for (let round = 0; round < 10; round++) {
    const status = round % 2 === 0 ? 'inactive' : 'active';
    const change = { method: 'PATCH', body: { status } };
    t.equal((await onNewConnection(`${url}/v1/secrets/api/keys/${secret.id}`, change)).status, 200);
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => onNewConnection(`${url}/v1/auth/me`, { key })),
    );
    t.same(
      answers.map((answer) => answer.status),
      Array(8).fill(round % 2 === 0 ? 403 : 200),
      status,
    );
  }
  t.same((await servers('/v1/secrets/api/keys/:id', 10)).sort(), workers.toSorted(), 'each made changes');
}

async function replaceKilled(t: Test, { url, service, workers, metric }: Workers): Promise<void> {
  const [killed = 0, survivor = 0] = workers;
  process.kill(killed, 'SIGKILL');
  await service.printed(/worker ended, starting another/);
  t.match(logged(service, 'worker ended'), [{ pid: service.pid, worker: killed }]);
  t.equal((await onNewConnection(`${url}/v1/customers`)).status, 200, 'the other goes on');
  while (logged(service, 'Server listening').length < 3) await delay(10);
  const now = pidsOf(logged(service, 'Server listening')).filter((pid) => pid !== killed);
  t.equal(now.length, 2);
  t.ok(now.includes(survivor));
  await untilReady(url);
  for (let i = 0; i < 10; i++) t.equal((await onNewConnection(`${url}/v1/unknown`)).status, 404);
  t.equal(
    (await onNewConnection(`${url}/v1/environments`, { method: 'POST', body: { name: 'new' } })).status,
    201,
  );
  t.equal(await metric('latchkey_lease_valid'), 1);
}

async function stopAll(t: Test, { url, port, databaseUrl, service }: Workers): Promise<void> {
  const all = pidsOf(logged(service, 'Server listening'));
  t.equal(all.length, 3);
  const inFlight = await beginRequest(url);
  service.signal('SIGTERM');
  await untilClosed(port);
  t.equal(await inFlight.finish(), 201);
  t.equal(await service.ended, 0);
  t.same(all.filter(isRunning), []);
  t.same(await queryOn(databaseUrl, 'SELECT id FROM replicas'), [], 'no replica is waited for any more');
  t.equal(service.stderr(), '');
}

t.test('workers', async (t) => {
  const running = await startWorkers(t);
  const { databaseUrl, url, service, workers, servers, metric } = running;

  await t.test('are welcomed as one', async (t) => {
    const [, command = ''] = await service.printed(/^ {4}(curl .*)\n/m);
    const { stdout } = await run('/bin/sh', ['-c', `${command} --silent`]);
    t.match(JSON.parse(stdout), { items: [] });
  });

  await t.test('all answer at one port', async (t) => {
    for (let i = 0; i < 20; i++) t.equal((await onNewConnection(`${url}/v1/auth/me`)).status, 200);
    t.same((await servers('/v1/auth/me', 20)).sort(), workers.toSorted());
  });

  await t.test('have a change in force in all of them once one has answered it', (t) =>
    changeInAll(t, running),
  );

  await t.test('add up their metrics', async (t) => {
    t.equal(await metric('latchkey_keys'), 1, 'all have the same keys');
    t.equal(await metric('latchkey_lease_valid'), 1);
    t.equal(await metric('latchkey_notifications'), 1);
    t.equal(await metric('latchkey_loads_total'), 2);
    t.equal(await metric('latchkey_fenced_total'), 0);
    const [head] = await queryOn<{ seq: string }>(databaseUrl, 'SELECT seq FROM key_event_counter');
    t.equal(await metric('latchkey_applied_seq'), Number(head?.seq));
    const requests = 'latchkey_http_request_duration_seconds_count';
    t.equal(await metric(`${requests}{method="PATCH",route="/v1/secrets/api/keys/:id",status="2xx"}`), 10);
    t.equal(
      await metric('latchkey_change_propagation_seconds_count'),
      13,
      'the first tenant and its user are changes too',
    );
  });

  await t.test('are replaced when they are killed', (t) => replaceKilled(t, running));

  await t.test('end with the process that they share, whose requests are finished first', (t) =>
    stopAll(t, running),
  );
});

/** The numbers of the PostgreSQL processes that own a database in the folder. */
async function postgresIn(folder: string): Promise<number[]> {
  const files = await readdir(folder, { recursive: true });
  const locks = files.filter((file) => path.basename(file) === 'postmaster.pid');
  const texts = await Promise.all(
    locks.map((file) => readFile(path.join(folder, file), 'utf8').catch(() => '')),
  );
  return texts.flatMap((text) => Number(text.split('\n', 1)[0]) || []);
}

const API_KEYS = apiKeys({ environment_id: 'production' });

t.test('the build', async (t) => {
  await run(process.execPath, ['scripts/build.mjs'], { cwd: repository });

  await t.test('is the same service as the sources', async (t) => {
    const databaseUrl = await createMigratedDatabase(t);
    const fromSources = await startService(t, { databaseUrl });
    const built = startProcess(t, {
      built: true,
      cwd: t.testdir(),
      env: { PORT: '0', DATABASE_URL: databaseUrl, API_DOCS: 'on', API_KEYS },
    });
    const [, url = ''] = await built.printed(/Server listening at (http:[^"]+)/);
    const description = JSON.parse(await (await fetch(`${url}/openapi.json`)).text());
    t.same(description, fromSources.app.swagger());
    t.ok(Object.keys(description.paths).includes('/v1/secrets/api/keys/{id}'));
    t.equal(await statusOf(url, operatorKey), 200, 'the key of the configuration works');
    t.equal(await statusOf(url, developmentKey), 401, 'and the development key does not');
    t.notMatch(built.stdout(), 'Latchkey is ready', 'nor is anyone welcomed with it');
    built.signal('SIGTERM');
    t.equal(await built.ended, 0);
  });

  await t.test('has a program that only brings the schema up to date', async (t) => {
    const databaseUrl = await createEmptyDatabase(t);
    const runMigrate = (env: NodeJS.Dict<string>) =>
      run(process.execPath, [path.join(repository, 'dist/migrate.js')], { cwd: t.testdir(), env });
    const names = (await readdir(path.join(repository, 'migrations'))).sort();
    for (const migrations of [names, []]) {
      const { stdout } = await runMigrate({ DATABASE_URL: databaseUrl });
      t.match(JSON.parse(stdout), { msg: 'database schema is up to date', migrations });
    }
    t.same(await queryOn(databaseUrl, 'SELECT id FROM replicas'), []);
    await t.rejects(runMigrate({}), {
      code: 1,
      stderr: 'The configuration is wrong:\n  - DATABASE_URL is missing\n',
    });
  });

  await t.test('keeps its data in a PostgreSQL of its own, from start to start', async (t) => {
    const dataDir = t.testdir();
    const start = () => startReady(t, { built: true, cwd: dataDir, env: { DATA_DIR: dataDir } });

    const first = await start();
    const creation = await fetch(`${first.url}/v1/secrets/api/keys`, {
      method: 'POST',
      headers: { 'x-api-key': developmentKey, 'content-type': 'application/json' },
      body: '{"name": "Kept"}',
    });
    const key: string = JSON.parse(await creation.text()).api_key;
    const [firstPostgres = 0] = await postgresIn(dataDir);
    t.ok(isRunning(firstPostgres));
    first.signal('SIGTERM');
    t.equal(await first.ended, 0);
    t.notOk(isRunning(firstPostgres), 'it ends with the process');

    const second = await start();
    t.equal(await statusOf(second.url, key), 200);
    const [secondPostgres = 0] = await postgresIn(dataDir);
    second.signal('SIGKILL');
    t.equal(await second.ended, 'SIGKILL');

    const third = await start();
    t.equal(await statusOf(third.url, key), 200);
    t.notOk(isRunning(secondPostgres), 'even when the process is killed');
    third.signal('SIGTERM');
    t.equal(await third.ended, 0);
    t.same(await postgresIn(dataDir), []);
  });
});
