import { METHODS } from 'node:http';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { identityHeaders } from '../../../../lib/auth/identity-headers.ts';
import { requiresAnyKey } from '../../../../lib/auth/route-policy.ts';
import { ApiError } from '../../../../lib/http/api-error.ts';
import { errorResponses } from '../../../../schemas/errors.ts';
import { ForwardAuthQuery, IdentityHeaders } from '../../../../schemas/forward-auth.ts';

/** Asks for permission to pass a request on: what proxies call for each of theirs, by whatever method it has. */
const routes: FastifyPluginAsyncTypebox = async (app) => {
  const unknownMethods = METHODS.filter((method) => !app.supportedMethods.includes(method));
  for (const method of unknownMethods) if (method !== 'CONNECT') app.addHttpMethod(method);

  const shared = {
    config: { access: requiresAnyKey, requiredPermissions: permissionsOf, readOnly: true },
    // Answered from here, where nothing has looked at the body or at what type it claims to have.
    onRequest: (request: FastifyRequest, reply: FastifyReply) => {
      const identity = identityHeaders(request.identity());
      reply.headers(identity).code(200);
      if (app.signedIdentity === null) return void reply.send();
      return app.signedIdentity.sign(request, identity['x-auth-permissions']).then((signed) => {
        if (signed !== null) reply.header('x-auth-context', signed);
        reply.send();
      });
    },
    errorHandler: (error: unknown, request: FastifyRequest) => {
      throw valuesOf(request, 'deny').includes('403') ? asForbidden(error) : error;
    },
    handler: () => {
      throw new Error('The hook has answered already');
    },
  };

  app.get('', {
    ...shared,
    schema: {
      operationId: 'verifyRequest',
      summary: 'Decide for a proxy whether a request may pass',
      description:
        'Forward authentication for nginx, Caddy, HAProxy, Traefik and Envoy. Accepts every ' +
        'method and any path below this one, and ignores the body. The response headers carry the ' +
        'identity of the key.',
      tags: ['Authentication'],
      querystring: ForwardAuthQuery,
      response: { 200: IdentityHeaders, ...errorResponses },
    },
  });
  const others = app.supportedMethods.filter((method) => method !== 'GET' && method !== 'HEAD');
  app.route({ ...shared, method: others, url: '', schema: { hide: true } });
  app.route({ ...shared, method: app.supportedMethods, url: '/*', schema: { hide: true } });
};
export default routes;

/** All that the query names: whatever a client may have added to it can only ask for more. */
const permissionsOf = (request: FastifyRequest): string[] => valuesOf(request, 'permission');

function valuesOf({ query }: FastifyRequest, name: string): string[] {
  if (typeof query !== 'object' || query === null || !(name in query)) return [];
  const values: unknown[] = [Reflect.get(query, name)].flat();
  return values.map(String);
}

/** For a proxy that knows no other refusals than 401 and 403: the true status in a header. */
function asForbidden(error: unknown): unknown {
  if (!(error instanceof ApiError) || error.statusCode !== 429) return error;
  const headers = { ...error.headers, 'x-auth-status': String(error.statusCode) };
  return new ApiError(error.code, error.message, { statusCode: 403, headers });
}
