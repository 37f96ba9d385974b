import type { FastifyRequest, onRequestAsyncHookHandler, preHandlerAsyncHookHandler } from 'fastify';
import fp from 'fastify-plugin';
import { authUnavailable, sessionRefusals } from '../lib/auth/refusals.ts';
import type { Scope } from '../lib/auth/scope.ts';
import { refusalOf } from '../lib/auth/session-decision.ts';
import type { NamedKey } from '../lib/crypto/named-key.ts';
import { tooManyRequests } from '../lib/http/api-error.ts';
import { issueSession, type SessionSettings } from '../lib/sessions/issue-session.ts';
import type { Session } from '../lib/sessions/session.ts';
import { SessionTokens } from '../lib/sessions/session-tokens.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** Issues a session to a customer. */
    issueSession(scope: Scope, externalId: string): ReturnType<typeof issueSession>;
  }
  interface FastifyRequest {
    /** The session that the request was sent in; `null` where none is asked for. */
    session: Session | null;
    /** The session of a request to a route that asks for one. */
    currentSession(): Session;
  }
}

interface SessionsOptions {
  sessionKeys: readonly NamedKey[];
  session: SessionSettings;
}

/** Takes the session token of each request to a route for sessions, and decides on it as on a key. */
export default fp<SessionsOptions>(
  async (app, { sessionKeys, session: settings }) => {
    const tokens = new SessionTokens(sessionKeys);
    app.decorate('issueSession', (scope, externalId) =>
      issueSession(app.pg.pool, tokens, settings, scope, externalId),
    );
    app.decorateRequest('session', null);
    app.decorateRequest('currentSession', currentSession);

    const authenticate: onRequestAsyncHookHandler = async (request, reply) => {
      reply.header('cache-control', 'no-store');
      const floodEndsInMs = app.rateLimits.addressBlockedForMs(request);
      if (floodEndsInMs > 0) throw tooManyRequests(floodEndsInMs);
      const [token, ...others] = tokensIn(request);
      if (token === undefined) throw sessionRefusals.missing;
      const session = others.length === 0 ? await tokens.read(token) : null;
      if (session === null) {
        await app.rateLimits.recordAuthFailure(request);
        throw sessionRefusals.invalid;
      }
      if (!app.replica.canDecide()) await app.replica.waitUntilCanDecide();
      decide(session);
      request.session = session;
    };

    // A body may take its time, and the session be revoked meanwhile: asked again when all of it is there.
    const decideAgain: preHandlerAsyncHookHandler = async (request) => {
      if (request.body !== undefined) decide(request.currentSession());
    };

    function decide(session: Session): void {
      if (!app.replica.canDecide()) throw authUnavailable();
      const refusal = refusalOf(session, app.replica.state, Date.now());
      if (refusal !== null) throw sessionRefusals[refusal];
    }

    // Only on the routes that ask for it: all others do without another hook.
    app.addHook('onRoute', (route) => {
      if (route.config?.access?.kind !== 'session') return;
      route.onRequest = [authenticate];
      route.preHandler = [decideAgain];
    });
  },
  { name: 'sessions', dependencies: ['replica', 'rate-limits', 'database'] },
);

/** What the header says, each time that it is there. Node joins repeated ones, which must not pass as one. */
const tokensIn = ({ raw: { rawHeaders } }: FastifyRequest): string[] =>
  rawHeaders.filter(
    (value, i) => i % 2 === 1 && value !== '' && rawHeaders[i - 1]?.toLowerCase() === 'x-session-token',
  );

function currentSession(this: FastifyRequest): Session {
  if (this.session === null) throw new Error('This route asks for no session');
  return this.session;
}
