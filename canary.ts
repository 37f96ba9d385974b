import closeWithGrace from 'close-with-grace';
import { pino } from 'pino';
import { Canary } from './canary/canary.ts';
import { CanaryMetrics } from './canary/canary-metrics.ts';
import { canarySettingsOf } from './canary/canary-settings.ts';
import { ConfigError, readEnvironment } from './lib/config/config.ts';
import { loggerOptions } from './lib/observability/logger.ts';
import { serveMetrics } from './lib/observability/metrics/metrics-server.ts';

/** How long the last round may take to end, and to delete its key, once the process is told to stop. */
const stopTimeoutMs = 10_000;

async function start(): Promise<void> {
  const { logLevel, metrics: address, intervalMs, ...settings } = canarySettingsOf(readEnvironment());
  const log = pino(loggerOptions(logLevel));
  const metrics = new CanaryMetrics();
  const server = await serveMetrics(address, () => metrics.registry.metrics());
  log.info({ address: server.address() }, 'metrics are served');

  const stopping = new AbortController();
  const running = new Canary({ ...settings, metrics, log }).run(intervalMs, stopping.signal);
  closeWithGrace({ delay: stopTimeoutMs, logger: log }, async ({ err, signal }) => {
    if (err) log.fatal({ err }, 'canary stopping after an unhandled error');
    else log.info({ signal }, 'canary stopping');
    stopping.abort();
    await running;
    server.close();
  });
}

try {
  await start();
} catch (error) {
  // A mistake that the operator can mend is told in a sentence.
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
