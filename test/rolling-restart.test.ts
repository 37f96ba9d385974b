/** Runs the containers of `deploy/` as processes: replicas behind nginx that are replaced while it is used. */

import { execFile } from 'node:child_process';
import { cp, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client, type QueryResult } from 'pg';
import t, { type Test } from 'tap';
import { findFreePort } from '../embedded-postgres/start-server.ts';
import { buildInto } from './fixtures/build.ts';
import { nginxIsMissing, startLoadBalancer } from './fixtures/load-balancer.ts';
import { type ServiceProcess, startProcess } from './fixtures/service-process.ts';
import { SteadyLoad } from './fixtures/steady-load.ts';
import { configuredKeys, createMigratedDatabase } from './helper.ts';

// The service is compiled, and nine processes start and stop one after another.
t.setTimeout(180_000);

const run = promisify(execFile);
const replicas = 4;
const clients = 4;
/** How much happens between two replacements: every replica gets several of its requests. */
const roundsBetween = 20;

const { env: operatorSetting, keys } = configuredKeys({
  operator: { tenant_id: 'tenant_acme', environment_id: 'production' },
});

/** A migration as a next version could bring: each table that the service writes gets wider. */
const nextMigration = `
  ALTER TABLE replicas ADD COLUMN zone text;
  ALTER TABLE key_events ADD COLUMN reason text;
  ALTER TABLE api_keys ADD COLUMN tier integer NOT NULL DEFAULT 1;
  ALTER TABLE customers ADD COLUMN note text;
  CREATE TABLE next_things (id text PRIMARY KEY, customer_id text NOT NULL REFERENCES customers (id));
`;

const builds = t.testdir({ old: {}, next: {} });
const old = path.join(builds, 'old');
const next = path.join(builds, 'next');
await buildInto(old);
await cp(old, next, { recursive: true });
await writeFile(path.join(next, 'dist/migrations/999-next.sql'), nextMigration);

/** Replicas on ports of their own, which their successors take over. */
class Replicas {
  readonly ports: number[] = [];
  readonly #running: ServiceProcess[] = [];
  readonly #t: Test;
  readonly #databaseUrl: string;

  constructor(t: Test, databaseUrl: string) {
    this.#t = t;
    this.#databaseUrl = databaseUrl;
  }

  async startAll(): Promise<void> {
    for (let n = 0; n < replicas; n++) this.ports.push(await findFreePort(this.ports));
    await Promise.all(this.ports.map((_, n) => this.#start(n, old)));
  }

  /** Stops one in order, as any supervisor does, and then starts its successor, which gets its part of the load. */
  async replace(n: number, build: string): Promise<void> {
    const replica = this.#running[n];
    replica?.signal('SIGTERM');
    this.#t.equal(await replica?.ended, 0, `replica ${n} stops in order`);
    const successor = await this.#start(n, build);
    await successor.printed(/"msg":"request"/);
  }

  /** Sends a request past the balancer. */
  async call(n: number, method: string, path: string, key: string, body?: object): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.ports[n]}${path}`, {
      method,
      headers: { 'x-api-key': key, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
  }

  async #start(n: number, build: string): Promise<ServiceProcess> {
    const replica = startProcess(this.#t, {
      built: build,
      cwd: builds,
      env: {
        ...operatorSetting,
        HOST: '127.0.0.1',
        PORT: String(this.ports[n]),
        DATABASE_URL: this.#databaseUrl,
        TRUSTED_PROXIES: '127.0.0.1',
        FAILED_AUTH_LIMIT: '0',
        ...{ CHANGES_PER_SECOND: '0', LISTINGS_PER_SECOND: '0' },
      },
    });
    await replica.printed(/Server listening at/);
    this.#t.teardown(() => this.#t.comment(failuresIn(replica)));
    this.#running[n] = replica;
    return replica;
  }
}

/** The log lines of requests that a replica failed to answer. */
const failuresIn = (replica: ServiceProcess): string =>
  replica
    .stdout()
    .split('\n')
    .filter((line) => line.startsWith('{"level":50'))
    .join('\n');

/** Runs what the migration step of a deployment runs. @returns what it logs */
async function migrateToNext(databaseUrl: string): Promise<string> {
  const program = path.join(next, 'dist/migrate.js');
  const { stdout } = await run(process.execPath, [program], {
    cwd: builds,
    env: { DATABASE_URL: databaseUrl },
  });
  return stdout;
}

async function onDatabase(databaseUrl: string, statement: string): Promise<QueryResult> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return await client.query(statement);
  } finally {
    await client.end();
  }
}

t.test('a new version replaces another, replica by replica', { skip: nginxIsMissing }, async (t) => {
  const databaseUrl = await createMigratedDatabase(t);
  const cluster = new Replicas(t, databaseUrl);
  await cluster.startAll();
  const balancer = await startLoadBalancer(t, cluster.ports);
  const load = new SteadyLoad(`http://127.0.0.1:${balancer.port}`, keys.operator, clients);
  t.teardown(() => load.stop());
  await load.forRounds(roundsBetween);

  t.match(await migrateToNext(databaseUrl), '"migrations":["999-next.sql"]');
  await load.forRounds(roundsBetween);

  await cluster.replace(0, next);
  await cluster.replace(1, next);
  await load.forRounds(roundsBetween);
  for (const [maker, other] of [
    [0, 3],
    [3, 0],
  ] as const) {
    const created = await cluster.call(maker, 'POST', '/v1/secrets/api/keys', keys.operator, {
      name: 'Side',
    });
    const { api_key: key, secret }: { api_key: string; secret: { id: string } } = JSON.parse(
      await created.text(),
    );
    t.equal((await cluster.call(other, 'GET', '/v1/auth/me', key)).status, 200);
    const revoked = await cluster.call(maker, 'DELETE', `/v1/secrets/api/keys/${secret.id}`, keys.operator);
    t.equal(revoked.status, 204);
    t.equal((await cluster.call(other, 'GET', '/v1/auth/me', key)).status, 401, 'as soon as it is answered');
  }

  await cluster.replace(2, old);
  await load.forRounds(roundsBetween);
  t.pass('a replica of the old version can still be started');
  await cluster.replace(2, next);
  await cluster.replace(3, next);
  await load.forRounds(roundsBetween);

  await load.stop();
  t.comment(`${load.asExpected} requests in ${load.rounds} rounds`);
  t.same(load.unexpected, [], 'no request was lost, or refused');
  const { rows } = await onDatabase(databaseUrl, 'SELECT count(*)::integer AS count FROM customers');
  t.same(rows, [{ count: load.rounds }], 'and no change was made twice');
});

t.test('a migration that waits for a table keeps nobody from the others', async (t) => {
  const databaseUrl = await createMigratedDatabase(t);
  const reader = new Client({ connectionString: databaseUrl });
  await reader.connect();
  t.teardown(() => reader.end());
  await reader.query('BEGIN');
  await reader.query('SELECT FROM customers');
  const migrated = migrateToNext(databaseUrl);
  const waiting = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  while ((await onDatabase(databaseUrl, waiting)).rowCount === 0) await delay(10);

  const request = "SET statement_timeout = '3s'; UPDATE api_keys SET name = name";
  await t.resolves(onDatabase(databaseUrl, request), 'though it has locked them already');

  await reader.query('COMMIT');
  t.match(await migrated, '"migrations":["999-next.sql"]', 'and has its turn later');
});
