import type {
  FastifyContextConfig,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  RouteOptions,
} from 'fastify';
import fp from 'fastify-plugin';
import { setAuthHeaders } from '../lib/auth/auth-headers.ts';
import type { AuthResult } from '../lib/auth/auth-result.ts';
import type { Required } from '../lib/auth/authenticator.ts';
import type { Identity } from '../lib/auth/identity.ts';
import { grants } from '../lib/auth/permissions.ts';
import { placeOf } from '../lib/auth/place.ts';
import { authUnavailable, refusalOf, refusals } from '../lib/auth/refusals.ts';
import { type Access, needsEnvironment, needsKey } from '../lib/auth/route-policy.ts';
import type { Actor, Scope } from '../lib/auth/scope.ts';
import type { Author } from '../lib/changes/author.ts';
import type { ApiError } from '../lib/http/api-error.ts';
import { addressOf } from '../lib/http/client-address.ts';
import { workOf } from '../lib/http/route-work.ts';
import { toArray } from '../lib/http/to-array.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may call the route; a route that doesn't say so fails the boot. */
    access?: Access;
    /** Returns the permissions that the request itself names, in addition to that of `access`. */
    requiredPermissions?(request: FastifyRequest): readonly string[];
  }
  interface FastifyRequest {
    /** The identity of an accepted key; `null` on routes that need no key. */
    auth: Identity | null;
    /** The last decision on the request's key. */
    authResult: AuthResult | null;
    /** The key that was refused, where it is known. */
    readonly refusedKeyId: string | null;
    /** The identity of the request's key. Throws on a route that needs no key. */
    identity(): Identity;
    /** The tenant and environment that everything the request does is confined to. */
    scope(): Scope;
    /** The caller as the audit trail names it. */
    actor(): Actor;
    /** The caller of a change in the request's environment. */
    author(): Author;
  }
}

type Done = (refusal?: ApiError) => void;

/** Lets the Authenticator decide on the key of each request to a route that needs one. */
export default fp(
  async (app) => {
    const { authenticator, decisionMetrics } = app;
    app.decorateRequest('auth', null);
    app.decorateRequest('authResult', null);
    app.decorateRequest('refusedKeyId', { getter: refusedKeyIdOf });
    app.decorateRequest('identity', identityOf);
    app.decorateRequest('scope', scopeOf);
    app.decorateRequest('actor', actorOf);
    app.decorateRequest('author', authorOf);
    requirePolicies(app);

    // The config is read at each request: a plugin may still add to the routes that it registers.
    app.addHook('onRoute', (route) => {
      if (!needsKey(route.config?.access)) return;
      const requiredOf = requirementsOf(route);
      route.onRequest = [authenticate, ...toArray(route.onRequest)];
      if (takesTime(route)) route.preHandler = [...toArray(route.preHandler), reauthenticate];

      // A callback and not a promise: what memory can decide is decided at once.
      function authenticate(request: FastifyRequest, reply: FastifyReply, done: Done): void {
        const required = requiredOf(request);
        if (!needsKey(required.access)) return void done();
        const timer = startTimer(request, decisionMetrics.isTimed());
        // A proxy must never answer one client with what another client's key was given.
        reply.header('cache-control', 'no-store');
        const place = placeOf(request.raw.headers, needsEnvironment(required.access));
        const result = authenticator.authenticateRequest(request, place, required);
        if (result instanceof Promise)
          result
            .then((settled) => answer(request, reply, settled, timer, done))
            .catch((error) => done(authUnavailable(error)));
        else answer(request, reply, result, timer, done);
      }

      // Sending a body or waiting for a turn takes time, in which the key may be revoked: decides again after it.
      function reauthenticate(request: FastifyRequest, _reply: FastifyReply, done: Done): void {
        const { authResult } = request;
        if (authResult?.outcome !== 'accepted') return void done();
        if (request.body === undefined && !request.hasWaited) return void done();
        const result = authenticator.reauthenticate(authResult, requiredOf(request));
        remember(request, result);
        done(result.outcome === 'accepted' ? undefined : refusalOf(result));
      }
    });

    function answer(
      request: FastifyRequest,
      reply: FastifyReply,
      result: AuthResult,
      timer: DecisionTimer | null,
      done: Done,
    ): void {
      remember(request, result);
      setAuthHeaders(reply, result);
      if (result.outcome !== 'revoked') decisionMetrics.count(result.outcome, timer?.timedMs() ?? null);
      timer?.setHeader(request, reply);
      done(result.outcome === 'accepted' ? undefined : refusalOf(result));
    }
  },
  { name: 'auth', dependencies: ['authenticator', 'metrics', 'tenant-queues'] },
);

