import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from '@sinclair/typebox';
import { requires } from '../../../../lib/auth/route-policy.ts';
import { createWebhookSecret, deleteWebhookSecret } from '../../../../lib/changes/webhook-secret-changes.ts';
import { listWebhookSecrets } from '../../../../lib/stores/webhook-secret-store.ts';
import { IdParams } from '../../../../schemas/common.ts';
import { errorResponses } from '../../../../schemas/errors.ts';
import {
  CreatedWebhookSecret,
  CreateWebhookSecret,
  WebhookSecretList,
} from '../../../../schemas/webhooks.ts';

const tags = ['Webhooks'];

const routes: FastifyPluginAsyncTypebox = async (app) => {
  app.post(
    '',
    {
      schema: {
        operationId: 'createWebhookSecret',
        summary: 'Create or store a signing secret',
        description: 'An environment holds at most two secrets of a provider: the old one and the new one.',
        tags,
        body: CreateWebhookSecret,
        response: { 201: CreatedWebhookSecret, ...errorResponses },
      },
      config: { access: requires('webhooks:write') },
    },
    async (request, reply) =>
      reply
        .code(201)
        .send(await createWebhookSecret(app.changeLog, app.sealer, request.author(), request.body)),
  );

  app.get(
    '',
    {
      schema: {
        operationId: 'listWebhookSecrets',
        summary: 'List signing secrets',
        description: 'Lists metadata only; the secrets themselves are never returned.',
        tags,
        response: { 200: WebhookSecretList, ...errorResponses },
      },
      config: { access: requires('webhooks:read') },
    },
    async (request) => ({ items: await listWebhookSecrets(app.pg.pool, request.scope()) }),
  );

  app.delete(
    '/:id',
    {
      schema: {
        operationId: 'deleteWebhookSecret',
        summary: 'Delete a signing secret',
        description: 'Nothing signed with the secret is accepted from this response on.',
        tags,
        params: IdParams,
        response: { 204: Type.Null({ description: 'The secret is deleted.' }), ...errorResponses },
      },
      config: { access: requires('webhooks:write') },
    },
    async (request, reply) => {
      await deleteWebhookSecret(app.changeLog, request.author(), request.params.id);
      return reply.code(204).send(null);
    },
  );
};
export default routes;
