import swagger, { type SwaggerTransform } from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import fp from 'fastify-plugin';
import { type Access, everybody } from '../lib/access.ts';

interface OpenApiOptions {
  version: string;
}

/** The description of the API at `/openapi.json`, and pages to read it on at `/docs`, which work offline. */
export default fp<OpenApiOptions>(
  async (app, { version }) => {
    await app.register(swagger, {
      openapi: {
        openapi: '3.1.0',
        info: {
          title: 'Latchkey',
          version,
          description: 'API-key authentication: issue keys, decide on each request, revoke everywhere.',
          license: { name: 'MIT', identifier: 'MIT' },
        },
        servers: [{ url: '/', description: 'This server' }],
        tags: [
          { name: 'Keys', description: 'Issue, list, change and delete API keys' },
          { name: 'Customers', description: 'An example of a resource that belongs to an environment' },
          { name: 'Environments', description: 'What separates development from production in a tenant' },
          { name: 'Tenants', description: 'Whose keys, environments and customers these are' },
          { name: 'Authentication', description: 'Decisions on keys' },
          { name: 'Operations', description: 'The state of the service' },
        ],
        components: {
          securitySchemes: {
            apiKey: {
              type: 'apiKey',
              in: 'header',
              name: 'X-API-Key',
              description: '64 lower-case hex characters',
            },
            bearer: { type: 'http', scheme: 'bearer', description: 'The same key' },
          },
        },
        security: [{ apiKey: [] }, { bearer: [] }],
      },
      transform,
    });

    await app.register(async (scope) => {
      scope.addHook('onRoute', (route) => {
        route.config = { ...route.config, access: everybody };
      });
      scope.addHook('onSend', async (_request, reply) => {
        reply.header('x-content-type-options', 'nosniff').header('x-frame-options', 'DENY');
      });
      scope.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
      await scope.register(swaggerUi, { routePrefix: '/docs', staticCSP: true });
    });
  },
  { name: 'openapi' },
);

/** Says of every route what its key must hold. */
const transform: SwaggerTransform = ({ schema, url, route }) => {
  const access = route.config?.access;
  if (access === undefined) return { schema, url };
  const described = {
    ...schema,
    description: [schema.description, needs(access)].filter(Boolean).join(' '),
    ...(access.kind === 'public' && { security: [] }),
  };
  return { schema: described, url };
};

function needs(access: Access): string {
  if (access.kind === 'public') return 'Needs no key.';
  if (access.kind === 'operator') return "Needs a key of the operator's configuration.";
  return access.permission === null ? 'Needs any key.' : `Needs the permission \`${access.permission}\`.`;
}
