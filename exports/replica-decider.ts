import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from 'fastify';
import { setAuthHeaders } from '../lib/auth/auth-headers.ts';
import { type AcceptedKey, type AuthResult, undecidable } from '../lib/auth/auth-result.ts';
import { Authenticator, type Required } from '../lib/auth/authenticator.ts';
import { toPlainIdentity } from '../lib/auth/identity.ts';
import { placeOf } from '../lib/auth/place.ts';
import { refusalOf } from '../lib/auth/refusals.ts';
import { newId } from '../lib/crypto/ids.ts';
import { requireMigrations } from '../lib/database/migrations.ts';
import { createRequestPool } from '../lib/database/pools.ts';
import { eventKinds } from '../lib/events/event-kinds.ts';
import { serializers } from '../lib/observability/logger.ts';
import { RateLimiter } from '../lib/rate-limits/rate-limiter.ts';
import { RedisRateLimiter } from '../lib/rate-limits/redis-rate-limiter.ts';
import { KeyReplica } from '../lib/replica/key-replica.ts';
import { replicationErrorLogger } from '../lib/replica/replication-errors.ts';
import { addUsage } from '../lib/stores/key-usage-store.ts';
import { UsageCounter } from '../lib/usage/usage-counter.ts';
import { keysPerStatement, UsageWriter } from '../lib/usage/usage-writer.ts';
import type { Decider, Done } from './decider.ts';

interface ReplicaDeciderOptions {
  databaseUrl: string;
  /** `null`: limits are counted in this process. */
  redisUrl: string | null;
  log: FastifyBaseLogger;
}

/** Less than the 10 s that Fastify gives a plugin to start in. */
const timeoutMs = 5_000;

const usageIntervalMs = 5_000;

/** The property that holds the accepted key of a request: under no name that an app could use. */
const acceptedKey = Symbol('latchkey.acceptedKey');

declare module 'fastify' {
  interface FastifyRequest {
    [acceptedKey]?: AcceptedKey;
  }
}

/**
 * Makes this process a replica, which decides from memory with the Authenticator of the service itself.
 * @throws SchemaTooOldError, DatabaseUnreachableError
 */
export async function startReplicaDecider(options: ReplicaDeciderOptions): Promise<Decider> {
  const parts = await startParts({ ...options, log: options.log.child({}, { serializers }) });
  const { authenticator, replica } = parts;
  return {
    admit(request, reply, permission, done) {
      reply.header('cache-control', 'no-store');
      const required = requiredBy(permission);
      const result = authenticator.authenticateRequest(request, placeOf(request.raw.headers, true), required);
      if (!(result instanceof Promise)) return answer(request, reply, result, done);
      result
        .then((settled) => answer(request, reply, settled, done))
        .catch((error) => done(refusalOf(undecidable(error))));
    },
    readmit(request, reply, permission, done) {
      const accepted = request[acceptedKey];
      if (accepted === undefined) return done();
      answer(request, reply, authenticator.reauthenticate(accepted, requiredBy(permission)), done);
    },
    ready: () => replica.waitUntilCanDecide(),
    replica() {
      const { leaseValid, appliedSeq, lagEvents, timesFenced } = replica.status();
      return { keys: replica.state.keys.size, leaseValid, appliedSeq, lagEvents, timesFenced };
    },
    close: () => parts.close(),
  };
}

/** An app names permissions of its own, which the catalogue doesn't list. */
const requiredBy = (permission: string | null): Required => ({
  access: { kind: 'key', permission, scope: 'environment' },
  permissions: [],
});

function answer(request: FastifyRequest, reply: FastifyReply, result: AuthResult, done: Done): void {
  setAuthHeaders(reply, result);
  if (result.outcome !== 'accepted') {
    done(refusalOf(result));
    return;
  }
  request[acceptedKey] = result;
  // Apps may copy the identity, or send it as JSON.
  request.auth = toPlainIdentity(result.identity);
  done();
}

interface Parts {
  authenticator: Authenticator;
  replica: KeyReplica;
  close(): Promise<void>;
}

async function startParts({ databaseUrl, redisUrl, log }: ReplicaDeciderOptions): Promise<Parts> {
  const onUnavailable = (error: unknown) => log.warn({ err: error }, 'waiting for the database');
  await requireMigrations(databaseUrl, { timeoutMs, onUnavailable });
  const pool = createRequestPool(databaseUrl, (error) =>
    log.warn({ err: error }, 'idle database connection lost'),
  );
  const redis = redisUrl === null ? null : await RedisRateLimiter.connect(redisUrl, log);
  const replica = new KeyReplica({
    pool,
    databaseUrl,
    notifications: true,
    eventKinds,
    staleIfErrorMs: 0,
    onError: replicationErrorLogger(log),
  });
  const { state } = replica;
  const rateLimiter = new RateLimiter({ state, redis });
  const usage = new UsageCounter(state);
  const writerId = newId('replica');
  const writer = new UsageWriter({
    usage,
    write: (number, batch) => addUsage(pool, writerId, number, batch),
    keysMax: keysPerStatement,
    log,
  });
  replica.start();
  writer.start(usageIntervalMs);
  return {
    authenticator: new Authenticator({
      replica,
      rateLimiter,
      refusalLimiter: null,
      usage,
      configuredKeys: new Map(),
      nowMs: () => Date.now(),
    }),
    replica,
    async close() {
      await writer.stop();
      rateLimiter.close();
      await replica.stop();
      await pool.end();
    },
  };
}
