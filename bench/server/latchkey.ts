/**
 * The service with two routes more, for the bench alone: the same handler and schema, once public and once
 * behind a key, in the same process. Its settings are those of the service.
 */
import cluster from 'node:cluster';
import { Type } from '@sinclair/typebox';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { pino } from 'pino';
import { build } from '../../app.ts';
import { type Access, isPublic, requires } from '../../lib/auth/route-policy.ts';
import { type Config, readConfig } from '../../lib/config/config.ts';
import { startWorkers } from '../../lib/process/workers.ts';

const Tenant = Type.Object({
  tenant_id: Type.String(),
  environment_id: Type.String(),
  user_id: Type.String(),
});

/** As long as those of a key, so that both answers are. */
const nobody = {
  tenantId: `tenant_${'0'.repeat(32)}`,
  environmentId: `env_${'0'.repeat(32)}`,
  userId: `user_${'0'.repeat(32)}`,
};

async function answer(request: FastifyRequest) {
  const { tenantId, environmentId, userId } = request.auth ?? nobody;
  return { tenant_id: tenantId, environment_id: environmentId, user_id: userId };
}

function addRoute(app: FastifyInstance, path: string, access: Access): void {
  const schema = { operationId: path.slice(1), response: { 200: Tenant } };
  app.get(path, { schema, config: { access, work: null } }, answer);
}

async function serve(config: Config, databaseUrl: string): Promise<() => Promise<void>> {
  const app = await build({ ...config, databaseUrl });
  await app.register(async (scope) => {
    addRoute(scope, '/bench/open', isPublic);
    addRoute(scope, '/bench/authenticated', requires('customers:read'));
  });
  await app.listen({ host: config.host, port: config.port });
  return () => app.close();
}

async function start(): Promise<() => Promise<void>> {
  const config = readConfig();
  if (config.databaseUrl === null) throw new Error('DATABASE_URL is missing');
  if (config.workers === 1 || cluster.isWorker) return serve(config, config.databaseUrl);
  const workers = await startWorkers(config.workers, {}, pino({ level: 'warn' }));
  return () => workers.stop();
}

const stop = await start();
process.once('SIGTERM', () => {
  void stop().then(() => process.exit());
});
