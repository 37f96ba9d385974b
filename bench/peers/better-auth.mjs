// better-auth's plugin for API keys, asked in a hook.
import { betterAuth } from 'better-auth';
import Fastify from 'fastify';
import { options } from './better-auth-options.mjs';
import { tenantSchema } from './tenant-schema.mjs';

const auth = betterAuth(options);

const app = Fastify();
app.decorateRequest('tenant', null);
app.addHook('onRequest', async (request, reply) => {
  const key = request.headers['x-api-key'];
  const { valid, key: found } =
    key === undefined ? { valid: false, key: null } : await auth.api.verifyApiKey({ body: { key } });
  if (!valid) return reply.code(401).send({ error: 'Unauthorized' });
  request.tenant = { tenant_id: found.referenceId, environment_id: found.prefix, user_id: found.name };
});
app.get('/tenant', { schema: tenantSchema }, async (request) => request.tenant);
await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) });
