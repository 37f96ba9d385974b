import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from '@sinclair/typebox';
import { requires } from '../../../../../lib/auth/route-policy.ts';
import { deleteKey, updateKey } from '../../../../../lib/changes/key-changes.ts';
import { IdParams } from '../../../../../schemas/common.ts';
import { errorResponses } from '../../../../../schemas/errors.ts';
import { KeyMetadata, UpdateKey } from '../../../../../schemas/keys.ts';

const tags = ['Keys'];

const routes: FastifyPluginAsyncTypebox = async (app) => {
  const { changeLog } = app;

  app.patch(
    '/:id',
    {
      schema: {
        operationId: 'updateKey',
        summary: 'Update a key',
        description:
          'Renames it, deactivates or activates it, or sets its expiry, permissions, limit or ' + 'metadata.',
        tags,
        params: IdParams,
        body: UpdateKey,
        response: { 200: KeyMetadata, ...errorResponses },
      },
      config: { access: requires('keys:write') },
    },
    async (request) => updateKey(changeLog, request.author(), request.params.id, request.body),
  );

  app.delete(
    '/:id',
    {
      schema: {
        operationId: 'deleteKey',
        summary: 'Delete a key',
        description: 'The key is refused from this response on. Repeating the request gives the same answer.',
        tags,
        params: IdParams,
        response: { 204: Type.Null({ description: 'The key is deleted.' }), ...errorResponses },
      },
      config: { access: requires('keys:write') },
    },
    async (request, reply) => {
      await deleteKey(changeLog, request.author(), request.params.id);
      return reply.code(204).send(null);
    },
  );
};
export default routes;
