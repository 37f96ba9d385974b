import type { FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import type { ConfiguredKeys } from '../lib/auth/configured-keys.ts';
import { type Access, allows, type Standing } from '../lib/auth/route-policy.ts';
import { type Verification, verifyKey } from '../lib/auth/verification.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Decides on the key that a request presents, by its digest, and leaves with the request whom it speaks for, or
     * whose key was refused. Its caller knows that the memory is current (`replica.mayDecide`), and has not given
     * way since.
     */
    decideOnKey(request: FastifyRequest, digest: string, access: Access | undefined): Verification;
    /** As `decideOnKey`, on a key that isn't a request's own and works where it always does. Leaves nothing anywhere. */
    decideOnDigest(digest: string): Verification;
  }
  interface FastifyRequest {
    /** Whether what the request was allowed still is, where its answer lasts: to be asked before each part of it. */
    standing(): Standing;
  }
}

interface KeyDecisionsOptions {
  configuredKeys: ConfiguredKeys;
}

/** Decides on keys from memory, and on nothing else: neither limits nor permissions. */
export default fp<KeyDecisionsOptions>(
  async (app, { configuredKeys }) => {
    app.decorate('decideOnKey', (request, digest, access) => {
      const verification = verifyFor(request, digest, access);
      if (verification.accepted) request.auth = verification.identity;
      else request.refusedKeyId = verification.keyId;
      return verification;
    });
    app.decorate('decideOnDigest', (digest) => verify(digest, () => null, false));
    app.decorateRequest('standing', standingOf);

    const verifyFor = (request: FastifyRequest, digest: string, access: Access | undefined): Verification =>
      verify(
        digest,
        () => selectedEnvironment(request),
        access?.kind === 'key' && access.level === 'environment',
      );

    function verify(
      digest: string,
      environment: () => string | null,
      needsEnvironment: boolean,
    ): Verification {
      const request = { digest, environment, needsEnvironment, nowMs: Date.now() };
      return verifyKey(request, configuredKeys, app.replica.state);
    }

    /** It may also have come to speak for another environment, when names of environments change. */
    function standingOf(this: FastifyRequest): Standing {
      const { tenantId, environmentId } = this.identity();
      if (this.keyDigest === null || !app.replica.canDecide()) return 'undecidable';
      const { access } = this.routeOptions.config;
      const verification = verifyFor(this, this.keyDigest, access);
      if (!verification.accepted || !allows(access, verification.identity)) return 'refused';
      const { identity } = verification;
      const unchanged = identity.tenantId === tenantId && identity.environmentId === environmentId;
      return unchanged ? 'accepted' : 'refused';
    }
  },
  { name: 'key-decisions', dependencies: ['replica', 'request-identity'] },
);

function selectedEnvironment(request: FastifyRequest): string | null {
  const selector = request.headers['x-environment-id'];
  return typeof selector === 'string' && selector !== '' ? selector : null;
}
