/**
 * Runs the tests, or those whose files are named, against a PostgreSQL of their own that is gone afterwards.
 * With TEST_DATABASE_URL they use that server instead: its user must be allowed to create databases.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { withPostgres } from './with-postgres.ts';

async function tap(args: string[], env: NodeJS.ProcessEnv = {}): Promise<number> {
  const child = spawn(process.execPath, ['node_modules/tap/dist/esm/run.mjs', ...args], {
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  const [code] = await once(child, 'exit');
  return typeof code === 'number' ? code : 1;
}

function runTests(databaseUrl: string): Promise<number> {
  return tap(process.argv.slice(2), {
    TEST_DATABASE_URL: databaseUrl,
    FASTIFY_AUTOLOAD_TYPESCRIPT: '1',
    NODE_ENV: 'test',
  });
}

// After an installation tap puts itself together with its plugins first. Left to the run, that comes too late for it.
if ((await tap(['build'])) !== 0) throw new Error('tap could not be built');

const ownServer = process.env['TEST_DATABASE_URL'];
process.exitCode = ownServer ? await runTests(ownServer) : await withPostgres(runTests);
