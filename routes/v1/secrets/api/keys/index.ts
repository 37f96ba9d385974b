import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from '@sinclair/typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { requires } from '../../../../../lib/auth/route-policy.ts';
import type { IdempotentRequest } from '../../../../../lib/changes/idempotency-keys.ts';
import { createKey, deleteKey, rotateKey, updateKey } from '../../../../../lib/changes/key-changes.ts';
import type { IdempotentResult } from '../../../../../lib/changes/with-idempotency.ts';
import { notFound } from '../../../../../lib/http/api-error.ts';
import { findKey, listKeys } from '../../../../../lib/stores/key-store.ts';
import { IdempotencyHeaders, IdParams } from '../../../../../schemas/common.ts';
import { errorResponses } from '../../../../../schemas/errors.ts';
import {
  CreatedKey,
  CreateKey,
  KeyMetadata,
  KeyPage,
  ListKeysQuery,
  RotateKey,
  UpdateKey,
} from '../../../../../schemas/keys.ts';

const tags = ['Keys'];

/** What makes the same request known again, for requests whose answer can't be asked for a second time. */
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
  const { pool } = app.pg;
  const { changeLog } = app;

  app.post(
    '',
    {
      schema: {
        operationId: 'createKey',
        summary: 'Create a key',
        description: 'The answer is the only place where the key itself is ever shown.',
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

  app.get(
    '',
    {
      schema: {
        operationId: 'listKeys',
        summary: 'List keys',
        tags,
        querystring: ListKeysQuery,
        response: { 200: KeyPage, ...errorResponses },
      },
      config: { access: requires('keys:read') },
    },
    async (request) => {
      const { limit, offset } = request.query;
      const { items, total } = await listKeys(pool, request.scope(), request.query);
      return { items, pagination: { total, limit, offset } };
    },
  );

  app.get(
    '/:id',
    {
      schema: {
        operationId: 'getKey',
        summary: 'Get a key',
        tags,
        params: IdParams,
        response: { 200: KeyMetadata, ...errorResponses },
      },
      config: { access: requires('keys:read') },
    },
    async (request) => {
      const key = await findKey(pool, request.scope(), request.params.id);
      if (key === null) throw notFound('Key');
      return key;
    },
  );

  app.patch(
    '/:id',
    {
      schema: {
        operationId: 'updateKey',
        summary: 'Change a key',
        description: 'Rename it, deactivate or activate it, set its expiry, permissions or limit.',
        tags,
        params: IdParams,
        body: UpdateKey,
        response: { 200: KeyMetadata, ...errorResponses },
      },
      config: { access: requires('keys:write') },
    },
    async (request) => updateKey(changeLog, request.author(), request.params.id, request.body),
  );

  app.post(
    '/:id/rotate',
    {
      schema: {
        operationId: 'rotateKey',
        summary: 'Rotate a key',
        description:
          'Makes a key that replaces this one, with the same permissions and limits. This one expires after the ' +
          'overlap: at once, if nothing is said.',
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

  app.delete(
    '/:id',
    {
      schema: {
        operationId: 'deleteKey',
        summary: 'Delete a key',
        description: 'From the answer on the key is refused. Repeating it answers alike.',
        tags,
        params: IdParams,
        response: { 204: Type.Null({ description: 'The key is deleted' }), ...errorResponses },
      },
      config: { access: requires('keys:write') },
    },
    async (request, reply) => {
      await deleteKey(changeLog, request.author(), request.params.id);
      return reply.code(204).send(null);
    },
  );
};
export default routes;
