import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { requiresSession } from '../../../../../lib/auth/route-policy.ts';
import { notFound } from '../../../../../lib/http/api-error.ts';
import { findCustomer, updateCustomer } from '../../../../../lib/stores/customer-store.ts';
import { errorResponses } from '../../../../../schemas/errors.ts';
import { PortalInfo, UpdatePortalInfo } from '../../../../../schemas/sessions.ts';

const tags = ['Customer portal'];

const routes: FastifyPluginAsyncTypebox = async (app) => {
  const { pool } = app.pg;

  app.get(
    '',
    {
      schema: {
        operationId: 'getPortalInfo',
        summary: 'Get the customer of the session',
        tags,
        response: { 200: PortalInfo, ...errorResponses },
      },
      config: { access: requiresSession },
    },
    async (request) => {
      const session = request.currentSession();
      const customer = await findCustomer(pool, session, session.customerId);
      if (customer === null) throw notFound('Customer');
      return customer;
    },
  );

  app.put(
    '',
    {
      schema: {
        operationId: 'replacePortalInfo',
        summary: "Replace the customer's own data",
        tags,
        body: UpdatePortalInfo,
        response: { 200: PortalInfo, ...errorResponses },
      },
      config: { access: requiresSession },
    },
    async (request) => {
      const session = request.currentSession();
      const { name, email } = request.body;
      const customer = await updateCustomer(pool, session, session.customerId, { name, email });
      if (customer === null) throw notFound('Customer');
      return customer;
    },
  );
};
export default routes;
