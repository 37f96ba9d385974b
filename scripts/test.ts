/**
 * Runs the tests, or those whose files are named, against a PostgreSQL of their own that is gone afterwards.
 * With TEST_DATABASE_URL they use that server instead: its user must be allowed to create databases.
 * With `--fast` it runs the files that take less than a minute together, for a change in the making.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { withPostgres } from './with-postgres.ts';

/** Tests of processes that are killed, of other programs, and of everything at once. */
const slow = [
  ...[
    'test/canary/',
    'test/chaos/',
    'test/embedded-postgres/',
    'test/exports/',
    'test/model/',
    'test/siege/',
  ],
  ...['clients-that-leave', 'customers-day', 'database-failures', 'errors', 'event-streams', 'import-crash'],
  ...[
    'isolation',
    'lib/key-table/key-table-model',
    'monitoring',
    'observability',
    'plans',
    'proxies',
    'rate-limits',
  ],
  ...[
    'lib/key-table/record-index',
    'replica',
    'rolling-restart',
    'rolling-upgrade',
    'secrets',
    'start',
    'stopping',
  ],
  ...['tracing', 'usage-crash', 'append-only', 'openapi', 'routes/idempotency', 'routes/key-import'],
  ...['routes/sessions', 'routes/usage', 'routes/verify', 'routes/webhooks'],
].map((name) => (name.endsWith('/') ? name : `test/${name}.test.ts`));

async function listFastTests(): Promise<string[]> {
  const files = (await readdir('test', { recursive: true })).map((file) => `test/${file}`);
  return files
    .filter((file) => file.endsWith('.test.ts') && !slow.some((part) => file.includes(part)))
    .sort();
}

async function tap(args: string[], env: NodeJS.ProcessEnv = {}): Promise<number> {
  const child = spawn(process.execPath, ['node_modules/tap/dist/esm/run.mjs', ...args], {
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  const [code] = await once(child, 'exit');
  return typeof code === 'number' ? code : 1;
}

function runTests(args: string[], databaseUrl: string): Promise<number> {
  return tap(args, {
    TEST_DATABASE_URL: databaseUrl,
    FASTIFY_AUTOLOAD_TYPESCRIPT: '1',
    NODE_ENV: 'test',
  });
}

const given = process.argv.slice(2);
const args = given.includes('--fast')
  ? [...given.filter((arg) => arg !== '--fast'), ...(await listFastTests())]
  : given;

// After an installation tap puts itself together with its plugins first. Left to the run, that comes too late for it.
if ((await tap(['build'])) !== 0) throw new Error('tap could not be built');

const ownServer = process.env['TEST_DATABASE_URL'];
process.exitCode = ownServer
  ? await runTests(args, ownServer)
  : await withPostgres((databaseUrl) => runTests(args, databaseUrl));
