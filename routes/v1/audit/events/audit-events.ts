import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { readPage } from '../../../../lib/audit/audit-trail.ts';
import { requires } from '../../../../lib/auth/route-policy.ts';
import { invalid } from '../../../../lib/http/api-error.ts';
import { listEvents } from '../../../../lib/stores/audit-event-store.ts';
import {
  AuditEventPage,
  EventStream,
  EventStreamHeaders,
  ListAuditEventsQuery,
} from '../../../../schemas/audit.ts';
import { errorResponses } from '../../../../schemas/errors.ts';

const tags = ['Audit'];

const routes: FastifyPluginAsyncTypebox = async (app) => {
  const { pool } = app.pg;

  app.get(
    '',
    {
      schema: {
        operationId: 'listAuditEvents',
        summary: 'List changes',
        description:
          'Lists the changes in the environment, and those of its tenant as a whole, newest first.',
        tags,
        querystring: ListAuditEventsQuery,
        response: { 200: AuditEventPage, ...errorResponses },
      },
      config: { access: requires('audit:read') },
    },
    async (request) => {
      const { query } = request;
      const filter = {
        kind: query.kind,
        actorKeyId: query.actor_key_id,
        actorUserId: query.actor_user_id,
        subjectId: query.subject_id,
        from: instantOf('from', query.from),
        to: instantOf('to', query.to),
      };
      const scope = request.scope();
      return readPage(query, (before, limit) => listEvents(pool, scope, filter, before, limit));
    },
  );

  app.get(
    '/stream',
    {
      // Nothing would ever be the answer to HEAD.
      exposeHeadRoute: false,
      schema: {
        operationId: 'streamAuditEvents',
        summary: 'Follow changes as they happen',
        description:
          'Server-sent events: `data` is a change as in the list, `id` its `seq`. After a lost ' +
          'connection, send the last `id` as `Last-Event-ID`: no change is skipped or repeated. The ' +
          'stream ends at once when its key loses access. Each process allows 5 streams for a key ' +
          'and 20 for a tenant.',
        tags,
        headers: EventStreamHeaders,
        response: { 200: EventStream, ...errorResponses },
      },
      // A stream lasts, and has bounds of its own.
      config: { access: requires('audit:read'), work: null },
    },
    async (request, reply) => {
      const last = request.headers['last-event-id'];
      await app.streamEvents(request, reply, last ? Number(last) : null);
      return reply;
    },
  );
};
export default routes;

/** @throws ApiError for a date-time that doesn't exist, such as the 30th of February */
function instantOf(name: string, text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const instant = new Date(text);
  if (Number.isNaN(instant.getTime())) throw invalid(`querystring/${name}`, 'is not a valid date-time');
  return instant;
}
