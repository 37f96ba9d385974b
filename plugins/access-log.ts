import fp from 'fastify-plugin';
import { addressOf } from '../lib/address.ts';

/**
 * One line for each request. It names the route's pattern, not the URL, and no header: a key that a client
 * put in the wrong place must not end up here. The client is told the request's id.
 */
export default fp(
  async (app) => {
    app.addHook('onRequest', async (request, reply) => {
      reply.header('x-request-id', request.id);
    });

    app.addHook('onResponse', async (request, reply) => {
      request.log.info(
        {
          method: request.method,
          route: request.routeOptions.url ?? null,
          status: reply.statusCode,
          durationMs: Math.round(reply.elapsedTime * 1000) / 1000,
          address: addressOf(request),
          keyId: request.auth?.keyId,
          tenantId: request.auth?.tenantId,
          environmentId: request.auth?.environmentId,
        },
        'request',
      );
    });
  },
  { name: 'access-log' },
);
