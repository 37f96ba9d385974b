import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from '@sinclair/typebox';
import { requires } from '../../../lib/auth/route-policy.ts';
import { deactivateCustomer, deleteCustomer } from '../../../lib/changes/customer-changes.ts';
import { newId } from '../../../lib/crypto/ids.ts';
import { isDuplicate } from '../../../lib/database/database.ts';
import { ApiError, notFound } from '../../../lib/http/api-error.ts';
import { insertCustomer, updateCustomer } from '../../../lib/stores/customer-store.ts';
import { IdParams } from '../../../schemas/common.ts';
import { CreateCustomer, Customer, UpdateCustomer } from '../../../schemas/customers.ts';
import { errorResponses } from '../../../schemas/errors.ts';

const tags = ['Customers'];

function refuseDuplicate(error: unknown): never {
  if (!isDuplicate(error)) throw error;
  throw new ApiError('already_exists', 'A customer with this external_id already exists');
}

const routes: FastifyPluginAsyncTypebox = async (app) => {
  const { pool } = app.pg;
  const { changeLog } = app;

  app.post(
    '',
    {
      schema: {
        operationId: 'createCustomer',
        summary: 'Create a customer',
        tags,
        body: CreateCustomer,
        response: { 201: Customer, ...errorResponses },
      },
      config: { access: requires('customers:write') },
    },
    async (request, reply) => {
      const customer = await insertCustomer(pool, request.scope(), newId('cust'), request.body).catch(
        refuseDuplicate,
      );
      return reply.code(201).send(customer);
    },
  );

  app.patch(
    '/:id',
    {
      schema: {
        operationId: 'updateCustomer',
        summary: 'Update, deactivate or activate a customer',
        description: 'Deactivating a customer revokes all of its sessions.',
        tags,
        params: IdParams,
        body: UpdateCustomer,
        response: { 200: Customer, ...errorResponses },
      },
      config: { access: requires('customers:write') },
    },
    async (request) => {
      const author = request.author();
      const { id } = request.params;
      const updating =
        request.body.status === 'inactive'
          ? deactivateCustomer(changeLog, author, id, request.body)
          : updateCustomer(pool, author, id, request.body);
      const customer = await updating.catch(refuseDuplicate);
      if (customer === null) throw notFound('Customer');
      return customer;
    },
  );

  app.delete(
    '/:id',
    {
      schema: {
        operationId: 'deleteCustomer',
        summary: 'Delete a customer',
        tags,
        params: IdParams,
        response: { 204: Type.Null({ description: 'The customer is deleted.' }), ...errorResponses },
      },
      config: { access: requires('customers:write') },
    },
    async (request, reply) => {
      const author = request.author();
      if (!(await deleteCustomer(changeLog, author, request.params.id))) throw notFound('Customer');
      return reply.code(204).send(null);
    },
  );
};
export default routes;
