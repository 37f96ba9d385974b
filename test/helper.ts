import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify';
import { Client, Pool } from 'pg';
import type { DestinationStream } from 'pino';
import { type BuildOptions, build } from '../app.ts';
import { developmentKey } from '../lib/auth/configured-keys.ts';
import { parseConfig } from '../lib/config/config.ts';
import { newId } from '../lib/crypto/ids.ts';
import { migrate } from '../lib/database/migrations.ts';
import { addUsage } from '../lib/stores/key-usage-store.ts';
import { keysPerStatement, UsageWriter } from '../lib/usage/usage-writer.ts';

export { developmentKey };

/** The part of a tap test that the helper needs. */
interface Test {
  teardown(handler: () => unknown): void;
}

const serverUrl = process.env['TEST_DATABASE_URL'] ?? '';
if (serverUrl === '')
  throw new Error('Run tests with `npm test`, which starts the PostgreSQL that they need');

/** Runs a statement on the server, in none of the tests' databases. */
async function onServer(statement: string): Promise<void> {
  const client = new Client({ connectionString: serverUrl });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

const urlOf = (database: string): string => {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.href;
};

/** An empty database that is dropped after the test. @returns its URL */
export async function createEmptyDatabase(t: Test): Promise<string> {
  return createDatabase(t, '');
}

/** A database with the schema in place that is dropped after the test. @returns its URL */
export async function createMigratedDatabase(t: Test): Promise<string> {
  const template = await migratedTemplate();
  return createDatabase(t, `TEMPLATE ${template}`);
}

async function createDatabase(t: Test, options: string): Promise<string> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  await onServer(`CREATE DATABASE ${name} ${options}`);
  t.teardown(() => onServer(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
  return urlOf(name);
}

let template: Promise<string> | undefined;

/** Migrated once in each test file; copying it is several times as fast as migrating again. */
function migratedTemplate(): Promise<string> {
  template ??= (async () => {
    const name = `template_${process.pid}_${randomBytes(4).toString('hex')}`;
    await onServer(`CREATE DATABASE ${name}`);
    await migrate(urlOf(name));
    return name;
  })();
  return template;
}

/** Cuts all connections to a database and lets no new ones in. @returns what lets them in again */
export async function cutDatabase(databaseUrl: string): Promise<() => Promise<void>> {
  const name = new URL(databaseUrl).pathname.slice(1);
  await onServer(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
  await onServer(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`);
  return () => onServer(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);
}

export interface TestService {
  app: FastifyInstance;
  /** To look into the database past the service. */
  pool: Pool;
  databaseUrl: string;
  /** Sends a request with the development key, or the key given (`null`: none). */
  call(options: CallOptions): Promise<LightMyRequestResponse>;
}

export interface CallOptions extends Pick<InjectOptions, 'headers' | 'payload' | 'query' | 'remoteAddress'> {
  method?: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE' | 'HEAD' | 'OPTIONS';
  url: string;
  key?: string | null;
}

interface ServiceOptions
  extends Pick<BuildOptions, 'notifications' | 'confirmChanges' | 'usageIntervalMs' | 'eventKinds'> {
  /** Settings as in the environment. */
  env?: NodeJS.Dict<string>;
  databaseUrl?: string;
  logStream?: DestinationStream;
}

/** Longer than any test: tests write usage when they want it (`usageWriterOf`). */
const neverMs = 2 ** 31 - 1;

/** The service as production builds it, on a database of its own, closed after the test. */
/** Tests do in a second what a tenant does in a day. */
const withoutRates = { CHANGES_PER_SECOND: '0', LISTINGS_PER_SECOND: '0' };

export async function startService(t: Test, options: ServiceOptions = {}): Promise<TestService> {
  const { env, databaseUrl = await createMigratedDatabase(t), ...buildOptions } = options;
  const config = parseConfig({
    NODE_ENV: 'test',
    LOG_LEVEL: 'silent',
    FAILED_AUTH_LIMIT: '0',
    ...withoutRates,
    ...env,
  });
  const app = await build({ usageIntervalMs: neverMs, ...config, ...buildOptions, databaseUrl });
  const pool = new Pool({ connectionString: databaseUrl, max: 2 });
  pool.on('error', () => {}); // Tests cut connections on purpose.
  t.teardown(() => pool.end());
  t.teardown(() => app.close());
  await app.ready();
  if (!(await app.replica.waitUntilCanDecide())) throw new Error('The service is not ready to decide');
  return { app, pool, databaseUrl, call: (call) => callService(app, call) };
}

const usageWriters = new WeakMap<FastifyInstance, UsageWriter>();

/** Writes the usage that a service has counted, at the instant that a test wants it. */
export function usageWriterOf(app: FastifyInstance): UsageWriter {
  const known = usageWriters.get(app);
  if (known !== undefined) return known;
  const writerId = newId('replica');
  const writer = new UsageWriter({
    usage: app.authenticator.usage,
    write: (number, batch) => addUsage(app.pg.pool, writerId, number, batch),
    keysMax: keysPerStatement,
    log: app.log,
  });
  usageWriters.set(app, writer);
  return writer;
}

function callService(app: FastifyInstance, { key = developmentKey, headers, ...options }: CallOptions) {
  const request = { ...options, headers: { ...(key !== null && { 'x-api-key': key }), ...headers } };
  return /\/stream(\?|$)/.test(options.url) ? callStream(app, request) : app.inject(request);
}

/** An answer that doesn't end by itself: what has come when there is nothing more for the moment. */
async function callStream(app: FastifyInstance, request: InjectOptions): Promise<LightMyRequestResponse> {
  const response = await app.inject({ ...request, payloadAsStream: true });
  let body = '';
  for await (const chunk of response.stream()) {
    body += chunk;
    if (body.includes(': caught up\n')) break;
  }
  response.raw.res.destroy();
  return Object.assign(response, { body, json: () => JSON.parse(body) });
}

/** Until the service has no lease any more. It needs a database that can't be reached, or one it waits for. */
export const untilLeaseEnds = ({ app }: Pick<TestService, 'app'>): Promise<void> =>
  until(() => !app.replica.status().leaseValid);

/** Until the service decides on keys again. */
export const untilMayDecide = ({ app }: Pick<TestService, 'app'>): Promise<void> =>
  until(() => app.replica.canDecide());

/** Looks every few milliseconds, for 20 s at most. */
export async function until(holds: () => boolean): Promise<void> {
  const deadline = AbortSignal.timeout(20_000);
  while (!holds()) await delay(5, undefined, { signal: deadline });
}

interface ConfiguredKeyEntry {
  tenant_id: string;
  user_id?: string;
  name?: string;
  is_active?: boolean;
  environment_id?: string;
}

/** Makes keys for `API_KEYS`. @returns the setting, and each key under the name that its entry was given */
export function configuredKeys<Name extends string>(
  entries: Record<Name, ConfiguredKeyEntry>,
): { env: { API_KEYS: string }; keys: Record<Name, string> } {
  const keys: Record<string, string> = {};
  const setting: Record<string, ConfiguredKeyEntry> = {};
  for (const [name, entry] of Object.entries<ConfiguredKeyEntry>(entries)) {
    const key = randomBytes(32).toString('hex');
    const hash = createHash('sha256').update(key).digest('hex');
    keys[name] = key;
    setting[hash] = { user_id: `user_${name}`, name, is_active: true, ...entry };
  }
  return { env: { API_KEYS: JSON.stringify(setting) }, keys };
}

/** A new key, made with the development key. @returns what the creation answered */
export async function createKey(
  { call }: Pick<TestService, 'call'>,
  body: object = {},
  options: Pick<CallOptions, 'key' | 'headers'> = {},
): Promise<{
  api_key: string;
  secret: { id: string; environment_id: string; tenant_id: string; user_id: string; permissions: string[] };
}> {
  const response = await call({
    method: 'POST',
    url: '/v1/secrets/api/keys',
    payload: { name: 'Test key', ...body },
    ...options,
  });
  if (response.statusCode !== 201) throw new Error(`Creating a key failed: ${response.body}`);
  return response.json();
}

/** A new environment of the development key's tenant, so that a test finds nothing in it but its own. */
export async function createEnvironment(
  { call }: Pick<TestService, 'call'>,
  body: object = {},
): Promise<{ id: string; name: string; headers: { 'x-environment-id': string } }> {
  const response = await call({
    method: 'POST',
    url: '/v1/environments',
    payload: { name: `env-${randomBytes(8).toString('hex')}`, ...body },
  });
  if (response.statusCode !== 201) throw new Error(`Creating an environment failed: ${response.body}`);
  const { id, name } = response.json();
  return { id, name, headers: { 'x-environment-id': id } };
}

/** A stored key on its own: what it says in `X-API-Key`. */
export async function createPlaintext(
  service: Pick<TestService, 'call'>,
  body: object = {},
  options: Pick<CallOptions, 'key' | 'headers'> = {},
): Promise<string> {
  return (await createKey(service, body, options)).api_key;
}

/** A log stream, and the lines that were written to it. */
export function collectLog(): { logStream: DestinationStream; lines: string[] } {
  const lines: string[] = [];
  return { logStream: { write: (line) => void lines.push(line) }, lines };
}

/** The body of every error. */
export const errorOf = (message: string, code: string): object => ({
  success: false,
  error: { message, internal_error: code },
});
