import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { readPage } from '../../../../../../../lib/audit/audit-trail.ts';
import { requires } from '../../../../../../../lib/auth/route-policy.ts';
import { notFound } from '../../../../../../../lib/http/api-error.ts';
import { listEventsOf } from '../../../../../../../lib/stores/audit-event-store.ts';
import { hasKeyEver } from '../../../../../../../lib/stores/key-store.ts';
import { AuditEventPage, ListKeyEventsQuery } from '../../../../../../../schemas/audit.ts';
import { IdParams } from '../../../../../../../schemas/common.ts';
import { errorResponses } from '../../../../../../../schemas/errors.ts';

const routes: FastifyPluginAsyncTypebox = async (app) => {
  const { pool } = app.pg;

  app.get(
    '',
    {
      schema: {
        operationId: 'listKeyEvents',
        summary: 'List the changes of one key',
        description:
          'Lists who changed the key, when, and its state before and after. Stays readable after ' +
          'the key is deleted.',
        tags: ['Keys'],
        params: IdParams,
        querystring: ListKeyEventsQuery,
        response: { 200: AuditEventPage, ...errorResponses },
      },
      config: { access: requires('keys:read') },
    },
    async (request) => {
      const { id } = request.params;
      const scope = request.scope();
      if (!(await hasKeyEver(pool, scope, id))) throw notFound('Key');
      return readPage(request.query, (before, limit) => listEventsOf(pool, scope, id, before, limit));
    },
  );
};
export default routes;
