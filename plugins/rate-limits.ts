import rateLimit, { normalizeIP } from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import type { Redis } from 'ioredis';
import { LRUCache } from 'lru-cache';
import { addressOf } from '../lib/address.ts';
import { type ApiError, tooManyRequests } from '../lib/errors.ts';
import type { Identity } from '../lib/keys/identity.ts';
import type { Handle } from '../lib/keys/key-table.ts';
import { type RequestCount, RequestLimits, Windows } from '../lib/keys/request-limits.ts';

declare module 'fastify' {
  interface FastifyInstance {
    rateLimits: RateLimits;
  }
}

interface RateLimits {
  /** How long the address is refused because it has presented too many refused keys; 0: it isn't. Asks nobody. */
  floodEndsInMs(request: FastifyRequest): number;
  /** Counts a refused key against the address, and calls `done`. */
  countFailure(request: FastifyRequest, done: () => void): void;
  /**
   * Counts one against an accepted key, if that has a limit. Calls `done`, at once unless Redis is asked, with what
   * is left of it.
   * @param handle where the key is in the table at this instant, `absent` for a configured one
   */
  countKey(
    request: FastifyRequest,
    key: { identity: Identity; digest: string; handle: Handle },
    done: (count: RequestCount | null) => void,
  ): void;
  /** As `countKey`, against the request's own key; sets the headers, and calls `done` with a 429 beyond the limit. */
  countRequest(
    request: FastifyRequest,
    reply: FastifyReply,
    handle: Handle,
    done: (excess: ApiError | null) => void,
  ): void;
  /** What has happened since the start. */
  counts(): Readonly<LimitCounts>;
  /** `process`: each process counts for itself, because there is no Redis or it can't be reached. */
  state(): 'shared' | 'process';
}

interface LimitCounts {
  /** Requests over the limit of their key. */
  keyRefusals: number;
  /** Requests from addresses that had presented too many refused keys. */
  addressRefusals: number;
  /** Times Redis was asked in vain. */
  redisFailures: number;
}

interface RateLimitsOptions {
  redisUrl: string | null;
  failedAuthLimit: number;
}

const failureWindowSeconds = 60;

/** How many addresses are counted at once, ~200 bytes each; beyond, the longest unused is forgotten. */
const countersMaxEntries = 100_000;

/** After Redis has failed it is left alone for this long, so that requests don't wait for it one by one. */
const redisPauseMs = 1_000;

type Limiter = ReturnType<FastifyInstance['createRateLimit']>;

/** The limiters that count in Redis. */
interface SharedLimiters {
  failures: Limiter;
  requests: Limiter;
}

