import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { BaseLogger } from 'pino';

/**
 * The requests that one connection may have in flight. Clients may send them one after the other without reading an
 * answer, and answers that nobody reads stay in memory.
 */
const maxRequestsInFlight = 16;

/** The interval of two lines about refused connections. */
const logIntervalMs = 60_000;

const inFlight = Symbol('requests in flight');

interface CountedSocket extends Socket {
  [inFlight]?: number;
}

/** Bounds the connections of a server, and the requests in flight on each of them. */
export class ConnectionLimiter {
  /** The connections that were not accepted since the start. */
  refused = 0;
  /** The connections that were destroyed since the start for their requests in flight. */
  overrun = 0;
  readonly #server: Server;
  readonly #log: Pick<BaseLogger, 'warn'>;
  #loggedMs = Number.NEGATIVE_INFINITY;

  /**
   * @param server with its handler of requests, which is called for the requests within the bound
   * @param maxConnections open at once; at the bound the idle ones are closed, so that others get in
   */
  constructor(server: Server, maxConnections: number, log: Pick<BaseLogger, 'warn'>) {
    this.#server = server;
    this.#log = log;
    server.maxConnections = maxConnections;
    server.on('drop', () => this.#refuse());
    const handlers = server.listeners('request');
    server.removeAllListeners('request');
    server.on('request', (request, response) => {
      if (!this.#admit(request, response)) return;
      for (const handler of handlers) Reflect.apply(handler, server, [request, response]);
    });
  }

  get maxConnections(): number {
    return this.#server.maxConnections;
  }

  /** Resolves with the number of open connections. */
  countConnections(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
    });
  }

  #admit({ socket }: IncomingMessage, response: ServerResponse): boolean {
    // Node parses all that has arrived, also once the connection is destroyed.
    if (socket.destroyed) return false;
    const counted: CountedSocket = socket;
    const count = (counted[inFlight] ?? 0) + 1;
    if (count > maxRequestsInFlight) {
      this.overrun += 1;
      socket.destroy();
      return false;
    }
    counted[inFlight] = count;
    response.on('close', release);
    return true;
  }

  #refuse(): void {
    this.refused += 1;
    this.#server.closeIdleConnections();
    if (performance.now() - this.#loggedMs < logIntervalMs) return;
    this.#loggedMs = performance.now();
    const { maxConnections, refused } = this;
    this.#log.warn({ maxConnections, refused }, 'connections refused, too many are open');
  }
}

function release(this: ServerResponse): void {
  const counted: CountedSocket = this.req.socket;
  counted[inFlight] = (counted[inFlight] ?? 1) - 1;
}
