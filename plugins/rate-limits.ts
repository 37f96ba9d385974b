import rateLimit, { type FastifyRateLimitOptions, normalizeIP } from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { Redis } from 'ioredis';
import { LRUCache } from 'lru-cache';
import { addressOf } from '../lib/address.ts';
import { ApiError } from '../lib/errors.ts';

declare module 'fastify' {
  interface FastifyInstance {
    rateLimits: RateLimits;
  }
}

interface RateLimits {
  /** Throws 429 when the address has presented too many refused keys. Asks nobody: call it before any lookup. */
  refuseFloodingAddress(request: FastifyRequest): void;
  /** Counts a refused key against the address. */
  countFailure(request: FastifyRequest): Promise<void>;
  /** Counts a request against its accepted key, sets the headers, and throws 429 when it is over the limit. */
  countRequest(request: FastifyRequest, reply: FastifyReply): Promise<void>;
  /** `process`: each process counts for itself, because there is no Redis or it can't be reached. */
  state(): 'shared' | 'process';
}

interface RateLimitsOptions {
  redisUrl: string | null;
  failedAuthLimit: number;
}

const minuteMs = 60_000;

/** How many keys and addresses are counted at once, ~200 bytes each; beyond, the longest unused is forgotten. */
const countersMaxEntries = 100_000;

/** After Redis has failed it is left alone for this long, so that requests don't wait for it one by one. */
const redisPauseMs = 1_000;

type Limiter = ReturnType<FastifyInstance['createRateLimit']>;
type Count = Exclude<Awaited<ReturnType<Limiter>>, { isAllowed: true }>;

/** The limiters over one place of counting: this process, or Redis. */
interface Limiters {
  failures: Limiter;
  requests: Limiter;
}

/** Limits of keys and of addresses that present wrong ones. With Redis, all processes count together. */
export default fp<RateLimitsOptions>(
  async (app, { redisUrl, failedAuthLimit }) => {
    const local = await createLimiters(app, failedAuthLimit);
    const redis = redisUrl === null ? null : await connectRedis(app, redisUrl);
    const shared = redis && (await createLimiters(app, failedAuthLimit, { redis, nameSpace: 'latchkey:' }));
    let redisPausedUntilMs = 0;
    let redisWorks = redis?.status === 'ready';

    /** Counts in Redis, or in this process while Redis can't be reached. */
    async function count(name: keyof Limiters, request: FastifyRequest): Promise<Count | null> {
      if (shared === null || Date.now() < redisPausedUntilMs) return limitedOnly(await local[name](request));
      try {
        const result = limitedOnly(await shared[name](request));
        if (!redisWorks) app.log.info('Redis is back: limits are counted across all processes again');
        redisWorks = true;
        return result;
      } catch (error) {
        redisPausedUntilMs = Date.now() + redisPauseMs;
        if (redisWorks)
          app.log.warn({ err: error }, 'Redis is unreachable: each process counts limits for itself');
        redisWorks = false;
        return limitedOnly(await local[name](request));
      }
    }

    const floodingAddresses = new LRUCache<string, number>({ max: countersMaxEntries });

    app.decorate('rateLimits', {
      refuseFloodingAddress(request) {
        const untilMs = floodingAddresses.get(normalizeIP(addressOf(request))) ?? 0;
        if (untilMs > Date.now()) throw tooManyRequests(untilMs - Date.now());
      },
      async countFailure(request) {
        if (failedAuthLimit === 0) return;
        const failures = await count('failures', request);
        if (failures === null || failures.remaining > 0) return;
        floodingAddresses.set(normalizeIP(addressOf(request)), Date.now() + failures.ttl);
      },
      async countRequest(request, reply) {
        if (request.auth?.rateLimit == null) return;
        const requests = await count('requests', request);
        if (requests === null) return;
        reply.header('x-ratelimit-limit', requests.max);
        reply.header('x-ratelimit-remaining', requests.remaining);
        reply.header('x-ratelimit-reset', requests.ttlInSeconds);
        if (requests.isExceeded) throw tooManyRequests(requests.ttl);
      },
      state: () => (shared !== null && redisWorks ? 'shared' : 'process'),
    } satisfies RateLimits);
  },
  { name: 'rate-limits' },
);

const limitedOnly = (count: Awaited<ReturnType<Limiter>>): Count | null => (count.isAllowed ? null : count);

const tooManyRequests = (retryAfterMs: number): ApiError =>
  new ApiError('too_many_requests', 'Rate limit exceeded', {
    headers: { 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1000))) },
  });

/** Registered in a context of its own, because the plugin has one store for each context. */
async function createLimiters(
  app: FastifyInstance,
  failedAuthLimit: number,
  store: FastifyRateLimitOptions = {},
): Promise<Limiters> {
  const created: Limiters[] = [];
  // A limiter counts in a store of its own, which doesn't take its size from the plugin's.
  const size = { cache: countersMaxEntries };
  await app.register(async (scope) => {
    await scope.register(rateLimit, { global: false, ...store });
    created.push({
      failures: scope.createRateLimit({
        ...size,
        max: failedAuthLimit,
        timeWindow: minuteMs,
        keyGenerator: (request) => `address:${normalizeIP(addressOf(request))}`,
      }),
      requests: scope.createRateLimit({
        ...size,
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
