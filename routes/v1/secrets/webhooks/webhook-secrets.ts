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
        summary: 'Store or make a signing secret',
        description: 'At most two of a provider are there at once: the old one and the new.',
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
        description: 'Whose they are, never what they are.',
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
        description: 'From the answer on nothing that it signs is accepted.',
        tags,
        params: IdParams,
        response: { 204: Type.Null({ description: 'The secret is deleted' }), ...errorResponses },
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
