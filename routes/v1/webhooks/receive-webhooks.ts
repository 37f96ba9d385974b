import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Static } from '@sinclair/typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isPublic } from '../../../lib/auth/route-policy.ts';
import { ApiError, tooManyRequests, unavailable } from '../../../lib/http/api-error.ts';
import type { BodyBudget } from '../../../lib/http/body-budget.ts';
import { addressOf } from '../../../lib/http/client-address.ts';
import { findDestination } from '../../../lib/webhooks/find-destination.ts';
import { receiveWebhook } from '../../../lib/webhooks/receive-webhook.ts';
import { errorResponses } from '../../../schemas/errors.ts';
import { Received, ReceiveParams } from '../../../schemas/webhooks.ts';

const maxBodyBytes = 1024 ** 2;

/** One answer to everything that isn't a genuine delivery, whatever is wrong with it. */
const unknown = (): ApiError =>
  new ApiError('not_found', 'No such webhook, or its signature or timestamp is invalid');

type WebhookRequest = FastifyRequest<{ Params: Static<typeof ReceiveParams> }>;

const destinationOf = ({ params }: WebhookRequest) => ({
  provider: params.provider,
  tenantId: params.tenant_id,
  environmentId: params.environment_id,
});

const routes: FastifyPluginAsyncTypebox = async (app) => {
  const { replica, authenticator, sealer, webhookBodies } = app;
  const { pool } = app.pg;
  const { refusalLimiter } = authenticator;

  // What is signed are the bytes as they came. Only the routes of this scope read them so.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: maxBodyBytes }, (_request, body, done) =>
    done(null, body),
  );

  app.post<{ Params: Static<typeof ReceiveParams> }>(
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
      onRequest: admit,
    },
    async (request) => {
      const destination = await findDestination(replica, pool, destinationOf(request));
      const reception =
        destination === null
          ? 'unknown'
          : await receiveWebhook(pool, sealer, destination, {
              rawHeaders: request.raw.rawHeaders,
              body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
              nowMs: Date.now(),
            });
      if (reception !== 'unknown') return { received: true as const };
      throw await refusal(request, destination?.environmentId ?? null);
    },
  );

  /** Looks the destination up, and reserves the room of the body, before any of it is read. */
  async function admit(request: WebhookRequest, reply: FastifyReply): Promise<void> {
    const destination = await findDestination(replica, pool, destinationOf(request));
    if (destination === null) throw await refusal(request, null);
    const waitMs = refusalLimiter?.webhookWaitMs(addressOf(request), destination.environmentId) ?? 0;
    if (waitMs > 0) throw tooManyRequests(waitMs);
    reserveBody(webhookBodies, request, reply);
    // Any type is read, even one that is none.
    request.raw.headers['content-type'] = 'application/octet-stream';
  }

  async function refusal(request: WebhookRequest, environmentId: string | null): Promise<ApiError> {
    const waitMs = (await refusalLimiter?.countWebhook(addressOf(request), environmentId)) ?? 0;
    return waitMs > 0 ? tooManyRequests(waitMs) : unknown();
  }
};
export default routes;

/** Reserves the room of a body until its request has ended. @throws ApiError when there is none */
function reserveBody(bodies: BodyBudget, request: FastifyRequest, { raw }: FastifyReply): void {
  const address = addressOf(request);
  const length = Number(request.headers['content-length'] ?? maxBodyBytes);
  const bytes = Math.min(length, maxBodyBytes);
  const exceeded = bodies.reserve(address, bytes);
  if (exceeded === 'sender') throw tooManyRequests(1_000);
  if (exceeded === 'process') throw unavailable('Too many webhooks arrive at once', new Error('no room'));
  let isReserved = true;
  const release = () => {
    if (isReserved) bodies.release(address, bytes);
    isReserved = false;
  };
  raw.once('finish', release).once('close', release);
}
