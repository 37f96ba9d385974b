import { STATUS_CODES } from 'node:http';
import swagger, { type SwaggerTransform, type SwaggerTransformObject } from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { type Access, isPublic } from '../lib/auth/route-policy.ts';

interface OpenApiOptions {
  version: string;
  /** False if the description is made but not served, as in production. */
  isServed: boolean;
}

/**
 * Allows the pages to load their own files and images inside of them. The plugin's own policy lets other
 * hosts in, and asks for HTTPS, which a service on a plain port of the local network doesn't speak.
 */
const documentationPolicy =
  "default-src 'self'; img-src 'self' data:; base-uri 'self'; frame-ancestors 'none'; object-src 'none'";

/** The description of the API at `/openapi.json`, and pages to read it on at `/docs`, which work offline. */
export default fp<OpenApiOptions>(
  async (app, { version, isServed }) => {
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
        tags,
        components,
        security: [{ apiKey: [] }, { bearer: [] }],
      },
      transform,
      transformObject,
    });

    if (isServed) await app.register(serveDescription);
  },
  { name: 'openapi', dependencies: ['request-rates'] },
);

/** Serves the description, and pages to read it on. Strangers may ask for it, so it is written once. */
async function serveDescription(app: FastifyInstance): Promise<void> {
  let description: Buffer | null = null;
  const sendDescription = async (_request: FastifyRequest, reply: FastifyReply): Promise<Buffer> => {
    description ??= Buffer.from(JSON.stringify(app.swagger()));
    reply.type('application/json; charset=utf-8');
    return description;
  };
  app.addHook('onRoute', (route) => {
    route.config = { ...route.config, access: isPublic };
    // The pages have one of their own, which writes it for each request.
    if (route.url === '/docs/json') route.handler = sendDescription;
  });
  app.addHook('onSend', async (_request, reply) => {
    reply.header('x-content-type-options', 'nosniff').header('x-frame-options', 'DENY');
  });
  if (app.checkPublicRate !== null) app.addHook('onRequest', app.checkPublicRate);
  app.get('/openapi.json', { schema: { hide: true } }, sendDescription);
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: documentationPolicy });
}

/** The groups of operations, in the order of the pages. */
const tags = [
  { name: 'Keys', description: 'Create, list, update, rotate, import and delete API keys' },
  { name: 'Usage', description: 'The usage of keys: how often, when and from where they are used' },
  { name: 'Customers', description: 'An example of a resource that belongs to an environment' },
  {
    name: 'Customer portal',
    description: "Routes for a customer's own session: reading and replacing its own data",
  },
  {
    name: 'Webhooks',
    description: 'Receive webhooks of providers: verified, stored once and in order',
  },
  {
    name: 'Audit',
    description: 'The audit trail: every change with its author, as pages and as a live stream',
  },
  {
    name: 'Environments',
    description: 'Environments separate development from production within a tenant',
  },
  { name: 'Tenants', description: 'Tenants own environments, users, keys and customers' },
  { name: 'Users', description: 'Users own keys: people and service accounts' },
  { name: 'Authentication', description: 'Decide whether a key is valid and what it may do' },
  { name: 'Operations', description: 'Liveness, readiness and the keys of signed identities' },
];

const components = {
  securitySchemes: {
    apiKey: {
      type: 'apiKey',
      in: 'header',
      name: 'X-API-Key',
      description:
        "64 lower-case hex characters. A key of the operator's configuration works in the " +
        'environment named there, or in another environment of its tenant that `X-Environment-ID` ' +
        'selects by name or id.',
    },
    bearer: { type: 'http', scheme: 'bearer', description: 'The same key, as a bearer token' },
    session: {
      type: 'apiKey',
      in: 'header',
      name: 'X-Session-Token',
      description: "A customer's session",
    },
  },
} as const;

/** Says of every route what its key must hold, and of its schemas what the plugin can't know. */
const transform: SwaggerTransform = ({ schema, url, route }) => {
  const access = route.config?.access;
  if (access === undefined) return { schema, url };
  const described = {
    ...schema,
    description: [schema.description, needs(access)].filter(Boolean).join(' '),
    ...(isObject(schema.querystring) && { querystring: withoutRequiredDefaults(schema.querystring) }),
    ...(isObject(schema.response) && { response: withDescriptions(schema.response) }),
    ...(access.kind === 'public' && { security: [] }),
    ...(access.kind === 'session' && { security: [{ session: [] }] }),
  };
  return { schema: described, url };
};

function needs(access: Access): string {
  if (access.kind === 'public') return 'Needs no key.';
  if (access.kind === 'session') return "Needs a customer's session.";
  if (access.kind === 'operator') return "Needs a key of the operator's configuration.";
  return access.permission === null ? 'Needs any key.' : `Needs the permission \`${access.permission}\`.`;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

/** Marks fields with a default as optional: the handler always has them, but a client may leave them out. */
function withoutRequiredDefaults(querystring: Record<string, unknown>): object {
  const { properties, required } = querystring;
  if (!isObject(properties) || !Array.isArray(required)) return querystring;
  const hasDefault = (name: string) => isObject(properties[name]) && 'default' in properties[name];
  return { ...querystring, required: required.filter((name) => !hasDefault(name)) };
}

/** Every response needs a description: the name of its status, where its schema has none. */
const withDescriptions = (responses: Record<string, unknown>): object =>
  Object.fromEntries(
    Object.entries(responses).map(([status, response]) => [
      status,
      isObject(response) && !('description' in response)
        ? { ...response, 'x-response-description': STATUS_CODES[status] }
        : response,
    ]),
  );

const errorAnswers = { '4XX': 'Refused', '5XX': 'Failed' };

/** Tells the answers to errors once, instead of once for each route. */
const transformObject: SwaggerTransformObject = (document) => {
  if ('swaggerObject' in document) return document.swaggerObject;
  const { paths = {}, components = {} } = document.openapiObject;
  const shared: Record<string, unknown> = {};
  const operations = Object.values(paths).flatMap((path) => Object.values(path ?? {}));
  for (const operation of operations) {
    const responses: unknown = isObject(operation) ? operation['responses'] : undefined;
    if (isObject(responses)) shareErrorAnswers(responses, shared);
  }
  Object.assign(components, { responses: shared });
  return document.openapiObject;
};

/** Moves the answers to errors of one operation to `shared` and leaves references to them. */
function shareErrorAnswers(responses: Record<string, unknown>, shared: Record<string, unknown>): void {
  for (const [status, name] of Object.entries(errorAnswers)) {
    if (!(status in responses)) continue;
    shared[name] = responses[status];
    responses[status] = { $ref: `#/components/responses/${name}` };
  }
}
