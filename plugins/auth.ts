import type { FastifyContextConfig, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import fp from 'fastify-plugin';
import { digestOf } from '../lib/auth/api-key.ts';
import { readCredential } from '../lib/auth/credential.ts';
import type { Identity } from '../lib/auth/identity.ts';
import type { Outcome } from '../lib/auth/outcome.ts';
import { grants } from '../lib/auth/permissions.ts';
import { authUnavailable, refusals } from '../lib/auth/refusals.ts';
import { type Access, allows } from '../lib/auth/route-policy.ts';
import type { Refusal } from '../lib/auth/verification.ts';
import { type ApiError, tooManyRequests } from '../lib/http/api-error.ts';
import { addressOf } from '../lib/http/client-address.ts';
import { toArray } from '../lib/http/to-array.ts';
import type { Handle } from '../lib/key-table/key-table.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may call the route; one that doesn't say fails the boot. */
    access?: Access;
    /** Permissions that the request itself asks for, besides that of `access`. */
    asks?(request: FastifyRequest): readonly string[];
  }
  interface FastifyInstance {
    /** The hooks of a route that asks for a key, for requests to whichever app. */
    keyHooks(route: Pick<RouteOptions, 'config'>): KeyHooks;
  }
}

/** They call `done` with what the request is refused with, if it is. */
interface KeyHooks {
  onRequest(request: FastifyRequest, reply: FastifyReply, done: Done): void;
  preHandler(request: FastifyRequest, reply: FastifyReply, done: Done): void;
}

type Done = (refusal?: ApiError) => void;

/** Takes the key of each request to a route that asks for one, and admits or refuses the request. */
export default fp(
  async (app) => {
    // Only on the routes that ask for a key. What a plugin says of the routes that it registers comes later than this.
    app.addHook('onRoute', (route) => {
      if (!asksForKey(route.config?.access)) return;
      const { onRequest, preHandler } = app.keyHooks(route);
      route.onRequest = [onRequest, ...toArray(route.onRequest)];
      route.preHandler = [preHandler, ...toArray(route.preHandler)];
    });

    app.decorate('keyHooks', (route) => ({
      onRequest: authenticateFor(route),
      preHandler: decideAgainFor(route),
    }));

    // Callbacks and not promises: what memory can decide is decided at once.
    const authenticateFor =
      (route: Pick<RouteOptions, 'config'>): KeyHooks['onRequest'] =>
      (request, reply, done) => {
        const { config = {} } = route;
        if (!asksForKey(config.access)) return done();
        const isTold = request.headers[debugHeader] !== undefined;
        const isTimed = app.decisionMetrics.isTimed();
        const startMs = isTold || isTimed ? performance.now() : 0;
        // A proxy must never answer one client with what another's key was given.
        reply.header('cache-control', 'no-store');
        authenticate(request, reply, config, (outcome, error) => {
          const durationMs = isTold || isTimed ? performance.now() - startMs : 0;
          app.decisionMetrics.count(outcome, isTimed ? durationMs : null);
          if (isTold) setServerTiming(request, reply, durationMs);
          done(error);
        });
      };

    // A body may take its time, and its key be revoked meanwhile: asked again when all of it is there.
    const decideAgainFor =
      ({ config = {} }: Pick<RouteOptions, 'config'>): KeyHooks['preHandler'] =>
      (request, _reply, done) => {
        if (request.keyDigest === null || request.body === undefined) return done();
        if (!app.replica.canDecide()) return done(authUnavailable());
        const verification = app.decideOnKey(request, request.keyDigest, config.access);
        if (!verification.accepted) return done(refusals[verification.reason]);
        done(isAllowed(request, config, verification.identity) ? undefined : refusals.permission);
      };

    function authenticate(
      request: FastifyRequest,
      reply: FastifyReply,
      config: FastifyContextConfig,
      settle: Settle,
    ) {
      const floodEndsInMs = app.rateLimits.addressBlockedForMs(request);
      if (floodEndsInMs > 0) return settle('limited', tooManyRequests(floodEndsInMs));
      const credential = readCredential(request.raw);
      if (credential.kind === 'none') return settle('missing', refusals.missing);
      if (credential.kind === 'malformed') return refuse(request, 'unknown', settle);
      const digest = digestOf(credential.key);
      request.keyDigest = digest;
      const decide = () => admit(request, reply, digest, config, settle);
      if (app.replica.canDecide()) return decide();
      app.replica
        .waitUntilCanDecide()
        .then(() => {
          // Asked again, in the same breath as the decision.
          if (app.replica.canDecide()) decide();
          else settle('undecidable', authUnavailable());
        })
        .catch(failed(settle));
    }

    function admit(
      request: FastifyRequest,
      reply: FastifyReply,
      digest: string,
      config: FastifyContextConfig,
      settle: Settle,
    ) {
      const verification = app.decideOnKey(request, digest, config.access);
      if (!verification.accepted) {
        app.keyUsage.countRefusal(verification, Date.now());
        return refuse(request, verification.reason, settle);
      }
      const { identity } = verification;
      setDeprecationHeaders(reply, identity.sunsetAtMs);
      const conclude = (excess: ApiError | null, handle: Handle) => {
        const outcome = outcomeOf(excess, isAllowed(request, config, identity));
        app.keyUsage.countOutcome(handle, outcome, addressOf(request), Date.now());
        settle(outcome, excess ?? (outcome === 'permission' ? refusals.permission : undefined));
      };
      const excess = app.rateLimits.countRequest(request, reply, verification.handle);
      if (!(excess instanceof Promise)) return conclude(excess, verification.handle);
      // The key may be elsewhere by then.
      excess.then((known) => conclude(known, app.replica.state.keys.find(digest))).catch(failed(settle));
    }

    function refuse(request: FastifyRequest, reason: Refusal, settle: Settle) {
      const error = refusals[reason];
      if (error.statusCode !== 401) return settle(reason, error);
      const counted = app.rateLimits.recordAuthFailure(request);
      if (counted === undefined) return settle(reason, error);
      counted.then(() => settle(reason, error)).catch(failed(settle));
    }
  },
  {
    name: 'auth',
    dependencies: ['replica', 'key-decisions', 'rate-limits', 'key-usage', 'decision-metrics'],
  },
);

