import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { requires } from '../../../../../lib/auth/route-policy.ts';
import { notFound } from '../../../../../lib/http/api-error.ts';
import { pageOf } from '../../../../../lib/http/page.ts';
import { findKey, listKeys } from '../../../../../lib/stores/key-store.ts';
import { IdParams } from '../../../../../schemas/common.ts';
import { errorResponses } from '../../../../../schemas/errors.ts';
import { KeyMetadata, KeyPage, ListKeysQuery } from '../../../../../schemas/keys.ts';

const tags = ['Keys'];

const routes: FastifyPluginAsyncTypebox = async (app) => {
  const { pool } = app.pg;

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
    async (request) => pageOf(request.query, await listKeys(pool, request.scope(), request.query)),
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
};
export default routes;
