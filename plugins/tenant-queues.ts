import type { FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { type Work, workOf } from '../lib/http/route-work.ts';
import { toArray } from '../lib/http/to-array.ts';
import { FairQueue, type Release } from '../lib/rate-limits/fair-queue.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The kind of work that the route does, where its method and path don't say; `null`: none with bounds. */
    work?: Work | null;
  }
  interface FastifyInstance {
    tenantQueues: TenantQueues;
  }
  interface FastifyRequest {
    /** True if the request has waited for its turn: what was decided on it may have changed. */
    hasWaited: boolean;
  }
}

/** The queues of what a tenant does at once in this process. */
type TenantQueues = Record<Exclude<Work, 'public'>, FairQueue>;

const noRelease: Release = () => {};

/**
 * Lets each tenant do a few things at once, so that no tenant takes all connections to the database. Its further requests
 * wait for their turn, before their handler is called and until their answer is there.
 */
export default fp(
  async (app) => {
    const queues: TenantQueues = {
      change: new FairQueue({ total: 16, perTenant: 4, maxWaiting: 500, maxWaitMs: 5_000 }),
      import: new FairQueue({ total: 1, perTenant: 1, maxWaiting: 2, maxWaitMs: 10_000 }),
      listing: new FairQueue({ total: 6, perTenant: 2, maxWaiting: 50, maxWaitMs: 3_000 }),
    };
    const releases = new WeakMap<FastifyRequest, Release>();
    app.decorate('tenantQueues', queues);
    app.decorateRequest('hasWaited', false);

    app.addHook('onRoute', (route) => {
      const work = workOf(route);
      if (work === null || work === 'public') return;
      const queue = queues[work];
      route.preHandler = [enter, ...toArray(route.preHandler)];
      // Also when the client has left, or the handler has thrown.
      route.onSend = [release, ...toArray(route.onSend)];

      function enter(request: FastifyRequest, _reply: FastifyReply, done: (error?: Error) => void): void {
        const tenantId = (request.auth ?? request.session)?.tenantId;
        const entered = tenantId === undefined ? noRelease : queue.tryEnter(tenantId);
        if (entered !== null) {
          releases.set(request, entered);
          done();
        } else {
          queue.enter(String(tenantId)).then((later) => {
            releases.set(request, later);
            request.hasWaited = true;
            done();
          }, done);
        }
      }
    });

    function release(
      request: FastifyRequest,
      _reply: FastifyReply,
      _payload: unknown,
      done: () => void,
    ): void {
      releases.get(request)?.();
      done();
    }
  },
  { name: 'tenant-queues' },
);
