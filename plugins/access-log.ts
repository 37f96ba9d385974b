import type { FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import type { AccessLog } from '../lib/config/settings.ts';
import { addressOf } from '../lib/http/client-address.ts';
import { LogRateLimit } from '../lib/observability/log-rate-limit.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** True if the route changes nothing, whatever the method. */
    readOnly?: boolean;
  }
}

interface AccessLogOptions {
  accessLog: AccessLog;
}

/** Beyond it refusals are only counted: a flood must not fill the disk. */
const refusalLinesPerSecond = 100;

/**
 * One line for each request, or for each that failed or changed something. It names the route's pattern, not the
 * URL, and no header: a key that a client put in the wrong place must not end up here. The response carries the
 * request's id.
 */
export default fp<AccessLogOptions>(
  async (app, { accessLog }) => {
    app.addHook('onRequest', (request, reply, done) => {
      reply.header('x-request-id', request.id);
      done();
    });

    if (accessLog === 'off') return;
    const budget = new LogRateLimit(refusalLinesPerSecond);
    app.addHook('onResponse', (request, reply, done) => {
      log(request, reply);
      done();
    });
    // Fastify does not call onResponse when the client has disconnected, so such changes are logged here.
    app.addHook('onSend', (request, reply, _payload, done) => {
      if (reply.raw.destroyed) log(request, reply);
      done();
    });
    app.addHook('onClose', async () => tellOmitted());

    function log(request: FastifyRequest, reply: FastifyReply): void {
      if (accessLog === 'all' || isChange(request) || isError(reply)) write(request, reply);
      else if (isRefusal(reply) && !isFlood(request) && budget.allow(Date.now())) {
        tellOmitted();
        write(request, reply);
      }
    }

    function tellOmitted(): void {
      const count = budget.drainSuppressed();
      if (count > 0) app.log.info({ count }, 'refused requests were not logged');
    }
  },
  { name: 'access-log', dependencies: ['auth', 'sessions'] },
);

const isError = ({ statusCode }: FastifyReply): boolean => statusCode >= 500;
const isRefusal = ({ statusCode }: FastifyReply): boolean => statusCode >= 400;

/** A request whose sender is told to wait, for it has sent too many with unknown keys. */
const isFlood = ({ authResult }: FastifyRequest): boolean =>
  authResult?.outcome === 'limited' && authResult.key === null;

/** One by a method that isn't safe (RFC 9110, section 9.2.1), of somebody who may. */
const isChange = (request: FastifyRequest): boolean =>
  (request.auth ?? request.session) !== null &&
  !['GET', 'HEAD', 'OPTIONS'].includes(request.method) &&
  // Last, for Fastify puts the options of the route together each time that they are asked for.
  request.routeOptions.config.readOnly !== true;

function write(request: FastifyRequest, reply: FastifyReply): void {
  request.log.info(
    {
      method: request.method,
      route: request.routeOptions.url ?? null,
      status: reply.statusCode,
      durationMs: Math.round(reply.elapsedTime * 1000) / 1000,
      address: addressOf(request),
      keyId: request.auth?.keyId ?? request.refusedKeyId,
      sessionId: request.session?.id,
      tenantId: (request.auth ?? request.session)?.tenantId,
      environmentId: (request.auth ?? request.session)?.environmentId,
    },
    'request',
  );
}