/** Limits of keys and of addresses that present wrong ones. With Redis, all processes count together. */
export default fp<RateLimitsOptions>(
  async (app, { redisUrl, failedAuthLimit }) => {
    const requestLimits = new RequestLimits(app.replica.keys);
    const failures = new Windows(countersMaxEntries);
    const failureLimit = { limit: failedAuthLimit, windowSeconds: failureWindowSeconds };
    const redis = redisUrl === null ? null : await connectRedis(app, redisUrl);
    const shared = redis && (await createSharedLimiters(app, failedAuthLimit, redis));
    const counts: LimitCounts = { keyRefusals: 0, addressRefusals: 0, redisFailures: 0 };
    let redisPausedUntilMs = 0;
    let redisWorks = redis?.status === 'ready';

    /**
     * Counts in Redis, or in this process without Redis, and while it can't be reached.
     * @param countHere told whether it happens `later`, after Redis was asked in vain
     */
    function count(
      name: keyof SharedLimiters,
      request: FastifyRequest,
      countHere: (later: boolean) => RequestCount,
      done: (count: RequestCount) => void,
    ): void {
      const here = shared === null || Date.now() < redisPausedUntilMs;
      if (here) done(countHere(false));
      else void countShared(shared[name], request).then((counted) => done(counted ?? countHere(true)));
    }

    /** @returns `null` if Redis can't be reached */
    async function countShared(limiter: Limiter, request: FastifyRequest): Promise<RequestCount | null> {
      try {
        const result = countOf(await limiter(request));
        if (!redisWorks) app.log.info('Redis is back: limits are counted across all processes again');
        redisWorks = true;
        return result;
      } catch (error) {
        counts.redisFailures += 1;
        redisPausedUntilMs = Date.now() + redisPauseMs;
        if (redisWorks)
          app.log.warn({ err: error }, 'Redis is unreachable: each process counts limits for itself');
        redisWorks = false;
        return null;
      }
    }

    const floodingAddresses = new LRUCache<string, number>({ max: countersMaxEntries });

    const countKey: RateLimits['countKey'] = (request, { identity, digest, handle }, done) => {
      const { rateLimit } = identity;
      if (rateLimit === null) return done(null);
      const countHere = (later: boolean) => {
        const current = later ? app.replica.keys.keys.find(digest) : handle;
        return requestLimits.count(current, identity, rateLimit, Date.now());
      };
      count('requests', speakingFor(request, identity), countHere, done);
    };

    app.decorate('rateLimits', {
      floodEndsInMs(request) {
        if (floodingAddresses.size === 0) return 0;
        const endsInMs = (floodingAddresses.get(networkOf(request)) ?? 0) - Date.now();
        if (endsInMs <= 0) return 0;
        counts.addressRefusals += 1;
        return endsInMs;
      },
      countFailure(request, done) {
        if (failedAuthLimit === 0) return done();
        const network = networkOf(request);
        const countHere = () => failures.count(network, failureLimit, Date.now());
        count('failures', request, countHere, ({ remaining, resetMs }) => {
          if (remaining === 0) floodingAddresses.set(network, Date.now() + resetMs);
          done();
        });
      },
      countKey,
      countRequest(request, reply, handle, done) {
        const { auth, keyDigest } = request;
        if (auth === null || keyDigest === null) return done(null);
        countKey(request, { identity: auth, digest: keyDigest, handle }, (counted) => {
          if (counted === null) return done(null);
          const { limit, remaining, resetMs, exceeded } = counted;
          reply.header('x-ratelimit-limit', limit);
          reply.header('x-ratelimit-remaining', remaining);
          reply.header('x-ratelimit-reset', Math.ceil(resetMs / 1000));
          if (exceeded) counts.keyRefusals += 1;
          done(exceeded ? tooManyRequests(resetMs) : null);
        });
      },
      counts: () => counts,
      state: () => (shared !== null && redisWorks ? 'shared' : 'process'),
    } satisfies RateLimits);
  },
  { name: 'rate-limits', dependencies: ['replica'] },
);

/** The limiters know requests only: one that is as this, but for whom it speaks for. */
const speakingFor = (request: FastifyRequest, identity: Identity): FastifyRequest =>
  request.auth === identity ? request : Object.create(request, { auth: { value: identity } });

/** Whom failures count against: an address of IPv4, or a network of IPv6 that one customer gets. */
function networkOf(request: FastifyRequest): string {
  const address = addressOf(request);
  return address.includes(':') ? normalizeIP(address) : address;
}

function countOf(count: Awaited<ReturnType<Limiter>>): RequestCount {
  if (count.isAllowed) throw new Error('Nobody is exempt from limits');
  const { max, remaining, ttl, isExceeded } = count;
  return { limit: max, remaining, resetMs: ttl, exceeded: isExceeded };
}

/** Registered in a context of its own: nothing else is to be limited by the plugin. */
async function createSharedLimiters(
  app: FastifyInstance,
  failedAuthLimit: number,
  redis: Redis,
): Promise<SharedLimiters> {
  const created: SharedLimiters[] = [];
  await app.register(async (scope) => {
    await scope.register(rateLimit, { global: false, redis, nameSpace: 'latchkey:' });
    created.push({
      failures: scope.createRateLimit({
        max: failedAuthLimit,
        timeWindow: failureWindowSeconds * 1000,
        keyGenerator: (request) => `address:${networkOf(request)}`,
      }),
      requests: scope.createRateLimit({
        max: (request) => request.auth?.rateLimit?.limit ?? 0,
        timeWindow: (request) => (request.auth?.rateLimit?.windowSeconds ?? 0) * 1000,
        keyGenerator: (request) => `key:${request.auth?.keyId}`,
      }),
    });
  });
  const [limiters] = created;
  if (limiters === undefined) throw new Error('The limiters were not created');
  return limiters;
}

/** Every wait is bounded: with ioredis' defaults a dead Redis would hold requests for many seconds. */
async function connectRedis(app: FastifyInstance, url: string): Promise<Redis> {
  // Only where it is wanted: it takes longer to load than most of what is here.
  const { Redis } = await import('ioredis');
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: 300,
    commandTimeout: 100,
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
    retryStrategy: (attempt) => Math.min(attempt * 100, 2_000),
  });
  redis.on('error', (error) => app.log.debug({ err: error }, 'Redis connection error'));
  app.addHook('onClose', async () => redis.disconnect());
  await redis.connect().catch(() => {
    app.log.warn('Redis is unreachable: each process counts limits for itself');
  });
  return redis;
}
