import type { Socket } from 'node:net';
import { compile } from '@fastify/proxy-addr';
import { normalizeIP } from '@fastify/rate-limit';
import fp from 'fastify-plugin';
import { BodyBudget } from '../lib/http/body-budget.ts';
import { ConnectionLimiter } from '../lib/http/connection-limiter.ts';
import { UntrustedProxy } from '../lib/http/untrusted-proxy.ts';

declare module 'fastify' {
  interface FastifyInstance {
    connectionLimiter: ConnectionLimiter;
    /** The bodies of webhooks that are being received. */
    webhookBodies: BodyBudget;
    untrustedProxy: UntrustedProxy;
  }
}

interface ConnectionsOptions {
  /** Open at once. */
  maxConnections: number;
  trustedProxies: string[];
}

/** Bounds the connections of the server and what each can make it hold. */
export default fp<ConnectionsOptions>(
  async (app, { maxConnections, trustedProxies }) => {
    app.decorate('connectionLimiter', new ConnectionLimiter(app.server, maxConnections, app.log));
    app.decorate('webhookBodies', new BodyBudget(normalizeIP));
    const untrustedProxy = new UntrustedProxy(compile(trustedProxies), (address) =>
      app.log.warn(
        { address },
        'a proxy that TRUSTED_PROXIES does not name sends X-Forwarded-For: all of its clients count as one address',
      ),
    );
    app.decorate('untrustedProxy', untrustedProxy);
    app.addHook('onRequest', ({ raw }, _reply, done) => {
      untrustedProxy.check(raw);
      done();
    });
    // maxHeaderSize bounds the headers; Node would drop those beyond a number without a word.
    app.server.maxHeadersCount = 0;
    // Node forgets the address of a client that has left, unless it was read before.
    app.server.on('connection', (socket: Socket) => void socket.remoteAddress);
  },
  { name: 'connections' },
);
