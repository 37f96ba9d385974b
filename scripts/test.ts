/**
 * Runs the tests, or those whose files are named, against a PostgreSQL of their own that is gone afterwards.
 * With TEST_DATABASE_URL they use that server instead: its user must be allowed to create databases.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startEmbeddedPostgres } from '../lib/embedded-postgres/embedded-postgres.ts';

async function runTap(databaseUrl: string): Promise<number> {
  const tap = spawn(
    process.execPath,
    ['node_modules/tap/dist/esm/run.mjs', '--disable-coverage', ...process.argv.slice(2)],
    {
      stdio: 'inherit',
      env: {
        ...process.env,
        TEST_DATABASE_URL: databaseUrl,
        FASTIFY_AUTOLOAD_TYPESCRIPT: '1',
        NODE_ENV: 'test',
      },
    },
  );
  const [code] = await once(tap, 'exit');
  return typeof code === 'number' ? code : 1;
}

async function runWithEmbedded(): Promise<number> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'latchkey-test-'));
  const postgres = await startEmbeddedPostgres({ dataDir });
  try {
    return await runTap(postgres.databaseUrl);
  } finally {
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

const ownServer = process.env['TEST_DATABASE_URL'];
process.exitCode = ownServer ? await runTap(ownServer) : await runWithEmbedded();
