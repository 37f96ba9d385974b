import type { FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { addressOf } from '../lib/address.ts';
import type { AccessLog } from '../lib/config.ts';

interface AccessLogOptions {
  accessLog: AccessLog;
}

/**
 * One line for each request, or for each that failed or changed something. It names the route's pattern, not the
 * URL, and no header: a key that a client put in the wrong place must not end up here. The client is told the
 * request's id.
 */
export default fp<AccessLogOptions>(
  async (app, { accessLog }) => {
    app.addHook('onRequest', (request, reply, done) => {
      reply.header('x-request-id', request.id);
      done();
    });

    if (accessLog === 'off') return;
    app.addHook('onResponse', (request, reply, done) => {
      if (accessLog === 'all' || hasFailed(reply) || isChange(request)) write(request, reply);
      done();
    });
  },
  { name: 'access-log' },
);

const hasFailed = ({ statusCode }: FastifyReply): boolean => statusCode >= 400;

/** Methods that aren't safe (RFC 9110, section 9.2.1). */
const isChange = ({ method }: FastifyRequest): boolean => !['GET', 'HEAD', 'OPTIONS'].includes(method);

function write(request: FastifyRequest, reply: FastifyReply): void {
  request.log.info(
    {
      method: request.method,
      route: request.routeOptions.url ?? null,
      status: reply.statusCode,
      durationMs: Math.round(reply.elapsedTime * 1000) / 1000,
      address: addressOf(request),
      keyId: request.auth?.keyId ?? request.refusedKeyId,
      tenantId: request.auth?.tenantId,
      environmentId: request.auth?.environmentId,
    },
    'request',
  );
}
