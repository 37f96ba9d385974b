import type { FastifyRequest, onRequestAsyncHookHandler, preHandlerAsyncHookHandler } from 'fastify';
import fp from 'fastify-plugin';
import { sessionRefusalOf } from '../lib/auth/refusals.ts';
import type { Scope } from '../lib/auth/scope.ts';
import type { NamedKey } from '../lib/crypto/named-key.ts';
import { toArray } from '../lib/http/to-array.ts';
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

    const readToken = (token: string) => tokens.read(token);

    const authenticate: onRequestAsyncHookHandler = async (request, reply) => {
      reply.header('cache-control', 'no-store');
      const result = await app.authenticator.authenticateSession(request, tokensIn(request), readToken);
      if (result.outcome !== 'accepted') throw sessionRefusalOf(result);
      request.session = result.session;
    };

    // Sending a body or waiting for a turn takes time, in which the session may be revoked: decides again when all of it is there.
    const reauthenticate: preHandlerAsyncHookHandler = async (request) => {
      if (request.body === undefined && !request.hasWaited) return;
      const result = app.authenticator.reauthenticateSession(request.currentSession());
      if (result.outcome !== 'accepted') throw sessionRefusalOf(result);
    };

    // Only on the routes that ask for it: all others do without another hook.
    app.addHook('onRoute', (route) => {
      if (route.config?.access?.kind !== 'session') return;
      route.onRequest = [authenticate];
      route.preHandler = [...toArray(route.preHandler), reauthenticate];
    });
  },
  { name: 'sessions', dependencies: ['authenticator', 'database', 'tenant-queues'] },
);

/** Returns every value of the header. Node joins repeated headers, which must not pass as one. */
const tokensIn = ({ raw: { rawHeaders } }: FastifyRequest): string[] =>
  rawHeaders.filter(
    (value, i) => i % 2 === 1 && value !== '' && rawHeaders[i - 1]?.toLowerCase() === 'x-session-token',
  );

function currentSession(this: FastifyRequest): Session {
  if (this.session === null) throw new Error('This route asks for no session');
  return this.session;
}
