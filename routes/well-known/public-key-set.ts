import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { isPublic } from '../../lib/auth/route-policy.ts';
import { notFound } from '../../lib/http/api-error.ts';
import { keysMaxAgeSeconds } from '../../lib/signed-identity/identity-token.ts';
import { errorResponses } from '../../schemas/errors.ts';
import { PublicKeys } from '../../schemas/public-keys.ts';

/** The well-known location, for clients that know only the service's address (RFC 8615). */
const routes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '/jwks.json',
    {
      schema: {
        operationId: 'listPublicKeys',
        summary: 'Get the public keys of signed identities',
        description: 'A JSON Web Key Set (RFC 7517). 404 unless `IDENTITY_KEYS` is set.',
        tags: ['Authentication'],
        response: { 200: PublicKeys, ...errorResponses },
      },
      config: { access: isPublic },
    },
    async (_request, reply) => {
      if (app.signedIdentity === null) throw notFound('Key set');
      reply.header('cache-control', `public, max-age=${keysMaxAgeSeconds}`);
      return app.signedIdentity.publicKeys;
    },
  );
};
export default routes;

// Compilers pass over folders whose name begins with a dot.
export const autoPrefix = '/.well-known';
