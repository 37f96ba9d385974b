import { once } from 'node:events';
import { Server, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fp from 'fastify-plugin';

declare module 'fastify' {
  interface FastifyInstance {
    /** Returns whether the process is stopping. */
    isStopping(): boolean;
  }
}

/** How long connections that are open may bring one more request. */
const windDownMs = 1_000;

/**
 * Stops without losing a request. A balancer keeps connections open, and may be sending on one at the very moment
 * that it is closed: a change that was cut off like that can't be repeated by anybody. So new connections are refused
 * first, after which the balancer takes another replica. Those that are open bring what they bring for a while, and
 * each answer announces the end of its connection.
 *
 * To be registered after what has streams to end, and before the routes.
 */
export default fp(
  async (app) => {
    const connections = new Set<Socket>();
    app.server.on('connection', (connection: Socket) => {
      connections.add(connection);
      connection.on('close', () => connections.delete(connection));
    });

    let stopping = false;
    app.decorate('isStopping', () => stopping);
    app.addHook('preClose', async () => {
      stopping = true;
      if (app.server.listening) await windDown(app.server);
      // Clients make some in advance. To Node they aren't idle, and it would wait for them until they time out.
      for (const connection of connections) if (connection.bytesRead === 0) connection.destroy();
    });
    app.addHook('onSend', (_request, reply, _payload, done) => {
      if (stopping) reply.header('connection', 'close');
      done();
    });
  },
  { name: 'orderly-stop' },
);

/** Resolves when no connection is left, or the time is over. */
async function windDown(server: Server): Promise<void> {
  // Connections that have been made already are accepted before the end of this turn of the loop.
  await nextTurn();
  const ended = once(server, 'close', { signal: AbortSignal.timeout(windDownMs) });
  // That of an HTTP server would close idle connections as well.
  Server.prototype.close.call(server);
  await ended.catch(() => {}); // The time is over: idle connections are closed next.
}
