import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import { ApiError, errorBody } from '../lib/http/api-error.ts';

/**
 * Answers in the envelope of every other error what Node would answer without a body: HTTP/1.1 without
 * `Host` (which takes `requireHostHeader: false`), and an `Expect` of something unknown.
 */
export default fp(
  async (app) => {
    app.addHook('onRequest', ({ raw }, _reply, done) => {
      const incomplete = raw.headers.host === undefined && raw.httpVersion === '1.1';
      done(incomplete ? new ApiError('validation_error', 'The Host header is missing') : undefined);
    });

    app.server.on('checkExpectation', (_request, response) => {
      const body = JSON.stringify(
        errorBody('validation_error', 'The Expect header asks for something unsupported'),
      );
      const headers = { 'content-type': 'application/json; charset=utf-8', connection: 'close' };
      response.writeHead(417, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body);
    });
  },
  { name: 'broken-requests' },
);

/** Node's codes for what isn't HTTP, with the statuses that it would answer itself. */
const statuses: Record<string, [number, string]> = {
  HPE_HEADER_OVERFLOW: [431, 'The headers are too large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request took too long'],
};

/**
 * Answers what Node's HTTP parser refuses, in the envelope of every other error. The error isn't logged
 * as it is: it carries the bytes of the request, headers and all.
 */
export function refuseBrokenRequest(
  this: FastifyInstance,
  error: Error & { code?: string },
  socket: Socket,
): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const [status, message] = statuses[error.code ?? ''] ?? [400, 'The request is not valid HTTP'];
  this.log.debug({ code: error.code, status }, 'invalid HTTP request');
  if (!socket.writable) return void socket.destroy();
  const body = JSON.stringify(errorBody('validation_error', message));
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
