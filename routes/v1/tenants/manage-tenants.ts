import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { requires, requiresConfiguredKey } from '../../../lib/auth/route-policy.ts';
import { createTenant, updateTenant } from '../../../lib/changes/tenant-changes.ts';
import { invalid, notFound } from '../../../lib/http/api-error.ts';
import { findTenant } from '../../../lib/stores/tenant-store.ts';
import { IdParams } from '../../../schemas/common.ts';
import { errorResponses } from '../../../schemas/errors.ts';
import { CreatedTenant, CreateTenant, Tenant, UpdateTenant } from '../../../schemas/tenants.ts';

const tags = ['Tenants'];

const routes: FastifyPluginAsyncTypebox = async (app) => {
  const { pool } = app.pg;
  const { changeLog } = app;

  app.post(
    '',
    {
      schema: {
        operationId: 'createTenant',
        summary: 'Create a tenant',
        description:
          'Creates the tenant with the environments `development` and `production`, and a first key ' +
          'that holds every permission in `production`. The key is shown only in this response.',
        tags,
        body: CreateTenant,
        response: { 201: CreatedTenant, ...errorResponses },
      },
      config: { access: requiresConfiguredKey },
    },
    async (request, reply) =>
      reply.code(201).send(await createTenant(changeLog, request.body.name, request.actor())),
  );

  app.get(
    '/:id',
    {
      schema: {
        operationId: 'getTenant',
        summary: 'Get the tenant of the key',
        tags,
        params: IdParams,
        response: { 200: Tenant, ...errorResponses },
      },
      config: { access: requires('tenants:read', { scope: 'tenant' }) },
    },
    async (request) => {
      const { id } = request.params;
      const tenant = id === request.identity().tenantId ? await findTenant(pool, id) : null;
      if (tenant === null) throw notFound('Tenant');
      return tenant;
    },
  );

  app.patch(
    '/:id',
    {
      schema: {
        operationId: 'updateTenant',
        summary: 'Rename, deactivate or activate a tenant',
        description: 'Deactivating a tenant refuses all of its keys at once.',
        tags,
        params: IdParams,
        body: UpdateTenant,
        response: { 200: Tenant, ...errorResponses },
      },
      config: { access: requiresConfiguredKey },
    },
    async (request) => {
      const { id } = request.params;
      if (id === request.identity().tenantId && request.body.status === 'inactive') {
        throw invalid('/status', 'deactivating the tenant of your own key would lock you out');
      }
      return updateTenant(changeLog, id, request.body, request.actor());
    },
  );
};
export default routes;
