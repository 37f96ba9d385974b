import { normalizeIP } from '@fastify/rate-limit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { LRUCache } from 'lru-cache';
import type { Identity } from '../lib/auth/identity.ts';
import { type ApiError, tooManyRequests } from '../lib/http/api-error.ts';
import { addressOf } from '../lib/http/client-address.ts';
import type { Handle } from '../lib/key-table/key-table.ts';
import {
  LruRateLimiter,
  ProcessRateLimiter,
  type RequestCount,
} from '../lib/rate-limits/process-rate-limiter.ts';
import { setRateLimitHeaders } from '../lib/rate-limits/rate-limit-headers.ts';
import { RedisRateLimiter } from '../lib/rate-limits/redis-rate-limiter.ts';

declare module 'fastify' {
  interface FastifyInstance {
    rateLimits: RateLimits;
  }
}

/** Known at once, unless Redis is asked. */
type MaybePromise<T> = T | Promise<T>;

interface RateLimits {
  /** How long the address is refused because it has presented too many refused keys; 0: it isn't. Asks nobody. */
  addressBlockedForMs(request: FastifyRequest): number;
  /** Counts a refused key against the address. */
  recordAuthFailure(request: FastifyRequest): MaybePromise<void>;
  /**
   * Counts a request against the limit of an accepted key: all that it costs, or nothing if that is more than what is
   * left. At no cost it only looks.
   * @param key `handle`: where it is in the table at this instant, `absent` for a configured one
   * @returns `null` if the key has no limit
   */
  countKey(
    key: { identity: Identity; digest: string; handle: Handle },
    cost: number,
  ): MaybePromise<RequestCount | null>;
  /** Counts one against the request's own key, and sets the headers. @returns a 429 beyond the limit */
  countRequest(request: FastifyRequest, reply: FastifyReply, handle: Handle): MaybePromise<ApiError | null>;
  /** What has happened since the start. */
  counts(): LimitCounts;
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

/** Limits of keys and of addresses that present wrong ones. With Redis, all processes count together. */
export default fp<RateLimitsOptions>(
  async (app, { redisUrl, failedAuthLimit }) => {
    const requestLimits = new ProcessRateLimiter(app.replica.state);
    const failures = new LruRateLimiter(countersMaxEntries);
    const failureLimit = { limit: failedAuthLimit, windowSeconds: failureWindowSeconds };
    const floodingAddresses = new LRUCache<string, number>({ max: countersMaxEntries });
    let keyRefusals = 0;
    let addressRefusals = 0;
    const shared = redisUrl === null ? null : await RedisRateLimiter.connect(redisUrl, app.log);
    if (shared !== null) app.addHook('onClose', async () => shared.close());

    /** Counts in Redis, or in this process without Redis, and while it can't be reached. */
    function countFailureOf(network: string): MaybePromise<RequestCount> {
      const countHere = () => failures.count(network, failureLimit, 1, Date.now());
      if (shared === null || shared.isPaused) return countHere();
      return shared.count(`address:${network}`, failureLimit, 1).then((count) => count ?? countHere());
    }

    const countKey: RateLimits['countKey'] = ({ identity, digest, handle }, cost) => {
      const { rateLimit } = identity;
      if (rateLimit === null) return null;
      if (shared === null || shared.isPaused)
        return requestLimits.count(handle, identity, rateLimit, cost, Date.now());
      return shared.count(`key:${identity.keyId}`, rateLimit, cost).then((count) => {
        // The key may be elsewhere by now.
        const current = app.replica.state.keys.find(digest);
        return count ?? requestLimits.count(current, identity, rateLimit, cost, Date.now());
      });
    };

    app.decorate('rateLimits', {
      addressBlockedForMs(request) {
        if (floodingAddresses.size === 0) return 0;
        const endsInMs = (floodingAddresses.get(rateLimitSubnet(request)) ?? 0) - Date.now();
        if (endsInMs <= 0) return 0;
        addressRefusals += 1;
        return endsInMs;
      },
      recordAuthFailure(request) {
        if (failedAuthLimit === 0) return;
        const network = rateLimitSubnet(request);
        const conclude = ({ remaining, resetMs }: RequestCount) => {
          if (remaining === 0) floodingAddresses.set(network, Date.now() + resetMs);
        };
        const count = countFailureOf(network);
        return count instanceof Promise ? count.then(conclude) : conclude(count);
      },
      countKey,
      countRequest(request, reply, handle) {
        const { auth, keyDigest } = request;
        if (auth === null || keyDigest === null) return null;
        const conclude = (count: RequestCount | null) => {
          if (count === null) return null;
          setRateLimitHeaders(reply, count);
          if (!count.exceeded) return null;
          keyRefusals += 1;
          return tooManyRequests(count.resetMs);
        };
        const count = countKey({ identity: auth, digest: keyDigest, handle }, 1);
        return count instanceof Promise ? count.then(conclude) : conclude(count);
      },
      counts: () => ({ keyRefusals, addressRefusals, redisFailures: shared?.failures ?? 0 }),
      state: () => (shared?.works ? 'shared' : 'process'),
    } satisfies RateLimits);
  },
  { name: 'rate-limits', dependencies: ['replica'] },
);

/** Whom failures count against: an address of IPv4, or a network of IPv6 that one customer gets. */
function rateLimitSubnet(request: FastifyRequest): string {
  const address = addressOf(request);
  return address.includes(':') ? normalizeIP(address) : address;
}
