import cluster from 'node:cluster';
import closeWithGrace from 'close-with-grace';
import { pino } from 'pino';
import { AggregatorRegistry } from 'prom-client';
import { build } from './app.ts';
import { startEmbeddedPostgres } from './embedded-postgres/embedded-postgres.ts';
import { EmbeddedPostgresError } from './embedded-postgres/embedded-postgres-error.ts';
import { type Config, ConfigError, readConfig } from './lib/config/config.ts';
import { DatabaseUnreachableError } from './lib/database/retry.ts';
import { loggerOptions } from './lib/observability/logger.ts';
import { serveMetrics } from './lib/observability/metrics/metrics-server.ts';
import { startWarnings } from './lib/process/start-warnings.ts';
import { waitForDatabase } from './lib/process/wait-for-database.ts';
import { welcome } from './lib/process/welcome.ts';
import { startWorkers } from './lib/process/workers.ts';

/**
 * How long the process waits for all keys before it listens. A balancer that asks nobody who is ready sends requests
 * to whoever listens; but supervisors want to hear that the process lives, and how far it is.
 */
const maxSilenceMs = 2_000;

/** Longest time for requests in flight once the process is stopping. */
const stopTimeoutMs = 10_000;

/**
 * A terminal or a supervisor signals every process of the group, and then the process that the workers share tells
 * them once more. The second time must not cut off the requests in flight; how long those may take is bounded.
 */
const signalsOfWorker = cluster.isWorker ? { onSecondSignal: () => {} } : {};

/** Everything that was started, in order; stopped in reverse order. */
const started: { stop(): Promise<void> }[] = [];

async function start(config: Config): Promise<void> {
  const log = pino(loggerOptions(config.logLevel));
  closeWithGrace({ delay: stopTimeoutMs, logger: log, ...signalsOfWorker }, async ({ err, signal }) => {
    if (err) log.fatal({ err }, 'stopping after an unhandled error');
    else if (cluster.isPrimary) log.info({ signal }, 'stopping');
    await stop();
  });
  const databaseUrl = config.databaseUrl ?? (await startEmbedded(config, log));
  if (config.workers > 1 && cluster.isPrimary) await runWorkers(config, databaseUrl, log);
  else await serve(config, databaseUrl, log);
}

async function startEmbedded({ embeddedPostgres, dataDir }: Config, log: pino.Logger): Promise<string> {
  if (!embeddedPostgres)
    throw new ConfigError([
      'DATABASE_URL is missing: set it, or set EMBEDDED_POSTGRES=on to run a PostgreSQL of its own in DATA_DIR',
    ]);
  const postgres = await startEmbeddedPostgres({ dataDir, log });
  started.push(postgres);
  return postgres.databaseUrl;
}

async function serve(config: Config, databaseUrl: string, log: pino.Logger): Promise<void> {
  const { host, port } = config;
  const address = { host: oneAddressOf(host), port };
  const wait = waitForDatabase({ databaseUrl, ...address, silentMs: maxSilenceMs, log });
  started.push(wait);
  if (!(await wait.answers)) return;
  const app = await build({ ...config, databaseUrl });
  started.push({ stop: () => app.close() });
  await app.ready();
  await app.replica.waitForLease(maxSilenceMs);
  if (app.isStopping()) return;
  const url = await app.listen(address);
  if (cluster.isPrimary || cluster.worker?.id === 1)
    for (const warning of startWarnings(config, app.replica.state.keys.size)) app.log.warn(warning);
  if (config.nodeEnv === 'development' && cluster.isPrimary) welcomeAt(config, new URL(url).port);
}

/**
 * `localhost` may be two addresses. For the second one Fastify would make a server of its own, which has none of what
 * is set up for this one: how many headers are read, and how it stops.
 */
const oneAddressOf = (host: string): string => (host === 'localhost' ? '127.0.0.1' : host);

async function runWorkers(config: Config, databaseUrl: string, log: pino.Logger): Promise<void> {
  const workers = await startWorkers(config.workers, { DATABASE_URL: databaseUrl }, log);
  started.push(workers);
  if (config.metricsPort !== null) {
    const registry = new AggregatorRegistry();
    const server = await serveMetrics({ host: config.metricsHost, port: config.metricsPort }, () =>
      registry.clusterMetrics(),
    );
    started.push({ stop: async () => void server.close() });
  }
  if (config.nodeEnv === 'development') welcomeAt(config, String(workers.port));
}

const welcomeAt = ({ host }: Config, port: string) => void process.stdout.write(welcome(host, port));

async function stop(): Promise<void> {
  for (const part of started.splice(0).reverse()) await part.stop();
}

/** Reports a mistake that the operator can correct in a sentence, and anything else with its stack. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ('code' in error && error.code === 'EADDRINUSE' && 'port' in error)
    return `Port ${error.port} is in use by another process: set PORT (or METRICS_PORT, if it is that) to another`;
  if ('code' in error && (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND'))
    return `HOST (or METRICS_HOST) is no address of this machine (${error.message})`;
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