type Settle = (outcome: Outcome, error?: ApiError) => void;

/** What failed after the request was put off would otherwise end the process. */
const failed = (settle: Settle) => (error: unknown) => settle('undecidable', authUnavailable(error));

const asksForKey = (access: Access | undefined): boolean =>
  access?.kind !== 'public' && access?.kind !== 'session';

function isAllowed(
  request: FastifyRequest,
  { access, asks }: FastifyContextConfig,
  identity: Identity,
): boolean {
  if (!allows(access, identity)) return false;
  return asks === undefined || asks(request).every((asked) => grants(identity.permissions, asked));
}

/** A key over its limit isn't told what it may. */
function outcomeOf(excess: ApiError | null, allowed: boolean): 'accepted' | 'limited' | 'permission' {
  if (excess !== null) return 'limited';
  return allowed ? 'accepted' : 'permission';
}

/** Asks how long the decision took. */
const debugHeader = 'latchkey-debug';
const debugPermission = 'latchkey:debug';

/** Server-Timing (W3C), for those who measure from outside and may know. */
function setServerTiming({ auth }: FastifyRequest, reply: FastifyReply, durationMs: number): void {
  if (auth === null || !grants(auth.permissions, debugPermission)) return;
  reply.header('server-timing', `auth;dur=${durationMs.toFixed(4)}`);
}

/**
 * Tells whoever still uses a key that was rotated (RFC 9745), and until when it works (RFC 8594). Since when isn't
 * kept in memory: any past date says that it is deprecated already, and this one can't be taken for the right one.
 */
function setDeprecationHeaders(reply: FastifyReply, sunsetAtMs: number | null): void {
  if (sunsetAtMs === null) return;
  reply.header('deprecation', '@0');
  if (Number.isFinite(sunsetAtMs)) reply.header('sunset', new Date(sunsetAtMs).toUTCString());
}
