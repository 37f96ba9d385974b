import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { requiresAnyKey } from '../../../../lib/auth/route-policy.ts';
import { Me } from '../../../../schemas/auth.ts';
import { errorResponses } from '../../../../schemas/errors.ts';

const routes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '',
    {
      schema: {
        operationId: 'me',
        summary: 'Get the identity of the key',
        tags: ['Authentication'],
        response: { 200: Me, ...errorResponses },
      },
      config: { access: requiresAnyKey },
    },
    async (request) => {
      const { tenantId, environmentId, userId, keyId, permissions, rateLimit } = request.identity();
      return {
        tenant_id: tenantId,
        environment_id: environmentId,
        user_id: userId,
        key_id: keyId,
        permissions: [...permissions],
        rate_limit: rateLimit && { limit: rateLimit.limit, window_seconds: rateLimit.windowSeconds },
      };
    },
  );
};
export default routes;
