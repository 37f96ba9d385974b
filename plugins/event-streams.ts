import type { FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { EventStreams } from '../lib/audit/event-streams.ts';
import type { AuthResult } from '../lib/auth/auth-result.ts';
import { ApiError, invalid } from '../lib/http/api-error.ts';
import { readEventsAfter, readEventsOfTenants } from '../lib/stores/audit-event-store.ts';
import { readHeadSeq } from '../lib/stores/key-event-store.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Answers with the events of the request's environment as they happen, for as long as its key may see them.
     * @param after the number of the last event that the client has; `null`: it begins now
     * @throws ApiError `validation_error` for a number that there is no event of yet and for a request behind another
     * one, `too_many_requests` or `service_unavailable` when there are too many streams
     */
    streamEvents(request: FastifyRequest, reply: FastifyReply, after: number | null): Promise<void>;
  }
}

/** How many streams there may be at once: a socket and some kilobytes each. */
const limits = { all: 200, ofTenant: 20, ofKey: 5 };

/** How late at most a stream ends whose key has expired. Before each event it is asked anyway. */
const lookIntervalMs = 250;

/** The live tail of the audit trail. */
export default fp(
  async (app) => {
    const { pool } = app.pg;
    const streams = new EventStreams({
      source: {
        state: () => app.replica.status(),
        ofScope: (...range) => readEventsAfter(pool, ...range),
        ofTenants: (...range) => readEventsOfTenants(pool, ...range),
      },
      limits,
      onError: (error) => app.log.warn({ err: error }, 'reading events for streams failed'),
    });
    app.replica.onApplied(() => streams.applied());
    const timer = setInterval(() => streams.tick(), lookIntervalMs).unref();
    app.addHook('preClose', async () => {
      clearInterval(timer);
      streams.stop();
    });

    app.decorate('streamEvents', async (request, reply, after) => {
      await refuseFuture(after);
      refuseUnconnected(reply);
      const { keyId, tenantId, environmentId } = request.identity();
      streams.open({
        scope: request.scope(),
        keyId,
        after,
        begin: () => begin(reply),
        reauthenticate: () => reauthenticate(request),
      });
      // The access log has a line of the answers that came to their end.
      reply.raw.on('close', () => {
        if (reply.raw.writableFinished) return;
        request.log.info({ keyId, tenantId, environmentId }, 'event stream cut off');
      });
    });

    /** A key that has come to speak for another environment, as when names of environments change, is refused. */
    function reauthenticate(request: FastifyRequest): AuthResult['outcome'] {
      const { authResult } = request;
      if (authResult?.outcome !== 'accepted') return 'undecidable';
      const { access } = request.routeOptions.config;
      const result = app.authenticator.reauthenticate(authResult, { access, permissions: [] });
      if (result.outcome !== 'accepted') return result.outcome;
      const { tenantId, environmentId } = request.identity();
      const { identity } = result;
      return identity.tenantId === tenantId && identity.environmentId === environmentId
        ? 'accepted'
        : 'environment';
    }

    /** Another replica may have sent what this one has yet to apply; but nobody has sent what isn't there. */
    async function refuseFuture(after: number | null): Promise<void> {
      if (after === null || after <= (app.replica.status().appliedSeq ?? 0)) return;
      if (after > (await readHeadSeq(pool)))
        throw invalid('headers/last-event-id', 'does not match any event');
    }
  },
  { name: 'event-streams', dependencies: ['auth', 'authenticator', 'database', 'replica'] },
);

/**
 * A pipelined response gets no 'close' event when the client disconnects, nor does one whose client has already left, so
 * its stream would never end.
 */
function refuseUnconnected({ raw }: FastifyReply): void {
  if (raw.socket !== null && !raw.destroyed) return;
  throw new ApiError(
    'validation_error',
    'An event stream needs a connection of its own: send no other request before it on the same connection',
  );
}

/** Takes the answer out of Fastify's hands, with the headers that it has. Its connection serves nothing afterwards. */
function begin(reply: FastifyReply): FastifyReply['raw'] {
  reply.header('content-type', 'text/event-stream').header('connection', 'close');
  // nginx would collect what is to arrive at once.
  reply.header('x-accel-buffering', 'no');
  const { raw } = reply.hijack();
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) raw.setHeader(name, value);
  }
  raw.flushHeaders();
  return raw;
}
