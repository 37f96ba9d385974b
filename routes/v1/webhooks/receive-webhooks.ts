import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { isPublic } from '../../../lib/auth/route-policy.ts';
import { ApiError, tooManyRequests } from '../../../lib/http/api-error.ts';
import { addressOf } from '../../../lib/http/client-address.ts';
import { receiveWebhook } from '../../../lib/webhooks/receive-webhook.ts';
import { errorResponses } from '../../../schemas/errors.ts';
import { Received, ReceiveParams } from '../../../schemas/webhooks.ts';

const maxBodyBytes = 1024 ** 2;

/** One answer to everything that isn't a genuine delivery, whatever is wrong with it. */
const unknown = (): ApiError =>
  new ApiError('not_found', 'No such webhook, or its signature or timestamp is invalid');

const routes: FastifyPluginAsyncTypebox = async (app) => {
  // What is signed are the bytes as they came. Only the routes of this scope read them so.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: maxBodyBytes }, (_request, body, done) =>
    done(null, body),
  );

  app.post(
    '/:provider/:tenant_id/:environment_id',
    {
      schema: {
        operationId: 'receiveWebhook',
        summary: 'Receive a webhook',
        description:
          'Called by providers. The body may have any type and up to 1 MiB, and must be signed with ' +
          'a secret of the environment.',
        tags: ['Webhooks'],
        params: ReceiveParams,
        response: { 200: Received, ...errorResponses },
      },
      config: { access: isPublic },
      onRequest: async (request) => {
        const blockedForMs = app.authenticator.addresses?.blockedForMs(addressOf(request)) ?? 0;
        if (blockedForMs > 0) throw tooManyRequests(blockedForMs);
        // Any type is read, even one that is none.
        request.raw.headers['content-type'] = 'application/octet-stream';
      },
    },
    async (request) => {
      const { provider, tenant_id: tenantId, environment_id: environmentId } = request.params;
      const reception = await receiveWebhook(
        app.pg.pool,
        app.sealer,
        { provider, tenantId, environmentId },
        {
          rawHeaders: request.raw.rawHeaders,
          body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
          nowMs: Date.now(),
        },
      );
      if (reception !== 'unknown') return { received: true as const };
      await app.authenticator.addresses?.recordFailure(addressOf(request));
      throw unknown();
    },
  );
};
export default routes;
