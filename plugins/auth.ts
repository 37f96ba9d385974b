import type { FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import type { Access, Standing } from '../lib/access.ts';
import { addressOf } from '../lib/address.ts';
import { refusals } from '../lib/auth-errors.ts';
import { tooManyRequests, unavailable } from '../lib/errors.ts';
import type { ConfiguredKeys } from '../lib/keys/configured-keys.ts';
import { readCredential } from '../lib/keys/credential.ts';
import { absent, type Handle } from '../lib/keys/key-table.ts';
import type { Outcome } from '../lib/keys/outcome.ts';
import { grants } from '../lib/keys/permissions.ts';
import { digestOf } from '../lib/keys/secret.ts';
import { type Identity, type Refusal, type Verification, verifyKey } from '../lib/keys/verification.ts';
import type { Actor, Scope } from '../lib/scope.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may call the route; one that doesn't say fails the boot. */
    access?: Access;
  }
  interface FastifyRequest {
    /** Whom the request speaks for; `null` on routes that ask for no key. */
    auth: Identity | null;
    /** The key that was refused, where it is known. */
    refusedKeyId: string | null;
    /** SHA-256 of the key that was presented, a character for each byte. */
    keyDigest: string | null;
    /** Whom the request speaks for, on a route that asks for a key. */
    identity(): Identity;
    /** The tenant and environment that everything the request does is confined to. */
    scope(): Scope;
    /** The request's author, for the audit trail. */
    actor(): Actor;
    /** Whether what the request was allowed still is, where its answer lasts: to be asked before each part of it. */
    standing(): Standing;
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
    app.decorateRequest('standing', standingOf);

    // Callbacks and not promises: what memory can decide is decided at once.
    app.addHook('onRequest', (request, reply, done) => {
      const kind = accessOf(request)?.kind;
      if (kind === 'public' || kind === 'session') return done();
      const isTold = request.headers[debugHeader] !== undefined;
      const isTimed = app.decisionMetrics.isTimed();
      const startMs = isTold || isTimed ? performance.now() : 0;
      // A proxy must never answer one client with what another's key was given.
      reply.header('cache-control', 'no-store');
      authenticate(request, reply, (outcome, error) => {
        const durationMs = isTold || isTimed ? performance.now() - startMs : 0;
        app.decisionMetrics.count(outcome, isTimed ? durationMs : null);
        if (isTold) tellDuration(request, reply, durationMs);
        done(error);
      });
    });

    // A body may take its time, and its key be revoked meanwhile: asked again when all of it is there.
    app.addHook('preHandler', (request, _reply, done) => {
      if (request.keyDigest === null || request.body === undefined) return done();
      if (!app.replica.mayDecide()) return done(undecidable());
      const verification = decide(request, request.keyDigest);
      const refusal = verification.accepted ? permissionRefusal(request) : verification.reason;
      done(refusal === null ? undefined : refusals[refusal]);
    });

    function authenticate(request: FastifyRequest, reply: FastifyReply, settle: Settle) {
      const floodEndsInMs = app.rateLimits.floodEndsInMs(request);
      if (floodEndsInMs > 0) return settle('limited', tooManyRequests(floodEndsInMs));
      const credential = readCredential(request.raw);
      if (credential.kind === 'none') return settle('missing', refusals.missing);
      if (credential.kind === 'malformed') return refuse(request, 'unknown', settle);
      request.keyDigest = digestOf(credential.key);
      if (app.replica.mayDecide()) return admit(request, reply, request.keyDigest, settle);
      void whenDecidable(request, reply, request.keyDigest, settle);
    }

    async function whenDecidable(
      request: FastifyRequest,
      reply: FastifyReply,
      digest: string,
      settle: Settle,
    ): Promise<void> {
      await app.replica.waitUntilMayDecide();
      // Asked again, in the same breath as the decision.
      if (app.replica.mayDecide()) admit(request, reply, digest, settle);
      else settle('undecidable', undecidable());
    }

    function admit(request: FastifyRequest, reply: FastifyReply, digest: string, settle: Settle) {
      const verification = decide(request, digest);
      if (!verification.accepted) {
        countRefusal(verification);
        return refuse(request, verification.reason, settle);
      }
      tellSunset(reply, verification.identity.sunsetAtMs);
      let handle: Handle | null = verification.handle;
      app.rateLimits.countRequest(request, reply, handle, (excess) => {
        const lack = excess === null ? permissionRefusal(request) : null;
        const outcome = excess === null ? (lack ?? 'accepted') : 'limited';
        countUse(request, verification.identity, outcome, handle ?? app.replica.keys.keys.find(digest));
        settle(outcome, excess ?? (lack === null ? undefined : refusals[lack]));
      });
      // If that isn't done yet, the key may be elsewhere by then.
      handle = null;
    }

    function countUse(
      request: FastifyRequest,
      { keyId }: Identity,
      outcome: 'accepted' | 'limited' | 'permission',
      handle: Handle,
    ): void {
      // Configured keys aren't counted, nor is one that was deleted meanwhile.
      if (handle === absent) return;
      if (outcome === 'accepted') app.keyUsage.countUse(handle, keyId, addressOf(request), Date.now());
      else app.keyUsage.countDenial(keyId, outcome, Date.now());
    }

    function countRefusal({ reason, keyId, stored }: Verification & { accepted: false }): void {
      if (!stored || keyId === null || (reason !== 'expired' && reason !== 'inactive')) return;
      app.keyUsage.countDenial(keyId, reason, Date.now());
    }

    /** Decides on the key, and sets whom the request speaks for, or whose key is refused. */
    function decide(request: FastifyRequest, digest: string): Verification {
      const verification = verify(request, digest);
      if (verification.accepted) request.auth = verification.identity;
      else request.refusedKeyId = verification.keyId;
      return verification;
    }

    function verify(request: FastifyRequest, digest: string): Verification {
      const access = accessOf(request);
      return verifyKey(
        {
          digest,
          environment: () => selectedEnvironment(request),
          needsEnvironment: access?.kind === 'key' && access.level === 'environment',
          nowMs: Date.now(),
        },
        configuredKeys,
        app.replica.keys,
      );
    }

    /** It may also have come to speak for another environment, when names of environments change. */
    function standingOf(this: FastifyRequest): Standing {
      const { tenantId, environmentId } = this.identity();
      if (this.keyDigest === null || !app.replica.mayDecide()) return 'undecidable';
      const verification = verify(this, this.keyDigest);
      if (!verification.accepted) return 'refused';
      const { identity } = verification;
      if (permissionRefusal(this, identity) !== null) return 'refused';
      const unchanged = identity.tenantId === tenantId && identity.environmentId === environmentId;
      return unchanged ? 'accepted' : 'refused';
    }

    function refuse(request: FastifyRequest, reason: Refusal, settle: Settle) {
      const error = refusals[reason];
      if (error.statusCode !== 401) return settle(reason, error);
      app.rateLimits.countFailure(request, () => settle(reason, error));
    }
  },
  { name: 'auth', dependencies: ['replica', 'rate-limits', 'key-usage', 'decision-metrics'] },
);

