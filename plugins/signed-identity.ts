import { compile } from '@fastify/proxy-addr';
import type { FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import type { NamedKey } from '../lib/crypto/named-key.ts';
import { forwardedRequest } from '../lib/signed-identity/bound-request.ts';
import { IdentitySigner } from '../lib/signed-identity/identity-signer.ts';
import type { PublicKeys } from '../schemas/public-keys.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** `null`: nothing is signed. */
    signedIdentity: SignedIdentity | null;
  }
}

interface SignedIdentity {
  /** The keys that verify signed identities. */
  publicKeys: PublicKeys;
  /**
   * Signs whom a request speaks for, bound to the request that a proxy asks about.
   * @param permissions as `X-Auth-Permissions` has them
   * @returns `null` unless a trusted proxy named the request's method, host and URI
   */
  sign(request: FastifyRequest, permissions: string): Promise<string | null>;
}

interface SignedIdentityOptions {
  identityKeys: readonly NamedKey[];
  trustedProxies: string[];
}

/** Signed identities, where the configuration has keys for them. */
export default fp<SignedIdentityOptions>(
  async (app, { identityKeys: [current, ...others], trustedProxies }) => {
    if (current === undefined) {
      app.decorate('signedIdentity', null);
      return;
    }
    const signer = new IdentitySigner([current, ...others]);
    // What Fastify itself asks before it believes such a header.
    const isTrusted = compile(trustedProxies);
    app.decorate('signedIdentity', {
      publicKeys: signer.publicKeys,
      async sign({ socket: { remoteAddress }, headers, auth }, permissions) {
        if (auth === null || remoteAddress === undefined || !isTrusted(remoteAddress, 0)) return null;
        const bound = forwardedRequest(headers);
        return bound && signer.sign(auth, permissions, bound);
      },
    });
  },
  { name: 'signed-identity', dependencies: ['auth'] },
);
