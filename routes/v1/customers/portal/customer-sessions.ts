import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from '@sinclair/typebox';
import { requires } from '../../../../lib/auth/route-policy.ts';
import { revokeSession, revokeSessions } from '../../../../lib/changes/session-changes.ts';
import { errorResponses } from '../../../../schemas/errors.ts';
import { ExternalIdParams, IssuedSession, SessionParams } from '../../../../schemas/sessions.ts';

const tags = ['Customer portal'];
const access = requires('sessions:write');

const routes: FastifyPluginAsyncTypebox = async (app) => {
  const { changeLog } = app;

  app.get(
    '/:external_id',
    {
      schema: {
        operationId: 'issueSession',
        summary: 'Issue a session to a customer',
        description: 'The token is shown only in this response.',
        tags,
        params: ExternalIdParams,
        response: { 200: IssuedSession, ...errorResponses },
      },
      config: { access },
    },
    async (request) => app.issueSession(request.scope(), request.params.external_id),
  );

  app.delete(
    '/:external_id/sessions',
    {
      schema: {
        operationId: 'revokeSessions',
        summary: 'Revoke all sessions of a customer',
        description: 'The sessions are refused from this response on.',
        tags,
        params: ExternalIdParams,
        response: { 204: Type.Null({ description: 'The sessions are revoked.' }), ...errorResponses },
      },
      config: { access },
    },
    async (request, reply) => {
      await revokeSessions(changeLog, request.author(), request.params.external_id);
      return reply.code(204).send(null);
    },
  );

  app.delete(
    '/:external_id/sessions/:session_id',
    {
      schema: {
        operationId: 'revokeSession',
        summary: 'Revoke a session of a customer',
        description:
          'The session is refused from this response on. Repeating the request gives the same ' + 'answer.',
        tags,
        params: SessionParams,
        response: { 204: Type.Null({ description: 'The session is revoked.' }), ...errorResponses },
      },
      config: { access },
    },
    async (request, reply) => {
      const { external_id, session_id } = request.params;
      await revokeSession(changeLog, request.author(), external_id, session_id);
      return reply.code(204).send(null);
    },
  );
};
export default routes;
