import closeWithGrace from 'close-with-grace';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { build } from './app.ts';
import { type Config, ConfigError, readConfig } from './lib/config.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './lib/embedded-postgres/embedded-postgres.ts';
import { EmbeddedPostgresError } from './lib/embedded-postgres/error.ts';
import { loggerOptions } from './lib/logger.ts';
import { DatabaseUnreachableError } from './lib/stores/migrations.ts';
import { welcome } from './lib/welcome.ts';

/** How long requests in flight may take to end once the process is told to stop. */
const stopTimeoutMs = 10_000;

let postgres: EmbeddedPostgres | undefined;
let app: FastifyInstance | undefined;

async function start(config: Config): Promise<void> {
  const log = pino(loggerOptions(config.logLevel));
  closeWithGrace({ delay: stopTimeoutMs, logger: log }, async ({ err }) => {
    if (err) log.fatal({ err }, 'the process stops because of an error that nothing handled');
    await stop();
  });
  const databaseUrl = config.databaseUrl ?? (await startEmbedded(config.dataDir, log));
  app = await build({ ...config, databaseUrl });
  const url = await app.listen({ host: config.host, port: config.port });
  if (config.nodeEnv === 'development') process.stdout.write(welcome(config.host, new URL(url).port));
}

async function startEmbedded(dataDir: string, log: pino.Logger): Promise<string> {
  postgres = await startEmbeddedPostgres({ dataDir, log });
  return postgres.databaseUrl;
}

async function stop(): Promise<void> {
  await app?.close();
  await postgres?.stop();
}

/** Mistakes that the operator can mend are told in a sentence; anything else with its stack. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ('code' in error && error.code === 'EADDRINUSE' && 'port' in error)
    return `Port ${error.port} is in use by another process: set PORT (or METRICS_PORT, if it is that) to another`;
  const isKnown = [ConfigError, EmbeddedPostgresError, DatabaseUnreachableError].some(
    (known) => error instanceof known,
  );
  return (isKnown ? error.message : error.stack) ?? error.message;
}

try {
  await start(readConfig());
} catch (error) {
  process.stderr.write(`${describe(error)}\n`);
  await stop();
  process.exit(1);
}
