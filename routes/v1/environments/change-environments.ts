import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { requires } from '../../../lib/auth/route-policy.ts';
import { createEnvironment, updateEnvironment } from '../../../lib/changes/environment-changes.ts';
import { notFound, permissionDenied } from '../../../lib/http/api-error.ts';
import { findEnvironment } from '../../../lib/stores/environment-store.ts';
import { IdParams } from '../../../schemas/common.ts';
import { CreateEnvironment, Environment, UpdateEnvironment } from '../../../schemas/environments.ts';
import { errorResponses } from '../../../schemas/errors.ts';

const tags = ['Environments'];

const routes: FastifyPluginAsyncTypebox = async (app) => {
  const { pool } = app.pg;
  const { changeLog } = app;

  app.post(
    '',
    {
      schema: {
        operationId: 'createEnvironment',
        summary: 'Create an environment',
        tags,
        body: CreateEnvironment,
        response: { 201: Environment, ...errorResponses },
      },
      config: { access: requires('environments:write', { scope: 'tenant' }) },
    },
    async (request, reply) => {
      const { tenantId } = request.identity();
      return reply
        .code(201)
        .send(await createEnvironment(changeLog, tenantId, request.body, request.actor()));
    },
  );

  app.patch(
    '/:id',
    {
      schema: {
        operationId: 'updateEnvironment',
        summary: 'Update an environment',
        description:
          'Renames it, deactivates or activates it, or sets the default limit of its keys. A stored ' +
          'key may update only the environment that it works in.',
        tags,
        params: IdParams,
        body: UpdateEnvironment,
        response: { 200: Environment, ...errorResponses },
      },
      config: { access: requires('environments:write', { scope: 'tenant' }) },
    },
    async (request) => {
      const { id } = request.params;
      const { tenantId, environmentId, isConfiguredKey: operator } = request.identity();
      const found = await findEnvironment(pool, tenantId, id);
      if (found === null) throw notFound('Environment');
      if (!operator && id !== environmentId) throw permissionDenied();
      return updateEnvironment(changeLog, tenantId, id, request.body, request.actor());
    },
  );
};
export default routes;