/** Fails the boot when a route doesn't say who may call it. */
function requirePolicies(app: FastifyInstance): void {
  const routes: RouteOptions[] = [];
  app.addHook('onRoute', (route) => void routes.push(route));
  // Checked at the end, because a plugin may still add to the routes that it registers.
  app.addHook('onReady', async () => {
    const silent = routes.filter(({ config }) => config?.access === undefined);
    if (silent.length === 0) return;
    const names = silent.map(({ method, url }) => `${[method].flat().join(',')} ${url}`);
    throw new Error(`Routes without config.access: ${names.join('; ')}`);
  });
}

/** Returns whether time passes between the decision on a request and its handler: for its body, or for its turn. */
const takesTime = (route: RouteOptions): boolean =>
  workOf(route) !== null || [route.method].flat().some((method) => method !== 'GET' && method !== 'HEAD');

const noPermissions: readonly string[] = [];

/** Returns what each request to a route requires, allocating only where the request itself names permissions. */
function requirementsOf(route: RouteOptions): (request: FastifyRequest) => Required {
  let known: Required = { access: undefined, permissions: noPermissions };
  return (request) => {
    const { access, requiredPermissions }: FastifyContextConfig = route.config ?? {};
    if (requiredPermissions !== undefined) return { access, permissions: requiredPermissions(request) };
    if (known.access !== access) known = { access, permissions: noPermissions };
    return known;
  };
}

function remember(request: FastifyRequest, result: AuthResult): void {
  request.authResult = result;
  if (result.outcome === 'accepted') request.auth = result.identity;
  else if (result.key?.identity) request.auth = result.key.identity;
}

/** Asks, as a request header, how long the decision took; answered to those who hold the permission. */
const debugHeader = 'latchkey-debug';
const debugPermission = 'latchkey:debug';

/** Starts to measure a decision, if anybody wants its time. */
function startTimer({ raw }: FastifyRequest, isTimed: boolean): DecisionTimer | null {
  const isAsked = raw.headers[debugHeader] !== undefined;
  return isAsked || isTimed ? new DecisionTimer(isAsked, isTimed) : null;
}

class DecisionTimer {
  readonly #isAsked: boolean;
  readonly #isTimed: boolean;
  readonly #startMs = performance.now();

  constructor(isAsked: boolean, isTimed: boolean) {
    this.#isAsked = isAsked;
    this.#isTimed = isTimed;
  }

  /** Milliseconds since the start; `null`: the metrics don't want it. */
  timedMs(): number | null {
    return this.#isTimed ? performance.now() - this.#startMs : null;
  }

  /** Sets `Server-Timing` (W3C) for a client that asked for it and may know. */
  setHeader({ auth }: FastifyRequest, reply: FastifyReply): void {
    if (!this.#isAsked || auth === null || !grants(auth.permissions, debugPermission)) return;
    reply.header('server-timing', `auth;dur=${(performance.now() - this.#startMs).toFixed(4)}`);
  }
}

function refusedKeyIdOf(this: FastifyRequest): string | null {
  const { authResult } = this;
  if (authResult === null || authResult.outcome === 'accepted') return null;
  return authResult.key?.keyId ?? null;
}

function identityOf(this: FastifyRequest): Identity {
  if (this.auth === null) throw new Error('This route needs no key, so its requests have no identity');
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

function authorOf(this: FastifyRequest): Author {
  return { ...this.scope(), actor: this.actor(), permissions: this.identity().permissions };
}
