import { once } from 'node:events';
import { connect } from 'node:net';
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
