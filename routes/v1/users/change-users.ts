import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { isUserOfConfiguredKey } from '../../../lib/auth/configured-keys.ts';
import { requires } from '../../../lib/auth/route-policy.ts';
import { createUser, updateUser } from '../../../lib/changes/user-changes.ts';
import { permissionDenied } from '../../../lib/http/api-error.ts';
import { IdParams } from '../../../schemas/common.ts';
import { errorResponses } from '../../../schemas/errors.ts';
import { CreateUser, UpdateUser, User } from '../../../schemas/users.ts';

const tags = ['Users'];

const routes: FastifyPluginAsyncTypebox = async (app) => {
  const { changeLog } = app;

  app.post(
    '',
    {
      schema: {
        operationId: 'createUser',
        summary: 'Create a user or a service account',
        description: 'A new user has no keys. Create one with its `user_id`.',
        tags,
        body: CreateUser,
        response: { 201: User, ...errorResponses },
      },
      config: { access: requires('users:write', { scope: 'tenant' }) },
    },
    async (request, reply) => {
      const { tenantId } = request.identity();
      return reply.code(201).send(await createUser(changeLog, tenantId, request.body, request.actor()));
    },
  );

  app.patch(
    '/:id',
    {
      schema: {
        operationId: 'updateUser',
        summary: 'Update, deactivate or activate a user',
        description:
          'Deactivating a user refuses all of its keys at once, in every environment. Only a key of ' +
          "the operator's configuration may update the user that such a key belongs to.",
        tags,
        params: IdParams,
        body: UpdateUser,
        response: { 200: User, ...errorResponses },
      },
      config: { access: requires('users:write', { scope: 'tenant' }) },
    },
    async (request) => {
      const { id } = request.params;
      const { tenantId, permissions, isConfiguredKey: operator } = request.identity();
      if (!operator && isUserOfConfiguredKey(app.authenticator.configuredKeys, tenantId, id)) {
        throw permissionDenied();
      }
      const author = { tenantId, permissions, actor: request.actor() };
      return updateUser(changeLog, author, id, request.body);
    },
  );
};
export default routes;
