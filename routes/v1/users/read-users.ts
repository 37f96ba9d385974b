import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { requires, requiresAnyKey } from '../../../lib/auth/route-policy.ts';
import { notFound } from '../../../lib/http/api-error.ts';
import { pageOf } from '../../../lib/http/page.ts';
import { findUser, listUsers } from '../../../lib/stores/user-store.ts';
import { IdParams } from '../../../schemas/common.ts';
import { errorResponses } from '../../../schemas/errors.ts';
import { ListUsersQuery, User, UserPage } from '../../../schemas/users.ts';

const tags = ['Users'];

const routes: FastifyPluginAsyncTypebox = async (app) => {
  const { pool } = app.pg;

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
    async (request) =>
      pageOf(request.query, await listUsers(pool, request.identity().tenantId, request.query)),
  );

  app.get(
    '/me',
    {
      schema: {
        operationId: 'getOwnUser',
        summary: 'Get the user of the key',
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
};
export default routes;
