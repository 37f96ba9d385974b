import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { requires } from '../../../lib/auth/route-policy.ts';
import { summarizeUsage } from '../../../lib/usage/usage-report.ts';
import { errorResponses } from '../../../schemas/errors.ts';
import { UsageSummary, UsageSummaryQuery } from '../../../schemas/usage.ts';

const routes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '/summary',
    {
      schema: {
        operationId: 'summarizeUsage',
        summary: 'Summarize the usage of all keys',
        description:
          'Summarizes the environment: the most used keys, the unused ones, and those that expire ' + 'soon.',
        tags: ['Usage'],
        querystring: UsageSummaryQuery,
        response: { 200: UsageSummary, ...errorResponses },
      },
      config: { access: requires('keys:read') },
    },
    async (request) => summarizeUsage(app.pg.pool, request.scope(), request.query),
  );
};
export default routes;
