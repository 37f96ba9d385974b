/** Tries what a key that is being revoked, or that holds little, can still do. */
import { once } from 'node:events';
import { connect } from 'node:net';
import t from 'tap';
import { listen } from './fixtures/raw-http.ts';
import { createKey, errorOf, startService, until, untilMayDecide } from './helper.ts';

const keysUrl = '/v1/secrets/api/keys';
const service = await startService(t);
const { app, call, pool } = service;

t.test('a key that is deleted while its request is on its way brings nothing about', async (t) => {
  const { api_key: key, secret } = await createKey(service);
  const port = await listen(app);
  const body = JSON.stringify({ name: 'Back door' });
  const socket = connect(port, '127.0.0.1');
  const entered = new Promise<void>((resolve) => app.server.once('request', () => resolve()));
  socket.write(
    `POST ${keysUrl} HTTP/1.1\r\nHost: localhost\r\nX-API-Key: ${key}\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body.slice(0, -1)}`,
  );
  await entered;
  t.equal((await call({ method: 'DELETE', url: `${keysUrl}/${secret.id}` })).statusCode, 204);
  let answer = '';
  socket.on('data', (part) => (answer += part));
  socket.write(body.slice(-1));
  await once(socket, 'close');
  t.match(answer, /^HTTP\/1\.1 401 /);
  t.match(answer, 'Invalid API key');
  t.equal((await call({ url: `${keysUrl}?search=Back door` })).json().pagination.total, 0);
});

t.test('who holds less than a key may deactivate, rename and delete it, but give it no power', async (t) => {
  const { api_key: weak } = await createKey(service, { permissions: ['keys:write'] });
  const { secret: strong } = await createKey(service, { permissions: ['*'] });
  const patch = (payload: object, key = weak) =>
    call({ method: 'PATCH', url: `${keysUrl}/${strong.id}`, payload, key });

  t.equal((await patch({ status: 'inactive', name: 'Leaked' })).statusCode, 200);
  for (const payload of [{ status: 'active' }, { expires_at: null }, { rate_limit: null }]) {
    const response = await patch(payload);
    t.equal(response.statusCode, 403, JSON.stringify(payload));
    t.strictSame(response.json(), errorOf('Permission denied', 'permission_denied'));
  }
  t.equal((await call({ method: 'DELETE', url: `${keysUrl}/${strong.id}`, key: weak })).statusCode, 204);
});

t.test('a publishable key inherits nothing of management', async (t) => {
  const permissions = ['keys:write', 'environments:write', 'tenants:read', 'customers:read'];
  const { api_key: key } = await createKey(service, { permissions });
  const { secret } = await createKey(service, { type: 'publishable_key' }, { key });
  t.match(secret, { permissions: ['customers:read'] });
});

t.test(
  'an event that can not be read costs a load, and nobody waits for the replica meanwhile',
  async (t) => {
    const { api_key: key, secret } = await createKey(service);
    const { timesLoaded } = app.replica.status();
    await pool.query(`WITH head AS (UPDATE key_event_counter SET seq = seq + 1, event_id = gen_random_uuid() RETURNING *)
    INSERT INTO key_events (seq, event_id, kind, tenant_id, subject_id, key_hash, after,
                            actor_key_id, actor_user_id, actor_address, request_id)
    SELECT seq, event_id, 'key.updated', 'tenant', 'key', sha256('x'), '{"id": "of another form"}', '', '', '', ''
      FROM head`);
    await until(() => app.replica.status().timesLoaded > timesLoaded);
    await untilMayDecide(service);
    t.equal((await call({ url: '/v1/auth/me', key })).statusCode, 200);
    t.equal((await call({ method: 'DELETE', url: `${keysUrl}/${secret.id}` })).statusCode, 204);
    t.equal((await call({ url: '/v1/auth/me', key })).statusCode, 401);
  },
);
