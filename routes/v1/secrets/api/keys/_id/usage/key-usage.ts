import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { requires } from '../../../../../../../lib/auth/route-policy.ts';
import { reportKeyUsage } from '../../../../../../../lib/usage/usage-report.ts';
import { IdParams } from '../../../../../../../schemas/common.ts';
import { errorResponses } from '../../../../../../../schemas/errors.ts';
import { KeyUsageQuery, KeyUsageReport } from '../../../../../../../schemas/usage.ts';

const routes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '',
    {
      schema: {
        operationId: 'getKeyUsage',
        summary: 'Get the usage of a key',
        description:
          'Returns when and from where the key was last used, and its requests by hour and outcome, ' +
          'a few seconds behind. Hours are kept for 31 days.',
        tags: ['Usage'],
        params: IdParams,
        querystring: KeyUsageQuery,
        response: { 200: KeyUsageReport, ...errorResponses },
      },
      config: { access: requires('keys:read') },
    },
    async (request) => reportKeyUsage(app.pg.pool, request.scope(), request.params.id, request.query),
  );
};
export default routes;
