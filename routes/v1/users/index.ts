import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { isUserOfConfiguredKey } from '../../../lib/auth/configured-keys.ts';
import { requires, requiresAnyKey } from '../../../lib/auth/route-policy.ts';
import { createUser, updateUser } from '../../../lib/changes/user-changes.ts';
import { ApiError, notFound } from '../../../lib/http/api-error.ts';
import { findUser, listUsers } from '../../../lib/stores/user-store.ts';
import { IdParams } from '../../../schemas/common.ts';
import { errorResponses } from '../../../schemas/errors.ts';
import { CreateUser, ListUsersQuery, UpdateUser, User, UserPage } from '../../../schemas/users.ts';

const tags = ['Users'];

const routes: FastifyPluginAsyncTypebox = async (app) => {
  const { pool } = app.pg;
  const { changeLog } = app;

  app.post(
    '',
    {
      schema: {
        operationId: 'createUser',
        summary: 'Create a user or a service account',
        description: 'It has no keys yet: create one with its `user_id`.',
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

  app.get(
    '',
    {
      schema: {
        operationId: 'listUsers',
        summary: 'List the users and service accounts of the tenant',
        tags,
        querystring: ListUsersQuery,
        response: { 200: UserPage, ...errorResponses },
      },
      config: { access: requires('users:read', { scope: 'tenant' }) },
    },
    async (request) => {
      const { limit, offset } = request.query;
      const { items, total } = await listUsers(pool, request.identity().tenantId, request.query);
      return { items, pagination: { total, limit, offset } };
    },
  );

  app.get(
    '/me',
    {
      schema: {
        operationId: 'getOwnUser',
        summary: 'Get the user that the key belongs to',
        tags,
        response: { 200: User, ...errorResponses },
      },
      config: { access: requiresAnyKey },
    },
    async (request) => {
      const { tenantId, userId } = request.identity();
      const user = await findUser(pool, tenantId, userId);
      if (user === null) throw notFound('User');
      return user;
    },
  );

  app.get(
    '/:id',
    {
      schema: {
        operationId: 'getUser',
        summary: 'Get a user or a service account',
        tags,
        params: IdParams,
        response: { 200: User, ...errorResponses },
      },
      config: { access: requires('users:read', { scope: 'tenant' }) },
    },
    async (request) => {
      const user = await findUser(pool, request.identity().tenantId, request.params.id);
      if (user === null) throw notFound('User');
      return user;
    },
  );

  app.patch(
    '/:id',
    {
      schema: {
        operationId: 'updateUser',
        summary: 'Change a user, deactivate or activate it',
        description:
          'Deactivating a user refuses all of its keys at once, in every environment. Only a key of the ' +
          "operator's configuration changes the user of such a key.",
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
        throw new ApiError('permission_denied', 'Permission denied');
      }
      const author = { tenantId, permissions, actor: request.actor() };
      return updateUser(changeLog, author, id, request.body);
    },
  );
};
export default routes;
