// What most teams write: a hook that asks PostgreSQL for the key of each request.
import Fastify from 'fastify';
import { findKey } from './find-key.mjs';
import { tenantSchema } from './tenant-schema.mjs';

const app = Fastify();
app.decorateRequest('tenant', null);
app.addHook('onRequest', async (request, reply) => {
  const key = request.headers['x-api-key'];
  request.tenant = key === undefined ? undefined : await findKey(key);
  if (request.tenant === undefined) return reply.code(401).send({ error: 'Unauthorized' });
});
app.get('/tenant', { schema: tenantSchema }, async (request) => request.tenant);
await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) });
