/**
 * Brings the schema of `DATABASE_URL` up to date, and ends: a step before the first replica of a new version, under a
 * role that may change the schema. Replicas do the same at their start, and find nothing to do after it.
 */
import { pino } from 'pino';
import { ConfigError, readConfig } from './lib/config/config.ts';
import { migrate } from './lib/database/migrations.ts';
import { DatabaseUnreachableError } from './lib/database/retry.ts';
import { loggerOptions } from './lib/observability/logger.ts';

async function run(): Promise<void> {
  const { databaseUrl, logLevel } = readConfig();
  if (databaseUrl === null) throw new ConfigError(['DATABASE_URL is missing']);
  const log = pino(loggerOptions(logLevel));
  const migrations = await migrate(databaseUrl, {
    onUnavailable: (error) => log.warn({ err: error }, 'waiting for the database'),
  });
  log.info({ migrations }, 'database schema is up to date');
}

try {
  await run();
} catch (error) {
  const isKnown = error instanceof ConfigError || error instanceof DatabaseUnreachableError;
  process.stderr.write(`${isKnown ? error.message : error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
}
