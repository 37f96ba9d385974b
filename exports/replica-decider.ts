import Fastify, { type FastifyBaseLogger, type FastifyRequest } from 'fastify';
import { permitted } from '../lib/auth/route-policy.ts';
import { serializers } from '../lib/observability/logger.ts';
import auth from '../plugins/auth.ts';
import database from '../plugins/database.ts';
import decisionMetrics from '../plugins/decision-metrics.ts';
import keyDecisions from '../plugins/key-decisions.ts';
import keyUsage from '../plugins/key-usage.ts';
import metrics from '../plugins/metrics.ts';
import rateLimits from '../plugins/rate-limits.ts';
import replica from '../plugins/replica.ts';
import requestIdentity from '../plugins/request-identity.ts';
import type { Decider } from './decider.ts';

interface ReplicaDeciderOptions {
  databaseUrl: string;
  /** `null`: limits are counted in this process. */
  redisUrl: string | null;
  log: FastifyBaseLogger;
}

/** Less than the 10 s that Fastify gives a plugin to start in. */
const patienceMs = 5_000;

const usageIntervalMs = 5_000;

/**
 * Makes this process a replica: it decides from memory, with the parts of the service itself. They live on an instance
 * of Fastify that serves nothing, so that neither their names nor their hooks get in the way of the app's.
 * @throws SchemaTooOldError, DatabaseUnreachableError
 */
export async function startReplicaDecider({
  databaseUrl,
  redisUrl,
  log,
}: ReplicaDeciderOptions): Promise<Decider> {
  const parts = Fastify({ loggerInstance: log.child({}, { serializers }), pluginTimeout: 0 });
  try {
    await parts.register(database, { url: databaseUrl, migrations: 'require', patienceMs });
    await parts.register(metrics, { host: 'localhost', port: null });
    await parts.register(decisionMetrics, { port: null });
    await parts.register(replica, { databaseUrl, staleIfErrorSeconds: 0, notifications: true });
    await parts.register(requestIdentity);
    await parts.register(keyDecisions, { configuredKeys: new Map() });
    await parts.register(rateLimits, { redisUrl, failedAuthLimit: 0 });
    await parts.register(keyUsage, { usageIntervalMs });
    await parts.register(auth);
    await parts.ready();
  } catch (error) {
    await parts.close();
    throw error;
  }

  /** By permission: as many as the routes of the app name. */
  const hooks = new Map<string | null, ReturnType<typeof parts.keyHooks>>();
  function hooksFor(permission: string | null) {
    const known = hooks.get(permission);
    if (known !== undefined) return known;
    const config = { access: permitted(permission) };
    const made = parts.keyHooks({ config });
    hooks.set(permission, made);
    return made;
  }

  return {
    admit(request, reply, permission, done) {
      hooksFor(permission).onRequest(request, reply, (refusal) => {
        toPlainIdentity(request);
        done(refusal);
      });
    },
    readmit(request, reply, permission, done) {
      hooksFor(permission).preHandler(request, reply, (refusal) => {
        toPlainIdentity(request);
        done(refusal);
      });
    },
    ready: () => parts.replica.waitUntilCanDecide(),
    replica() {
      const { leaseValid, appliedSeq, lagEvents, timesFenced } = parts.replica.status();
      return { keys: parts.replica.state.keys.size, leaseValid, appliedSeq, lagEvents, timesFenced };
    },
    close: async () => void (await parts.close()),
  };
}

/** Apps may copy the identity, or send it as JSON: all that it tells has to be a property of its own. */
function toPlainIdentity(request: FastifyRequest): void {
  if (request.auth !== null) request.auth = { ...request.auth, keyId: request.auth.keyId };
}
