import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { digestOf } from '../../../../../lib/auth/api-key.ts';
import { verifyKeys } from '../../../../../lib/auth/key-verdict.ts';
import { requires } from '../../../../../lib/auth/route-policy.ts';
import { addressOf } from '../../../../../lib/http/client-address.ts';
import { errorResponses } from '../../../../../schemas/errors.ts';
import { KeyVerdicts, VerifyKeys } from '../../../../../schemas/key-verification.ts';

const routes: FastifyPluginAsyncTypebox = async (app) => {
  app.post(
    '',
    {
      schema: {
        operationId: 'verifyKeys',
        summary: 'Verify another key, or up to 100',
        description:
          'For services to which a key of their own tenant was presented. An invalid key is a ' +
          'normal answer, not an error. Each verification counts its cost against the limit of the ' +
          'verified key, even if the key lacks the permission.',
        tags: ['Authentication'],
        body: VerifyKeys,
        response: { 200: KeyVerdicts, ...errorResponses },
      },
      config: { access: requires('keys:verify', { scope: 'tenant' }), readOnly: true },
    },
    async (request) => {
      const isBatch = Array.isArray(request.body);
      const questions = [request.body].flat().map(({ api_key, permission = null, cost = 1 }) => ({
        digest: digestOf(api_key),
        permission,
        cost,
      }));
      const asker = { tenantId: request.identity().tenantId, address: addressOf(request) };
      const verdicts = await verifyKeys(app.authenticator, asker, questions);
      return isBatch ? verdicts : (verdicts[0] ?? []);
    },
  );
};
export default routes;
