import type { Socket } from 'node:net';
import fp from 'fastify-plugin';
import { BodyBudget } from '../lib/http/body-budget.ts';
import { ConnectionLimiter } from '../lib/http/connection-limiter.ts';

declare module 'fastify' {
  interface FastifyInstance {
    connectionLimiter: ConnectionLimiter;
    /** The bodies of webhooks that are being received. */
    webhookBodies: BodyBudget;
  }
}

interface ConnectionsOptions {
  /** Open at once. */
  maxConnections: number;
}

/** Bounds the connections of the server and what each can make it hold. */
export default fp<ConnectionsOptions>(
  async (app, { maxConnections }) => {
    app.decorate('connectionLimiter', new ConnectionLimiter(app.server, maxConnections, app.log));
    app.decorate('webhookBodies', new BodyBudget());
    // maxHeaderSize bounds the headers; Node would drop those beyond a number without a word.
    app.server.maxHeadersCount = 0;
    // Node forgets the address of a client that has left, unless it was read before.
    app.server.on('connection', (socket: Socket) => void socket.remoteAddress);
  },
  { name: 'connections' },
);
