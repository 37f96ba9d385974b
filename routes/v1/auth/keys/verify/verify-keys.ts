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
        summary: 'Decide on the key of somebody else, or on up to 100',
        description:
          'For services that were presented keys of their own tenant. A bad key is an answer, not an error. Each ' +
          'question counts what it costs against the limit of its key, also if that lacks the permission.',
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
