import type { FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import type { Access } from '../lib/access.ts';
import { addressOf } from '../lib/address.ts';
import { ApiError, unavailable } from '../lib/errors.ts';
import type { ConfiguredKeys } from '../lib/keys/configured-keys.ts';
import { readCredential } from '../lib/keys/credential.ts';
import { grants } from '../lib/keys/permissions.ts';
import { hashOf } from '../lib/keys/secret.ts';
import { type Identity, type Lookups, type Verification, verifyKey } from '../lib/keys/verification.ts';
import type { Actor, Scope } from '../lib/scope.ts';
import { findTenantAccess } from '../lib/stores/environments.ts';
import { findKeyByHash } from '../lib/stores/keys.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may call the route; one that doesn't say fails the boot. */
    access?: Access;
  }
  interface FastifyRequest {
    /** Whom the request speaks for; `null` on public routes. */
    auth: Identity | null;
    /** Whom the request speaks for, on a route that isn't public. */
    identity(): Identity;
    /** The tenant and environment that everything the request does is confined to. */
    scope(): Scope;
    /** The request's author, for the audit trail. */
    actor(): Actor;
  }
}

interface AuthOptions {
  configuredKeys: ConfiguredKeys;
}

/** Takes the key of each request, decides on it, and decorates the request with whom it speaks for. */
export default fp<AuthOptions>(
  async (app, { configuredKeys }) => {
    const lookups: Lookups = {
      keyByHash: (hash) => findKeyByHash(app.pg.pool, hash),
      tenantAccess: (tenantId, environment) => findTenantAccess(app.pg.pool, tenantId, environment),
    };

    app.decorateRequest('auth', null);
    app.decorateRequest('identity', identityOf);
    app.decorateRequest('scope', scopeOf);
    app.decorateRequest('actor', actorOf);

    app.addHook('onRequest', async (request, reply) => {
      const access = request.routeOptions.config.access;
      if (access?.kind === 'public') return;
      // A proxy must never answer one client with what another's key was given.
      reply.header('cache-control', 'no-store');
      app.rateLimits.refuseFloodingAddress(request);
      const verification = await verify(request, access, configuredKeys, lookups);
      if (!verification.accepted) {
        const refusal = refusals[verification.reason]();
        if (refusal.statusCode === 401) await app.rateLimits.countFailure(request);
        throw refusal;
      }
      request.auth = verification.identity;
      await app.rateLimits.countRequest(request, reply);
      checkAccess(verification.identity, access);
    });
  },
  { name: 'auth', dependencies: ['database', 'rate-limits'] },
);

async function verify(
  request: FastifyRequest,
  access: Access | undefined,
  configuredKeys: ConfiguredKeys,
  lookups: Lookups,
): Promise<Verification> {
  const credential = readCredential(request.raw.rawHeaders);
  if (credential.kind === 'none') throw unauthorized('API key required');
  if (credential.kind === 'malformed') return { accepted: false, reason: 'unknown' };
  const selector = request.headers['x-environment-id'];
  try {
    return await verifyKey(
      {
        hash: hashOf(credential.key),
        environment: typeof selector === 'string' && selector !== '' ? selector : null,
        needsEnvironment: access?.kind === 'key' && access.level === 'environment',
        nowMs: Date.now(),
      },
      configuredKeys,
      lookups,
    );
  } catch (error) {
    // Whatever went wrong, nothing was decided.
    throw unavailable('Authentication temporarily unavailable', error);
  }
}

/** RFC 6750, section 3: the challenge names an error only where a key was presented. */
const unauthorized = (message: string, error = ''): ApiError =>
  new ApiError('permission_denied', message, {
    statusCode: 401,
    headers: { 'www-authenticate': `Bearer realm="latchkey"${error}` },
  });

const invalidToken = ', error="invalid_token"';

const refusals = {
  unknown: () => unauthorized('Invalid API key', invalidToken),
  expired: () => unauthorized('API key has expired', invalidToken),
  inactive: () => new ApiError('permission_denied', 'API key is inactive'),
  environment: () => new ApiError('permission_denied', 'Invalid or inaccessible environment'),
};

/** What isn't named isn't allowed, although a route without access can't come this far. */
function checkAccess(identity: Identity, access: Access | undefined): void {
  const allowed =
    access?.kind === 'operator'
      ? identity.operator
      : access?.kind === 'key' &&
        (access.permission === null || grants(identity.permissions, access.permission));
  if (!allowed) throw new ApiError('permission_denied', 'Permission denied');
}

function identityOf(this: FastifyRequest): Identity {
  if (this.auth === null) throw new Error('This route is public: nobody has been authenticated');
  return this.auth;
}

function scopeOf(this: FastifyRequest): Scope {
  const { tenantId, environmentId } = this.identity();
  if (environmentId === null) throw refusals.environment();
  return { tenantId, environmentId };
}

function actorOf(this: FastifyRequest): Actor {
  const { keyId, userId } = this.identity();
  return { keyId, userId, address: addressOf(this), requestId: this.id };
}
