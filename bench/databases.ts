import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { startEmbeddedPostgres } from '../embedded-postgres/embedded-postgres.ts';
import { migrate } from '../lib/database/migrations.ts';
import { fillStatement, type Population } from './population.ts';
import { keepTrack } from './running.ts';

/** A PostgreSQL that is gone afterwards, with a database for each population, filled when it is first asked for. */
export interface Databases {
  /** @returns the URL of a database with these keys */
  withKeys(population: Population): Promise<string>;
  /** @returns the URL of an empty database */
  empty(name: string): Promise<string>;
}

/** @param serverSettings of PostgreSQL, beside those that the service gives it */
export async function startDatabases(
  serverSettings: Record<string, string | number> = {},
): Promise<Databases> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'latchkey-bench-'));
  keepTrack(() => rm(dataDir, { recursive: true, force: true }));
  const postgres = await startEmbeddedPostgres({ dataDir, serverSettings });
  keepTrack(() => postgres.stop());
  const filled = new Map<string, Promise<string>>();
  return {
    withKeys(population) {
      const name = `keys_${population.count}_${population.limitedFrom}`;
      const url = filled.get(name) ?? fill(postgres.databaseUrl, name, population);
      filled.set(name, url);
      return url;
    },
    empty: (name) => create(postgres.databaseUrl, name),
  };
}

async function fill(serverUrl: string, name: string, population: Population): Promise<string> {
  const startMs = performance.now();
  const url = await create(serverUrl, name);
  await migrate(url);
  await execute(url, fillStatement(population));
  const seconds = ((performance.now() - startMs) / 1000).toFixed(0);
  console.log(`  ${population.count} keys filled into a database within ${seconds} s`);
  return url;
}

async function create(serverUrl: string, name: string): Promise<string> {
  await execute(serverUrl, `CREATE DATABASE ${name}`);
  const url = new URL(serverUrl);
  url.pathname = name;
  return url.href;
}

export async function execute(databaseUrl: string, statements: string): Promise<void> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(statements);
  } finally {
    await client.end();
  }
}
