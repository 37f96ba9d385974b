/** The attacks of the siege, each on loopback and bounded in count and time. */
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

export interface Target {
  /** The port of each replica. */
  ports: number[];
  /** A key of the tenant that attacks, which holds every permission. */
  key: string;
  /** When the attack ends, in milliseconds since the epoch. */
  endsAtMs: number;
}

type Attack = (target: Target) => Promise<void>;

const agent = new Agent({ keepAlive: true, maxSockets: 1_000 });

/** Sends a request, and reads its answer to the end. A refused connection is no failure of the attacker. */
function send(
  port: number,
  { method = 'GET', path, key, body = '', headers = {} }: SentRequest,
): Promise<number> {
  return new Promise((resolve) => {
    const sent = request({
      ...{ agent, host: '127.0.0.1', port, method, path },
      headers: { ...(key !== undefined && { 'x-api-key': key }), 'content-length': body.length, ...headers },
    });
    sent.on('response', (response) => response.resume().on('close', () => resolve(response.statusCode ?? 0)));
    sent.on('error', () => resolve(0));
    sent.end(body);
  });
}

interface SentRequest {
  method?: string;
  path: string;
  key?: string;
  body?: string;
  headers?: Record<string, string>;
}

const isOver = ({ endsAtMs }: Target): boolean => Date.now() > endsAtMs;

/** Repeats something with so many at once until the attack is over. */
async function repeat(target: Target, atOnce: number, once: (port: number, i: number) => Promise<unknown>) {
  const run = async (i: number) => {
    while (!isOver(target)) await once(target.ports[i % target.ports.length] ?? 0, i);
  };
  await Promise.all(Array.from({ length: atOnce }, (_, i) => run(i)));
}

/** Connects, writes, reads nothing, and leaves after a while. */
async function writeUnread(port: number, bytes: string, holdMs: number): Promise<void> {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  socket.pause();
  socket.write(bytes);
  await delay(holdMs);
  socket.destroy();
}

const json = { 'content-type': 'application/json' };

export const attacks: Record<string, Attack> = {
  'pipelined requests whose answers nobody reads': (target) =>
    repeat(target, 2, (port) =>
      writeUnread(port, 'GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(1_500), 500),
    ),
  'webhooks of 1 MiB to a tenant that does not exist': (target) =>
    repeat(target, 300, (port) =>
      writeUnread(
        port,
        `POST /v1/webhooks/github/tenant_none/env_none HTTP/1.1\r\nHost: a\r\nContent-Length: 1048575\r\n\r\n${'x'.repeat(1_048_000)}`,
        1_000,
      ),
    ),
  'unknown keys': (target) =>
    repeat(target, 20, (port, i) =>
      send(port, { path: '/v1/auth/me', key: String(i).padStart(64, 'f'), headers: {} }),
    ),
  'addresses that are none': (target) =>
    repeat(target, 10, (port, i) =>
      send(port, {
        path: '/v1/auth/me',
        key: 'nobody',
        headers: { 'x-forwarded-for': `1.2.3.4:${i}, ${'x'.repeat(200)}` },
      }),
    ),
  'imports of 16 MiB of nothing': (target) =>
    repeat(target, 4, (port, i) => {
      const body = i % 2 === 0 ? '['.repeat(16_000_000) : `[${'{},'.repeat(5_000_000)}{}]`;
      const path = '/v1/secrets/api/keys/import';
      return send(port, { method: 'POST', path, key: target.key, body, headers: json });
    }),
  'listings that search': (target) =>
    repeat(target, 150, (port, i) =>
      send(port, { path: `/v1/customers?external_id=${i}&offset=${i}`, key: target.key }),
    ),
  'changes without a pause': (target) =>
    repeat(target, 400, (port, i) =>
      send(port, {
        method: 'POST',
        path: '/v1/secrets/api/keys',
        key: target.key,
        body: JSON.stringify({ name: `Key ${i}`, permissions: [] }),
        headers: json,
      }),
    ),
};
