import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { requires } from '../../../../lib/auth/route-policy.ts';
import { notFound } from '../../../../lib/http/api-error.ts';
import {
  acknowledgeDelivery,
  findDelivery,
  listDeliveries,
} from '../../../../lib/stores/webhook-delivery-store.ts';
import { IdParams } from '../../../../schemas/common.ts';
import { errorResponses } from '../../../../schemas/errors.ts';
import {
  ListDeliveriesQuery,
  WebhookDelivery,
  WebhookDeliveryPage,
  WholeWebhookDelivery,
} from '../../../../schemas/webhooks.ts';

const tags = ['Webhooks'];

const routes: FastifyPluginAsyncTypebox = async (app) => {
  const { pool } = app.pg;

  app.get(
    '',
    {
      schema: {
        operationId: 'listWebhookDeliveries',
        summary: 'List received webhooks',
        description:
          'Lists deliveries in the order in which they were stored: a later one has a higher ' + 'sequence.',
        tags,
        querystring: ListDeliveriesQuery,
        response: { 200: WebhookDeliveryPage, ...errorResponses },
      },
      config: { access: requires('webhooks:read') },
    },
    async (request) => {
      const items = await listDeliveries(pool, request.scope(), request.query);
      return { items, next_after: items.at(-1)?.sequence ?? request.query.after };
    },
  );

  app.get(
    '/:id',
    {
      schema: {
        operationId: 'getWebhookDelivery',
        summary: 'Get a received webhook with its body',
        tags,
        params: IdParams,
        response: { 200: WholeWebhookDelivery, ...errorResponses },
      },
      config: { access: requires('webhooks:read') },
    },
    async (request) => {
      const delivery = await findDelivery(pool, request.scope(), request.params.id);
      if (delivery === null) throw notFound('Webhook delivery');
      return delivery;
    },
  );

  app.post(
    '/:id/acknowledge',
    {
      schema: {
        operationId: 'acknowledgeWebhookDelivery',
        summary: 'Acknowledge a received webhook',
        description: 'Marks the delivery as processed. Repeating the request gives the same answer.',
        tags,
        params: IdParams,
        response: { 200: WebhookDelivery, ...errorResponses },
      },
      config: { access: requires('webhooks:write') },
    },
    async (request) => {
      const delivery = await acknowledgeDelivery(pool, request.scope(), request.params.id);
      if (delivery === null) throw notFound('Webhook delivery');
      return delivery;
    },
  );
};
export default routes;
