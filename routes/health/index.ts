import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from '@sinclair/typebox';
import { everybody } from '../../lib/access.ts';
import { isDatabaseReachable } from '../../lib/stores/database.ts';
import { errorResponses } from '../../schemas/errors.ts';

const Alive = Type.Object({ status: Type.Literal('ok') });

const Readiness = Type.Object({
  status: Type.Union([Type.Literal('ok'), Type.Literal('unavailable')]),
  checks: Type.Object({
    database: Type.Union([Type.Literal('ok'), Type.Literal('unavailable')]),
    rate_limits: Type.Union([Type.Literal('shared'), Type.Literal('process')], {
      description: '`process`: Redis is configured and unreachable, and each process counts for itself',
    }),
  }),
});

const routes: FastifyPluginAsyncTypebox = async (app) => {
  const alive = (operationId: string) => ({
    schema: {
      operationId,
      summary: 'The process runs',
      tags: ['Operations'],
      response: { 200: Alive, ...errorResponses },
    },
    config: { access: everybody },
    handler: async () => ({ status: 'ok' as const }),
  });
  app.get('', alive('health'));
  app.get('/live', alive('live'));

  app.get(
    '/ready',
    {
      schema: {
        operationId: 'ready',
        summary: 'The process can serve requests',
        tags: ['Operations'],
        response: { 200: Readiness, 503: Readiness, ...errorResponses },
      },
      config: { access: everybody },
    },
    async (_request, reply) => {
      const ready = await isDatabaseReachable(app.pg.pool);
      const status = ready ? 'ok' : 'unavailable';
      return reply
        .code(ready ? 200 : 503)
        .send({ status, checks: { database: status, rate_limits: app.rateLimits.state() } });
    },
  );
};
export default routes;
