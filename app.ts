import { fileURLToPath } from 'node:url';
import autoload from '@fastify/autoload';
import { compile } from '@fastify/proxy-addr';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, { type FastifyInstance, LogController } from 'fastify';
import type { DestinationStream } from 'pino';
import type { Config } from './lib/config/config.ts';
import { newRequestId } from './lib/crypto/ids.ts';
import { type EventKinds, eventKinds as everyKind } from './lib/events/event-kinds.ts';
import { trustWithPorts } from './lib/http/client-address.ts';
import { loggerOptions } from './lib/observability/logger.ts';
import { version } from './lib/process/version.ts';
import accessLog from './plugins/access-log.ts';
import auth from './plugins/auth.ts';
import authenticator from './plugins/authenticator.ts';
import brokenRequests, { refuseBrokenRequest } from './plugins/broken-requests.ts';
import changes from './plugins/changes.ts';
import connections from './plugins/connections.ts';
import database from './plugins/database.ts';
import errors, { sendError } from './plugins/errors.ts';
import eventStreams from './plugins/event-streams.ts';
import maintenance from './plugins/maintenance.ts';
import metrics from './plugins/metrics.ts';
import notFound from './plugins/not-found.ts';
import openapi from './plugins/openapi.ts';
import orderlyStop from './plugins/orderly-stop.ts';
import replica from './plugins/replica.ts';
import requestRates from './plugins/request-rates.ts';
import sealing from './plugins/sealing.ts';
import seedConfiguredKeys from './plugins/seed-configured-keys.ts';
import sessions from './plugins/sessions.ts';
import signedIdentity from './plugins/signed-identity.ts';
import tenantQueues from './plugins/tenant-queues.ts';
import validation from './plugins/validation.ts';

export interface BuildOptions extends Config {
  databaseUrl: string;
  /** The destination of log lines; standard output by default. */
  logStream?: DestinationStream;
  /** `false` does without notifications of the database, as behind a pooler. */
  notifications?: boolean;
  /** `false` answers changes at once, without the promise: only to prove that a test would notice. */
  confirmChanges?: boolean;
  /** The kinds of events that the process knows: those of this release by default. */
  eventKinds?: EventKinds;
  /** Milliseconds between two statements that write usage; 5,000 by default. */
  usageIntervalMs?: number;
}

/** The service, ready to listen: everything that it is made of, in order. */
export async function build(options: BuildOptions): Promise<FastifyInstance> {
  const { databaseUrl, configuredKeys, trustedProxies, redisUrl, failedAuthLimit, masterKeys } = options;
  const { notifications = true, confirmChanges = true, usageIntervalMs = 5_000 } = options;
  const { eventKinds = everyKind } = options;
  const app = createServer(options);

  await app.register(connections, { maxConnections: options.maxConnections, trustedProxies });
  await app.register(validation);
  await app.register(errors);
  await app.register(database, { url: databaseUrl });
  // OpenTelemetry is loaded only where it is asked for.
  if (options.tracing !== null) await app.register(import('./plugins/tracing.ts'), options.tracing);
  await app.register(brokenRequests);
  await app.register(notFound);
  const { staleIfErrorSeconds } = options;
  await app.register(replica, { databaseUrl, staleIfErrorSeconds, notifications, eventKinds });
  await app.register(changes, { confirmChanges, eventKinds });
  await app.register(authenticator, { configuredKeys, redisUrl, failedAuthLimit, usageIntervalMs });
  await app.register(metrics, { host: options.metricsHost, port: options.metricsPort });
  await app.register(seedConfiguredKeys, { configuredKeys });
  await app.register(tenantQueues);
  await app.register(auth);
  await app.register(sessions, { sessionKeys: options.sessionKeys, session: options.session });
  await app.register(requestRates, options.requestRates);
  await app.register(accessLog, { accessLog: options.accessLog });
  await app.register(signedIdentity, { identityKeys: options.identityKeys, trustedProxies });
  await app.register(sealing, { masterKeys });
  await app.register(maintenance);
  await app.register(eventStreams);
  await app.register(orderlyStop);
  await app.register(openapi, { version, isServed: options.apiDocs });
  await app.register(autoload, {
    dir: fileURLToPath(new URL('./routes', import.meta.url)),
    routeParams: true,
  });
  return app;
}

/** Creates the server, with a bound on everything that a connection can make it hold or wait for. */
function createServer({ logLevel, logStream, trustedProxies }: BuildOptions): FastifyInstance {
  return Fastify({
    logger: loggerOptions(logLevel, logStream),
    // The access log writes the one line that a request gets.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: newRequestId,
    trustProxy: trustedProxies.length > 0 ? trustWithPorts(compile(trustedProxies)) : false,
    bodyLimit: 64 * 1024,
    // As long as a customer's external_id can be, which has up to two units of UTF-16 a character.
    routerOptions: { maxParamLength: 2 * 255, ignoreTrailingSlash: true },
    connectionTimeout: 30_000,
    requestTimeout: 15_000,
    keepAliveTimeout: 72_000,
    http: {
      headersTimeout: 10_000,
      maxHeaderSize: 16 * 1024,
      requireHostHeader: false,
      // Interval of the check of the timeouts; Node's default is half a minute.
      connectionsCheckingInterval: 1_000,
    },
    forceCloseConnections: 'idle',
    // Fastify's own refusal isn't in the envelope, and the service can answer until the last request is done.
    return503OnClosing: false,
    // A start may wait for the database, which gives up by itself.
    pluginTimeout: 0,
    frameworkErrors: sendError,
    clientErrorHandler: refuseBrokenRequest,
  }).withTypeProvider<TypeBoxTypeProvider>();
}
