import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { listen, sendRaw } from './fixtures/raw-http.ts';
import { developmentKey, startService } from './helper.ts';

const pollMs = 5;

t.test('a request that is on its way when the service begins to stop is answered as any other', async (t) => {
  const { app } = await startService(t);
  const port = await listen(app);
  const socket = connect(port, '127.0.0.1').setEncoding('latin1');
  let received = '';
  socket.on('data', (chunk) => {
    received += chunk;
  });
  socket.write(`GET /v1/auth/me HTTP/1.1\r\nHost: localhost\r\n`);
  // What was sent after it has been answered, so it has arrived.
  await sendRaw(port, 'GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');

  const closed = app.close();
  while (app.server.listening) await delay(pollMs);
  socket.write(`X-API-Key: ${developmentKey}\r\n\r\n`);
  await once(socket, 'close');
  await closed;

  t.match(received, /^HTTP\/1\.1 200 /, 'the keys are in memory until the last request is answered');
  t.match(received, /\r\nx-request-id: req_/);
  t.match(received, /\r\nconnection: close\r\n/i);
});

/** A connection that is kept alive after a first request, and what is received on it from then on until its end. */
async function openIdle(
  port: number,
  request: string,
): Promise<{ socket: Socket; received: Promise<string> }> {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1');
  socket.write(request);
  await once(socket, 'data');
  return { socket, received: text(socket) };
}

t.test('what comes on idle connections while the service stops is answered', async (t) => {
  const { app } = await startService(t);
  const port = await listen(app);
  const ask = (path: string) =>
    `GET ${path} HTTP/1.1\r\nHost: localhost\r\nX-API-Key: ${developmentKey}\r\n\r\n`;
  const expected = { '/v1/auth/me': 200, '/health/ready': 503, '/missing': 404 };
  const connections = new Map<string, Awaited<ReturnType<typeof openIdle>>>();
  for (const path of Object.keys(expected)) connections.set(path, await openIdle(port, ask(path)));
  const unused = await openIdle(port, ask('/health'));

  const closed = app.close();
  while (app.server.listening) await delay(pollMs);
  for (const [path, { socket }] of connections) socket.write(ask(path));
  for (const [path, status] of Object.entries(expected)) {
    const answer = await connections.get(path)?.received;
    t.match(answer, new RegExp(`^HTTP/1\\.1 ${status} [^]+\\r\\nconnection: close\\r\\n`, 'i'), path);
  }
  await t.rejects(
    once(connect(port, '127.0.0.1'), 'connect'),
    { code: 'ECONNREFUSED' },
    'a new one is refused',
  );

  await closed;
  t.equal(await unused.received, '', 'and one on which nothing comes does not keep it');
});

t.test('a connection that nothing was sent on does not hold the stop up', { timeout: 15_000 }, async (t) => {
  const { app } = await startService(t);
  const port = await listen(app);
  const silent = connect(port, '127.0.0.1').resume();
  const late = connect(port, '127.0.0.1').setEncoding('latin1');
  await Promise.all([once(silent, 'connect'), once(late, 'connect')]);
  // They were accepted before this one was.
  await sendRaw(port, 'GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');

  const closed = app.close();
  while (app.server.listening) await delay(pollMs);
  const received = once(late, 'data');
  late.write('GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n');
  t.match(String(await received), /^HTTP\/1\.1 200 /, 'but what is sent on one just then is answered');
  await once(silent, 'close');
  await closed;
});