const accessOf = (request: FastifyRequest): Access | undefined => request.routeOptions.config.access;

type Settle = (outcome: Outcome, error?: Error) => void;

/** Asks how long the decision took. */
const debugHeader = 'latchkey-debug';
const debugPermission = 'latchkey:debug';

/** Server-Timing (W3C), for those who measure from outside and may know. */
function tellDuration({ auth }: FastifyRequest, reply: FastifyReply, durationMs: number): void {
  if (auth === null || !grants(auth.permissions, debugPermission)) return;
  reply.header('server-timing', `auth;dur=${durationMs.toFixed(4)}`);
}

/**
 * Tells whoever still uses a key that was rotated (RFC 9745), and until when it works (RFC 8594). Since when isn't
 * kept in memory: any past date says that it is deprecated already, and this one can't be taken for the right one.
 */
function tellSunset(reply: FastifyReply, sunsetAtMs: number | null): void {
  if (sunsetAtMs === null) return;
  reply.header('deprecation', '@0');
  if (Number.isFinite(sunsetAtMs)) reply.header('sunset', new Date(sunsetAtMs).toUTCString());
}

function selectedEnvironment(request: FastifyRequest): string | null {
  const selector = request.headers['x-environment-id'];
  return typeof selector === 'string' && selector !== '' ? selector : null;
}

const undecidable = () => unavailable('Authentication temporarily unavailable', new Error('no valid lease'));

/** What isn't named isn't allowed, although a route without access can't come this far. */
function permissionRefusal(
  request: FastifyRequest,
  { operator, permissions }: Identity = request.identity(),
): 'permission' | null {
  const access = accessOf(request);
  const allowed =
    access?.kind === 'operator'
      ? operator
      : access?.kind === 'key' && (access.permission === null || grants(permissions, access.permission));
  return allowed ? null : 'permission';
}

function identityOf(this: FastifyRequest): Identity {
  if (this.auth === null) throw new Error('This route asks for no key');
  return this.auth;
}

function scopeOf(this: FastifyRequest): Scope {
  const { tenantId, environmentId } = this.identity();
  if (environmentId === null) throw refusals.environment;
  return { tenantId, environmentId };
}

function actorOf(this: FastifyRequest): Actor {
  const { tenantId, keyId, userId } = this.identity();
  return { tenantId, keyId, userId, address: addressOf(this), requestId: this.id };
}
