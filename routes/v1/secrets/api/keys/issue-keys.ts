import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { requires } from '../../../../../lib/auth/route-policy.ts';
import type { IdempotentRequest } from '../../../../../lib/changes/idempotency-keys.ts';
import { createKey, rotateKey } from '../../../../../lib/changes/key-changes.ts';
import type { IdempotentResult } from '../../../../../lib/changes/with-idempotency.ts';
import { IdempotencyHeaders, IdParams } from '../../../../../schemas/common.ts';
import { errorResponses } from '../../../../../schemas/errors.ts';
import { CreatedKey, CreateKey, RotateKey } from '../../../../../schemas/keys.ts';

const tags = ['Keys'];

/** Returns what identifies a repeated request, or `null` unless it has an `Idempotency-Key`. */
function idempotentRequestOf(request: FastifyRequest): IdempotentRequest | null {
  const key = request.headers['idempotency-key'];
  if (typeof key !== 'string') return null;
  return { key, content: [request.routeOptions.url, request.params, request.body] };
}

function sendCreated(reply: FastifyReply, { answer, replayed }: IdempotentResult<object>): FastifyReply {
  if (replayed) reply.header('idempotent-replayed', 'true');
  return reply.code(201).send(answer);
}

const routes: FastifyPluginAsyncTypebox = async (app) => {
  const { changeLog } = app;

  app.post(
    '',
    {
      schema: {
        operationId: 'createKey',
        summary: 'Create a key',
        description: 'The key is shown only in this response.',
        tags,
        headers: IdempotencyHeaders,
        body: CreateKey,
        response: { 201: CreatedKey, ...errorResponses },
      },
      config: { access: requires('keys:write') },
    },
    async (request, reply) =>
      sendCreated(
        reply,
        await createKey(changeLog, request.author(), request.body, idempotentRequestOf(request)),
      ),
  );

  app.post(
    '/:id/rotate',
    {
      schema: {
        operationId: 'rotateKey',
        summary: 'Rotate a key',
        description:
          'Creates a key that replaces this one, with the same permissions and limits. The old key ' +
          'expires after the overlap, or at once without one.',
        tags,
        params: IdParams,
        headers: IdempotencyHeaders,
        body: RotateKey,
        response: { 201: CreatedKey, ...errorResponses },
      },
      config: { access: requires('keys:write') },
      preValidation: async (request) => {
        request.body ??= {};
      },
    },
    async (request, reply) =>
      sendCreated(
        reply,
        await rotateKey(
          changeLog,
          request.author(),
          request.params.id,
          request.body,
          idempotentRequestOf(request),
        ),
      ),
  );
};
export default routes;
