import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import t from 'tap';
import { createClient, type LatchkeyClient } from '../../exports/client.ts';
import { clientTypesFile, generateClientTypes } from '../../scripts/generate-client-types.ts';
import { listen } from '../fixtures/raw-http.ts';
import { developmentKey, startService } from '../helper.ts';

const service = await startService(t);
const url = `http://127.0.0.1:${await listen(service.app)}`;
const client = createClient({ url, apiKey: developmentKey });
/** One for the API behind a path, and of a caller without a key. */
const withoutKey = createClient({ url: `${url}/` });

t.test('its types are those of the API: `npm run client-types` makes them', async (t) => {
  const description = (await service.call({ url: '/openapi.json', key: null })).body;
  // Not compared as a whole by tap, which would take minutes to tell thousands of lines apart.
  const isCurrent = (await generateClientTypes(description)) === (await readFile(clientTypesFile, 'utf8'));
  t.ok(isCurrent);
});

t.test('a key is made, listed, changed, rotated and deleted', async (t) => {
  const keys = '/v1/secrets/api/keys';
  const created = await client.POST(keys, {
    params: { header: { 'idempotency-key': 'a-key-of-the-client' } },
    body: { name: 'Backend', permissions: ['customers:read'], rate_limit: { limit: 5, window_seconds: 60 } },
  });
  t.equal(created.response.status, 201);
  const secret = dataOf(created).secret;
  t.match(dataOf(created).api_key, /^[0-9a-f]{64}$/);
  t.same([secret.name, secret.type, secret.rate_limit?.limit], ['Backend', 'private_key', 5]);

  const listed = dataOf(await client.GET(keys, { params: { query: { limit: 1, search: 'Backend' } } }));
  t.same([listed.items[0]?.id, listed.pagination.total], [secret.id, 1]);

  const ofKey = createClient({ url, apiKey: dataOf(created).api_key });
  t.equal(dataOf(await ofKey.GET('/v1/auth/me')).key_id, secret.id);

  const params = { path: { id: secret.id } };
  t.equal(dataOf(await client.PATCH(`${keys}/{id}`, { params, body: { name: 'Front' } })).name, 'Front');
  t.equal(dataOf(await client.GET(`${keys}/{id}`, { params })).name, 'Front');
  const rotated = dataOf(await client.POST(`${keys}/{id}/rotate`, { params, body: { overlap_seconds: 60 } }));
  t.equal(rotated.secret.rotated_from, secret.id);
  t.equal((await client.DELETE(`${keys}/{id}`, { params })).response.status, 204);
  t.equal((await ofKey.GET('/v1/auth/me')).response.status, 401);
});

t.test('customers, and a session of one', async (t) => {
  const customer = dataOf(
    await client.POST('/v1/customers', { body: { external_id: 'a/b c', name: 'Ada' } }),
  );
  const params = { path: { external_id: 'a/b c' } };
  const { token } = dataOf(await client.GET('/v1/customers/portal/{external_id}', { params }));
  const portal = dataOf(
    await withoutKey.GET('/v1/customer/portal/info', { headers: { 'x-session-token': token } }),
  );
  t.equal(portal.id, customer.id);
});

t.test('what is refused is an error with its code', async (t) => {
  const refused = await withoutKey.GET('/v1/auth/me');
  t.same([refused.response.status, refused.error?.error.internal_error], [401, 'permission_denied']);
  t.equal(refused.data, undefined);
  const invalid = await client.POST('/v1/environments', { body: { name: '' } });
  t.equal(invalid.error?.error.internal_error, 'validation_error');
  t.equal(invalid.error?.error.details?.[0]?.path, '/name');
  t.equal(dataOf(await withoutKey.GET('/health')).status, 'ok');
});

t.test('the audit trail can be followed', async (t) => {
  const stop = new AbortController();
  const { data } = await client.GET('/v1/audit/events/stream', {
    params: { header: { 'last-event-id': '0' } },
    parseAs: 'stream',
    signal: stop.signal,
  });
  const reader = data?.pipeThrough(new TextDecoderStream()).getReader();
  t.match((await reader?.read())?.value, /data: \{/);
  await reader?.cancel();
});

t.test('no redirect takes the key elsewhere', async (t) => {
  let asked = 0;
  const other = createServer((_request, response) => {
    asked += 1;
    response.writeHead(307, { location: `${url}/v1/auth/me` }).end();
  });
  t.teardown(() => other.close());
  await new Promise<void>((listening) => other.listen(0, '127.0.0.1', listening));
  const address = other.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  await t.rejects(
    createClient({ url: `http://127.0.0.1:${port}`, apiKey: developmentKey }).GET('/v1/auth/me'),
  );
  t.equal(asked, 1);
});

t.test('a key that no header can say is refused, and not repeated', async (t) => {
  for (const apiKey of [`${developmentKey}\n${developmentKey}`, `${developmentKey}\0`, `${developmentKey}é`])
    t.throws(() => createClient({ url, apiKey }), { message: 'apiKey has characters that no key has' });
  const fromFile = createClient({ url, apiKey: `${developmentKey}\n` });
  t.equal((await fromFile.GET('/v1/auth/me')).response.status, 200, 'in contrast to the end of a line');
});

// What follows is checked by the compiler: each mistake has to be one.
export async function mistakes(client: LatchkeyClient): Promise<void> {
  // @ts-expect-error: there is no such route
  await client.GET('/v1/nowhere');
  // @ts-expect-error: the name is missing
  await client.POST('/v1/secrets/api/keys', { body: {} });
  // @ts-expect-error: the id is missing
  await client.GET('/v1/secrets/api/keys/{id}');
  // @ts-expect-error: no such status
  await client.PATCH('/v1/environments/{id}', { params: { path: { id: 'env' } }, body: { status: 'gone' } });
}

/** Returns the answer of a request that was not refused. */
function dataOf<Data>({ data, error }: { data?: Data; error?: unknown }): NonNullable<Data> {
  if (data === undefined || data === null) throw new Error(`Refused: ${JSON.stringify(error)}`);
  return data;
}
