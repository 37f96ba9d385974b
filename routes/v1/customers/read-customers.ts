import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { requires } from '../../../lib/auth/route-policy.ts';
import { notFound } from '../../../lib/http/api-error.ts';
import { pageOf } from '../../../lib/http/page.ts';
import { findCustomer, listCustomers } from '../../../lib/stores/customer-store.ts';
import { IdParams } from '../../../schemas/common.ts';
import { Customer, CustomerPage, ListCustomersQuery } from '../../../schemas/customers.ts';
import { errorResponses } from '../../../schemas/errors.ts';

const tags = ['Customers'];

const routes: FastifyPluginAsyncTypebox = async (app) => {
  const { pool } = app.pg;

  app.get(
    '',
    {
      schema: {
        operationId: 'listCustomers',
        summary: 'List customers',
        tags,
        querystring: ListCustomersQuery,
        response: { 200: CustomerPage, ...errorResponses },
      },
      config: { access: requires('customers:read') },
    },
    async (request) => pageOf(request.query, await listCustomers(pool, request.scope(), request.query)),
  );

  app.get(
    '/:id',
    {
      schema: {
        operationId: 'getCustomer',
        summary: 'Get a customer',
        tags,
        params: IdParams,
        response: { 200: Customer, ...errorResponses },
      },
      config: { access: requires('customers:read') },
    },
    async (request) => {
      const customer = await findCustomer(pool, request.scope(), request.params.id);
      if (customer === null) throw notFound('Customer');
      return customer;
    },
  );
};
export default routes;
