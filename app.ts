import { fileURLToPath } from 'node:url';
import autoload from '@fastify/autoload';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, { type FastifyInstance, LogController } from 'fastify';
import type { DestinationStream } from 'pino';
import type { Config } from './lib/config/config.ts';
import { newRequestId } from './lib/crypto/ids.ts';
import { loggerOptions } from './lib/observability/logger.ts';
import { version } from './lib/process/version.ts';
import access from './plugins/access.ts';
import accessLog from './plugins/access-log.ts';
import auth from './plugins/auth.ts';
import authenticator, { type AuthenticatorPluginOptions } from './plugins/authenticator.ts';
import brokenRequests, { refuseBrokenRequest } from './plugins/broken-requests.ts';
import changes, { type ChangesOptions } from './plugins/changes.ts';
import configuredKeys from './plugins/configured-keys.ts';
import database from './plugins/database.ts';
import databaseMetrics from './plugins/database-metrics.ts';
import decisionMetrics from './plugins/decision-metrics.ts';
import errors, { sendError } from './plugins/errors.ts';
import eventStreams from './plugins/event-streams.ts';
import httpMetrics from './plugins/http-metrics.ts';
import idempotentAnswers from './plugins/idempotent-answers.ts';
import metrics from './plugins/metrics.ts';
import notFound from './plugins/not-found.ts';
import openapi from './plugins/openapi.ts';
import orderlyStop from './plugins/orderly-stop.ts';
import rateLimitMetrics from './plugins/rate-limit-metrics.ts';
import replica, { type ReplicaOptions } from './plugins/replica.ts';
import replicaMetrics from './plugins/replica-metrics.ts';
import sealing from './plugins/sealing.ts';
import sessions from './plugins/sessions.ts';
import signedIdentity from './plugins/signed-identity.ts';
import tenants from './plugins/tenants.ts';
import usageRetention from './plugins/usage-retention.ts';
import users from './plugins/users.ts';
import validation from './plugins/validation.ts';
import webhookMaintenance from './plugins/webhook-maintenance.ts';

export interface BuildOptions
  extends Config,
    Partial<
      Pick<ReplicaOptions, 'notifications' | 'eventKinds'> &
        ChangesOptions &
        Pick<AuthenticatorPluginOptions, 'usageIntervalMs'>
    > {
  databaseUrl: string;
  /** Where log lines go; standard output if not said. */
  logStream?: DestinationStream;
}

/** The service, ready to listen: everything that it is made of, in order. */
export async function build(options: BuildOptions): Promise<FastifyInstance> {
  const app = Fastify({
    logger: loggerOptions(options.logLevel, options.logStream),
    // The access log writes the one line that a request gets.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: newRequestId,
    trustProxy: options.trustedProxies.length > 0 ? options.trustedProxies : false,
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
      // How often the timeouts are looked at; half a minute if not said.
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

  // The size of the headers is limited, and Node would drop those beyond a number without a word.
  app.server.maxHeadersCount = 0;
  // Node forgets the address of a client that has left, unless it was asked for before.
  app.server.on('connection', (socket) => void socket.remoteAddress);

  await app.register(validation);
  await app.register(errors);
  await app.register(database, { url: options.databaseUrl });
  // Nothing of OpenTelemetry is loaded unless it is asked for.
  if (options.tracing !== null) await app.register(import('./plugins/tracing.ts'), options.tracing);
  await app.register(accessLog, options);
  await app.register(brokenRequests);
  await app.register(notFound);
  await app.register(access);
  await app.register(metrics, { host: options.metricsHost, port: options.metricsPort });
  await app.register(httpMetrics, { port: options.metricsPort });
  await app.register(databaseMetrics);
  await app.register(decisionMetrics, { port: options.metricsPort });
  await app.register(replica, { notifications: true, ...options });
  await app.register(replicaMetrics);
  await app.register(changes, { confirmChanges: true, ...options });
  await app.register(idempotentAnswers);
  await app.register(configuredKeys, { configuredKeys: options.configuredKeys });
  await app.register(tenants, { configuredKeys: options.configuredKeys });
  await app.register(users, { configuredKeys: options.configuredKeys });
  await app.register(authenticator, { usageIntervalMs: 5_000, ...options });
  await app.register(rateLimitMetrics);
  await app.register(auth);
  await app.register(sessions, options);
  await app.register(signedIdentity, options);
  await app.register(sealing, { masterKeys: options.masterKeys });
  await app.register(webhookMaintenance);
  await app.register(usageRetention);
  await app.register(eventStreams);
  await app.register(orderlyStop);
  await app.register(openapi, { version });
  await app.register(autoload, {
    dir: fileURLToPath(new URL('./routes', import.meta.url)),
    routeParams: true,
  });
  return app;
}
