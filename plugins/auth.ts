import type { FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import type { Access } from '../lib/access.ts';
import { addressOf } from '../lib/address.ts';
import { ApiError, unavailable } from '../lib/errors.ts';
import type { ConfiguredKeys } from '../lib/keys/configured-keys.ts';
import { readCredential } from '../lib/keys/credential.ts';
import { grants } from '../lib/keys/permissions.ts';
import { digestOf } from '../lib/keys/secret.ts';
import { type Identity, type Refusal, verifyKey } from '../lib/keys/verification.ts';
import type { Actor, Scope } from '../lib/scope.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may call the route; one that doesn't say fails the boot. */
    access?: Access;
  }
  interface FastifyRequest {
    /** Whom the request speaks for; `null` on public routes. */
    auth: Identity | null;
    /** The key that was refused, where it is known. */
    refusedKeyId: string | null;
    /** SHA-256 of the key that was presented, a character for each byte. */
    keyDigest: string | null;
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
    app.decorateRequest('auth', null);
    app.decorateRequest('refusedKeyId', null);
    app.decorateRequest('keyDigest', null);
    app.decorateRequest('identity', identityOf);
    app.decorateRequest('scope', scopeOf);
    app.decorateRequest('actor', actorOf);

    // Callbacks and not promises: what memory can decide is decided at once.
    app.addHook('onRequest', (request, reply, done) => {
      if (request.routeOptions.config.access?.kind === 'public') return done();
      // A proxy must never answer one client with what another's key was given.
      reply.header('cache-control', 'no-store');
      app.rateLimits.refuseFloodingAddress(request);
      const credential = readCredential(request.raw.rawHeaders);
      if (credential.kind === 'none') throw unauthorized('API key required');
      if (credential.kind === 'malformed') return refuse(request, 'unknown', done);
      const digest = digestOf(credential.key);
      request.keyDigest = digest;
      const decideNow = () =>
        decide(request, digest, done, (identity) => admit(identity, request, reply, done));
      if (app.replica.mayDecide()) return decideNow();
      app.replica
        .waitUntilMayDecide()
        // Asked again, in the same breath as the decision.
        .then(() => (app.replica.mayDecide() ? decideNow() : done(undecidable())), done);
    });

    // A body may take its time, and its key be revoked meanwhile: asked again when all of it is there.
    app.addHook('preHandler', (request, _reply, done) => {
      if (request.keyDigest === null || request.body === undefined) return done();
      if (!app.replica.mayDecide()) return done(undecidable());
      decide(request, request.keyDigest, done, (identity) => done(permissionError(identity, request)));
    });

    function decide(
      request: FastifyRequest,
      digest: string,
      done: HookDone,
      accept: (identity: Identity) => void,
    ): void {
      const { access } = request.routeOptions.config;
      const verification = verifyKey(
        {
          digest,
          environment: selectedEnvironment(request),
          needsEnvironment: access?.kind === 'key' && access.level === 'environment',
          nowMs: Date.now(),
        },
        configuredKeys,
        app.replica.keys,
      );
      if (verification.accepted) {
        request.auth = verification.identity;
        accept(verification.identity);
      } else {
        request.refusedKeyId = verification.keyId;
        refuse(request, verification.reason, done);
      }
    }

    function admit(identity: Identity, request: FastifyRequest, reply: FastifyReply, done: HookDone): void {
      const finish = () => done(permissionError(identity, request));
      if (identity.rateLimit === null) finish();
      else app.rateLimits.countRequest(request, reply).then(finish, done);
    }

    function refuse(request: FastifyRequest, reason: Refusal, done: HookDone): void {
      const error = refusals[reason]();
      if (error.statusCode === 401) app.rateLimits.countFailure(request).then(() => done(error), done);
      else done(error);
    }
  },
  { name: 'auth', dependencies: ['replica', 'rate-limits'] },
);

type HookDone = (error?: Error) => void;

function selectedEnvironment(request: FastifyRequest): string | null {
  const selector = request.headers['x-environment-id'];
  return typeof selector === 'string' && selector !== '' ? selector : null;
}

const undecidable = () => unavailable('Authentication temporarily unavailable', new Error('no valid lease'));

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
function permissionError(identity: Identity, request: FastifyRequest): ApiError | undefined {
  const { access } = request.routeOptions.config;
  const allowed =
    access?.kind === 'operator'
      ? identity.operator
      : access?.kind === 'key' &&
        (access.permission === null || grants(identity.permissions, access.permission));
  return allowed ? undefined : new ApiError('permission_denied', 'Permission denied');
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
