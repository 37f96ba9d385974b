// @fastify/bearer-auth with as many keys as `KEYS` says. It knows whether a key is one of them, not whose it is, so
// that the tenant is a constant.
import bearerAuth from '@fastify/bearer-auth';
import Fastify from 'fastify';
import { tenantSchema } from './tenant-schema.mjs';

const keys = new Set(
  Array.from({ length: Number(process.env.KEYS) }, (_, n) => n.toString(16).padStart(64, '0')),
);
const tenant = {
  tenant_id: `tenant_${'0'.repeat(32)}`,
  environment_id: `env_${'0'.repeat(32)}`,
  user_id: `user_${'0'.repeat(32)}`,
};

const app = Fastify();
await app.register(bearerAuth, { keys });
app.get('/tenant', { schema: tenantSchema }, async () => tenant);
await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) });
