import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { requires } from '../../../lib/auth/route-policy.ts';
import { notFound } from '../../../lib/http/api-error.ts';
import { pageOf } from '../../../lib/http/page.ts';
import { findEnvironment, listEnvironments } from '../../../lib/stores/environment-store.ts';
import { IdParams } from '../../../schemas/common.ts';
import { Environment, EnvironmentPage, ListEnvironmentsQuery } from '../../../schemas/environments.ts';
import { errorResponses } from '../../../schemas/errors.ts';

const tags = ['Environments'];

const routes: FastifyPluginAsyncTypebox = async (app) => {
  const { pool } = app.pg;

  app.get(
    '',
    {
      schema: {
        operationId: 'listEnvironments',
        summary: 'List the environments of the tenant',
        tags,
        querystring: ListEnvironmentsQuery,
        response: { 200: EnvironmentPage, ...errorResponses },
      },
      config: { access: requires('environments:read', { scope: 'tenant' }) },
    },
    async (request) =>
      pageOf(request.query, await listEnvironments(pool, request.identity().tenantId, request.query)),
  );

  app.get(
    '/:id',
    {
      schema: {
        operationId: 'getEnvironment',
        summary: 'Get an environment',
        tags,
        params: IdParams,
        response: { 200: Environment, ...errorResponses },
      },
      config: { access: requires('environments:read', { scope: 'tenant' }) },
    },
    async (request) => {
      const environment = await findEnvironment(pool, request.identity().tenantId, request.params.id);
      if (environment === null) throw notFound('Environment');
      return environment;
    },
  );
};
export default routes;
