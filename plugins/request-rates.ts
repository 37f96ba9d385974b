import rateLimit, { normalizeIP } from '@fastify/rate-limit';
import type { FastifyRequest, onRequestAsyncHookHandler } from 'fastify';
import fp from 'fastify-plugin';
import { ApiError } from '../lib/http/api-error.ts';
import { addressOf } from '../lib/http/client-address.ts';
import { type Work, workOf } from '../lib/http/route-work.ts';
import { toArray } from '../lib/http/to-array.ts';
import { addWorkMetrics } from '../lib/observability/metrics/work-metrics.ts';
import { bucketStoreOn } from '../lib/rate-limits/bucket-store.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** The hook of routes that strangers may call; `null`: as often as they like. */
    checkPublicRate: onRequestAsyncHookHandler | null;
  }
}

interface RequestRates {
  /** Changes of a tenant in a second, imports included; 0: any number. */
  changesPerSecond: number;
  /** Listings and reports of a tenant in a second; 0: any number. */
  listingsPerSecond: number;
}

type RatedWork = Exclude<Work, 'import'>;

interface Rate {
  perSecond: number;
  /** Requests that may come at once. */
  burst: number;
  nameOf: (request: FastifyRequest) => string;
}

const whatOf: Record<RatedWork, string> = {
  change: 'changes by this tenant',
  listing: 'listings by this tenant',
  public: 'requests for public documents from this address',
};

/** The requests for public documents that an address may send in a second. */
const publicPerSecond = 20;

const tenantOf = (request: FastifyRequest): string =>
  (request.auth ?? request.session)?.tenantId ?? addressOf(request);

const networkOf = (request: FastifyRequest): string => normalizeIP(addressOf(request));

/** Bounds how often a tenant may change and list things, and how often an address may fetch public documents. */
export default fp<RequestRates>(
  async (app, { changesPerSecond, listingsPerSecond }) => {
    await app.register(rateLimit, { global: false, store: bucketStoreOn(app.redisRateLimiter) });
    const refusals = { change: 0, listing: 0, public: 0 };
    addWorkMetrics(app.metrics, app.tenantQueues, refusals);
    const hooks: Record<RatedWork, onRequestAsyncHookHandler | null> = {
      change: hookFor('change', {
        perSecond: changesPerSecond,
        burst: 4 * changesPerSecond,
        nameOf: tenantOf,
      }),
      listing: hookFor('listing', {
        ...{ perSecond: listingsPerSecond, burst: 5 * listingsPerSecond, nameOf: tenantOf },
      }),
      public: hookFor('public', {
        perSecond: publicPerSecond,
        burst: 5 * publicPerSecond,
        nameOf: networkOf,
      }),
    };
    app.decorate('checkPublicRate', hooks.public);

    // After the key or session of the request was accepted.
    app.addHook('onRoute', (route) => {
      const work = workOf(route);
      if (work === null) return;
      const hook = hooks[work === 'import' ? 'change' : work];
      if (hook !== null) route.onRequest = [...toArray(route.onRequest), hook];
    });

    function hookFor(work: RatedWork, { perSecond, burst, nameOf }: Rate): onRequestAsyncHookHandler | null {
      if (perSecond === 0) return null;
      const count = app.createRateLimit({
        max: burst,
        timeWindow: Math.ceil((burst / perSecond) * 1000),
        keyGenerator: (request) => `${work}:${nameOf(request)}`,
      });
      return async (request) => {
        const state = await count(request);
        if (state.isAllowed || !state.isExceeded) return;
        refusals[work] += 1;
        throw new ApiError(
          'too_many_requests',
          `Too many ${whatOf[work]}: ${perSecond} a second are allowed`,
          {
            headers: { 'retry-after': String(Math.max(1, state.ttlInSeconds)) },
          },
        );
      };
    }
  },
  { name: 'request-rates', dependencies: ['auth', 'authenticator', 'metrics', 'sessions', 'tenant-queues'] },
);
