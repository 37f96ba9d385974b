import { createHmac, randomBytes } from 'node:crypto';
import type { LightMyRequestResponse } from 'fastify';
import t, { type Test } from 'tap';
import { maintainWebhooks } from '../../lib/webhooks/maintain-webhooks.ts';
import { listen, sendRaw } from '../fixtures/raw-http.ts';
import {
  addSecret,
  deliveryOf,
  newDeliveryId,
  newEvent,
  pathTo,
  providerNamed,
  providers,
  type TestProvider,
} from '../fixtures/webhook-providers.ts';

import {
  type CallOptions,
  collectLog,
  configuredKeys,
  createEnvironment,
  createKey,
  createMigratedDatabase,
  cutDatabase,
  errorOf,
  startService,
  type TestService,
  until,
  untilLeaseEnds,
} from '../helper.ts';

const log = collectLog();
const service = await startService(t, { env: { LOG_LEVEL: 'trace' }, logStream: log.logStream });
const { call, pool } = service;
const secretsUrl = '/v1/secrets/webhooks';
const deliveriesUrl = '/v1/webhooks/deliveries';

interface Place {
  tenantId: string;
  id: string;
  headers: { 'x-environment-id': string };
}

async function newPlace(at: Pick<TestService, 'call'> = service): Promise<Place> {
  const { id, headers } = await createEnvironment(at);
  return { tenantId: 'tenant_default', id, headers };
}

const unknown = errorOf('No such webhook, or its signature or timestamp is invalid', 'not_found');
const minutesAgo = (minutes: number): Date => new Date(Date.now() - minutes * 60_000);
const titleOf = ({ name, dated }: TestProvider): string => `${name}${dated ? ', dated' : ''}`;
/** The unsigned header that has the id of a delivery, if there is one. */
const unsignedIdHeaders: Record<string, string> = {
  github: 'x-github-delivery',
  'hmac, dated': 'x-shop-delivery',
};
const github = providerNamed('github');
const standard = providerNamed('standard');

/** Does once what the service does every hour. */
const maintain = ({ app: { pg, sealer, log } }: TestService): Promise<void> =>
  maintainWebhooks({ pool: pg.pool, sealer, log }, () => false);

async function list(
  place: Place,
  query: Record<string, string> = {},
  at: Pick<TestService, 'call'> = service,
) {
  const response = await at.call({ url: deliveriesUrl, headers: place.headers, query });
  t.equal(response.statusCode, 200, 'the listing', { body: response.body });
  return response.json();
}

/** The bodies that an environment has received, in their order. */
async function bodiesIn(place: Place): Promise<string[]> {
  const { items } = await list(place);
  const wholes = await Promise.all(
    items.map(({ id }: { id: string }) => call({ url: `${deliveriesUrl}/${id}`, headers: place.headers })),
  );
  return wholes.map((whole) => Buffer.from(whole.json().body_base64, 'base64').toString());
}

async function accepts(t: Test, request: CallOptions, message = 'it is accepted'): Promise<void> {
  const response = await call(request);
  t.equal(response.statusCode, 200, message, { body: response.body });
  t.same(response.json(), { received: true });
}

async function refuses(t: Test, request: CallOptions, message = 'it is refused'): Promise<void> {
  const response = await call(request);
  t.equal(response.statusCode, 404, message);
  t.same(response.json(), unknown, message);
}

for (const provider of providers) {
  t.test(`${titleOf(provider)}: what its own library signs is stored as it came`, async (t) => {
    const place = await newPlace();
    const secretId = await addSecret(service, provider, place.headers);
    const id = newDeliveryId();
    const request = await deliveryOf(provider, place, { id });
    await accepts(t, request);
    const { items, next_after } = await list(place);
    t.equal(items.length, 1);
    t.equal(next_after, 1);
    const [item] = items;
    t.match(item, {
      id: /^whd_[0-9a-f]{32}$/,
      sequence: 1,
      provider: provider.name,
      secret_id: secretId,
      body_bytes: Buffer.byteLength(request.payload),
      tenant_id: place.tenantId,
      environment_id: place.id,
      acknowledged_at: null,
      headers: { 'content-type': 'application/json' },
    });
    const event = JSON.parse(request.payload).id;
    const expectedId =
      provider.name === 'stripe' ? event : 'hmac' in provider.settings && !provider.dated ? null : id;
    t.equal(item.delivery_id, expectedId);
    t.notOk(provider.signatureHeader in item.headers, 'its signature is not kept');
    t.strictSame(await bodiesIn(place), [request.payload]);
  });

  t.test(`${titleOf(provider)}: what isn't signed as it should be is unknown`, async (t) => {
    const place = await newPlace();
    await addSecret(service, provider, place.headers);
    const genuine = await deliveryOf(provider, place);
    const wrongSecret = { secret: provider.secret(2) };
    const { [provider.signatureHeader]: signature = '', ...unsigned } = genuine.headers;
    const withSignature = (changed: string) => ({
      ...genuine,
      headers: { ...unsigned, [provider.signatureHeader]: changed },
    });
    const cases: [string, CallOptions][] = [
      ['another secret', await deliveryOf(provider, place, wrongSecret)],
      ['a tampered body', { ...genuine, payload: genuine.payload.replace('5', '6') }],
      ['a longer body', { ...genuine, payload: `${genuine.payload} ` }],
      ['no body', { ...genuine, payload: '' }],
      ['no signature', { ...genuine, headers: unsigned }],
      ['an empty signature', withSignature('')],
      ['a shorter signature', withSignature(signature.slice(0, -1))],
      ['a longer signature', withSignature(`${signature}0`)],
      ['another signature', withSignature(signature.replace(/.{8}$/, 'AAAAAAAA'))],
      ['text beyond ASCII', withSignature(`${signature.slice(0, -1)}é`)],
      ['no prefix', withSignature(signature.replace(/^[a-z0-9]+=/, ''))],
      [
        'another prefix',
        withSignature(signature.replace(/^[a-z0-9]+=/, (prefix) => prefix.replace(/./, 'x'))),
      ],
      ['not UTF-8', { ...genuine, payload: Buffer.from([0xff, 0xfe, 0x00, 0x80]) }],
    ];
    if (provider.dated) {
      cases.push(['six minutes ago', await deliveryOf(provider, place, { at: minutesAgo(6) })]);
      cases.push(['in six minutes', await deliveryOf(provider, place, { at: minutesAgo(-6) })]);
    }
    for (const [name, request] of cases) {
      const isUnchanged = request.headers?.[provider.signatureHeader] === signature;
      if (name.endsWith('prefix') && isUnchanged) continue;
      await refuses(t, request, name);
    }
    t.strictSame(await bodiesIn(place), []);
    if (provider.dated) await accepts(t, await deliveryOf(provider, place, { at: minutesAgo(4) }), 'late');
    await accepts(t, genuine, 'and the genuine one is accepted after all of them');
  });

  t.test(`${titleOf(provider)}: what comes again is answered alike and stored once`, async (t) => {
    const place = await newPlace();
    await addSecret(service, provider, place.headers);
    const signing = { body: newEvent(), id: newDeliveryId() };
    const request = await deliveryOf(provider, place, signing);
    const together = await Promise.all(Array.from({ length: 8 }, () => call(request)));
    t.strictSame(
      together.map(({ statusCode }) => statusCode),
      Array(8).fill(200),
      'at the same instant',
    );
    await accepts(t, request, 'later');
    const undatedWithoutId = provider.name === 'hmac' && !provider.dated;
    if (provider.dated || undatedWithoutId)
      await accepts(t, await deliveryOf(provider, place, { ...signing, at: minutesAgo(2) }), 'signed anew');
    const idHeader = unsignedIdHeaders[titleOf(provider)];
    const nextId = newDeliveryId();
    if (idHeader !== undefined) {
      const renamed = { ...request, headers: { ...request.headers, [idHeader]: nextId } };
      await accepts(t, renamed, 'under another id, which is not signed');
    }
    t.strictSame(await bodiesIn(place), [request.payload]);
    const next = await deliveryOf(provider, place, { id: nextId });
    await accepts(t, next);
    t.strictSame(await bodiesIn(place), [request.payload, next.payload], 'and another, whatever id it has');
    if (provider.dated && idHeader !== undefined) {
      const anew = await deliveryOf(provider, place, { body: next.payload, id: nextId, at: minutesAgo(1) });
      await accepts(t, anew, 'which comes again, signed anew');
      await accepts(t, { ...anew, headers: { ...anew.headers, [idHeader]: newDeliveryId() } }, 'and renamed');
      t.equal((await bodiesIn(place)).length, 2, 'is known as well');
    }
  });

  t.test(`${titleOf(provider)}: two secrets sign while one replaces the other`, async (t) => {
    const place = await newPlace();
    const old = await addSecret(service, provider, place.headers, 1);
    await refuses(t, await deliveryOf(provider, place, { secret: provider.secret(2) }));
    const next = await addSecret(service, provider, place.headers, 2);
    await accepts(t, await deliveryOf(provider, place, { secret: provider.secret(1) }), 'the old');
    await accepts(t, await deliveryOf(provider, place, { secret: provider.secret(2) }), 'the new');
    const payload = { provider: provider.name, secret: provider.secret(3), ...provider.settings };
    const third = await call({ method: 'POST', url: secretsUrl, payload, headers: place.headers });
    t.equal(third.statusCode, 409, 'but no third');
    const removed = await call({ method: 'DELETE', url: `${secretsUrl}/${old}`, headers: place.headers });
    t.equal(removed.statusCode, 204);
    await refuses(t, await deliveryOf(provider, place, { secret: provider.secret(1) }), 'the old, deleted');
    await accepts(t, await deliveryOf(provider, place, { secret: provider.secret(2) }));
    const { items } = await list(place);
    t.strictSame(
      items.map(({ secret_id }: { secret_id: string }) => secret_id),
      [old, next, next],
    );
  });

  t.test(`${titleOf(provider)}: a secret is worth nothing in another place`, async (t) => {
    const [here, there] = [await newPlace(), await newPlace()];
    await addSecret(service, provider, here.headers, 1);
    await addSecret(service, provider, there.headers, 2);
    const { url } = await deliveryOf(provider, there);
    await refuses(t, { ...(await deliveryOf(provider, here)), url }, 'another environment');
    for (const { name } of providers.filter((other) => other.name !== provider.name)) {
      await refuses(t, { ...(await deliveryOf(provider, here)), url: pathTo({ name }, here) }, name);
    }
    t.strictSame(await bodiesIn(there), []);
  });

  t.test(`${titleOf(provider)}: a header that comes twice says nothing`, async (t) => {
    const own = await startService(t);
    const place = await newPlace(own);
    await addSecret(own, provider, place.headers);
    const port = await listen(own.app);
    const { headers, payload, url } = await deliveryOf(provider, place);
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const send = (...more: string[]) =>
      sendRaw(
        port,
        `POST ${url} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${[...lines, ...more].join('')}` +
          `Content-Length: ${Buffer.byteLength(payload)}\r\n\r\n${payload}`,
      );
    const signature = headers[provider.signatureHeader];
    for (const value of [signature, 'v1=0', '']) {
      const [twice] = await send(`${provider.signatureHeader.toUpperCase()}: ${value}\r\n`);
      t.equal(twice?.status, 404);
    }
    const [once] = await send('X-Other: 1\r\nX-Other: 2\r\n');
    t.equal(once?.status, 200);
    const { items } = await list(place, {}, own);
    t.equal(items[0].headers['x-other'], '1, 2');
  });
}

t.test('bodies of any kind', async (t) => {
  const place = await newPlace();
  await addSecret(service, github, place.headers);
  const secret = github.secret(1);
  const send = (body: Buffer, headers: Record<string, string>) => {
    const signature = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
    const signed = { ...headers, 'x-hub-signature-256': signature };
    return call({ method: 'POST', url: pathTo(github, place), payload: body, headers: signed, key: null });
  };
  const types = ['application/json', 'text/plain', 'application/x-www-form-urlencoded', 'application/xml'];
  for (const type of [...types, 'no type', ';;', 'multipart/form-data; boundary=x', '']) {
    const response = await send(randomBytes(100), { 'content-type': type });
    t.equal(response.statusCode, 200, `of the type ${type}`);
  }
  const bytes = Buffer.from([0xff, 0x00, 0xfe, 0x0a]);
  t.equal((await send(bytes, {})).statusCode, 200, 'without a type, and not UTF-8');
  const large = randomBytes(1024 ** 2);
  t.equal((await send(large, {})).statusCode, 200, 'of 1 MiB');
  const { items } = await list(place);
  t.equal(items.length, 10);
  const [untyped, largest] = await Promise.all(
    items
      .slice(-2)
      .map(({ id }: { id: string }) => call({ url: `${deliveriesUrl}/${id}`, headers: place.headers })),
  );
  t.strictSame(Buffer.from(untyped.json().body_base64, 'base64'), bytes);
  t.ok(Buffer.from(largest.json().body_base64, 'base64').equals(large));

  const giant = await send(randomBytes(1024 ** 2 + 1), {});
  t.equal(giant.statusCode, 413);
  t.same(giant.json(), errorOf('The body is too large', 'validation_error'));
  const json = { 'content-type': 'application/json' };
  const broken = await call({ method: 'POST', url: '/v1/customers', payload: '{', headers: json });
  t.equal(broken.statusCode, 400, 'other routes read JSON as before');
  const text = { 'content-type': 'text/plain' };
  t.equal(
    (await call({ method: 'POST', url: '/v1/customers', payload: '{', headers: text })).statusCode,
    415,
  );
});

t.test('of the headers those are kept that tell something, and no secret', async (t) => {
  const place = await newPlace();
  await addSecret(service, github, place.headers);
  const { headers, ...request } = await deliveryOf(github, place, { id: 'delivery' });
  const told = {
    'content-type': 'application/json',
    'content-encoding': 'identity',
    'user-agent': 'GitHub-Hookshot/1',
    'x-github-event': 'push',
    'x-github-delivery': 'delivery',
    'x-__proto__': 'text',
    'webhook-attempt': '2',
  };
  const secrets = [
    'x-api-key',
    'x-gitlab-token',
    'x-hook-secret',
    'x-auth-user-id',
    'x-hub-signature',
    'cookie',
  ];
  const notTold = [...secrets, 'authorization', 'x-forwarded-for', 'x-session-token', 'x-environment-id'];
  const others = Object.fromEntries(notTold.map((name) => [name, 'text']));
  await accepts(t, { ...request, headers: { ...headers, ...told, ...others } });
  const { items } = await list(place);
  t.strictSame(items[0].headers, told);
});

t.test('the Standard Webhooks library would take other bytes for the same', async (t) => {
  const place = await newPlace();
  await addSecret(service, standard, place.headers);
  const request = await deliveryOf(standard, place, { body: '{"text":"\ufffd"}' });
  const twin = Buffer.from(request.payload.replace('\ufffd', '\xff'), 'latin1');
  await refuses(t, { ...request, payload: twin });
  const stamp = `${request.headers['webhook-timestamp']}x`;
  await refuses(t, { ...request, headers: { ...request.headers, 'webhook-timestamp': stamp } });
  await accepts(t, request);
  const seconds = Math.floor(Date.now() / 1000);
  const split = await deliveryOf(standard, place, { body: `${seconds}.5`, id: 'a' });
  const shifted = { ...split.headers, 'webhook-id': `a.${split.headers['webhook-timestamp']}` };
  const moved = { ...split, payload: '5', headers: { ...shifted, 'webhook-timestamp': String(seconds) } };
  await refuses(t, moved, 'an id that ends elsewhere');
});

t.test('nobody learns what there is from how a delivery is refused', async (t) => {
  const place = await newPlace();
  for (const provider of providers.slice(0, 4)) await addSecret(service, provider, place.headers);
  const [inactive, empty] = [await newPlace(), await newPlace()];
  for (const provider of providers.slice(0, 4)) await addSecret(service, provider, inactive.headers);
  await call({ method: 'PATCH', url: `/v1/environments/${inactive.id}`, payload: { status: 'inactive' } });
  const { tenant, environments } = (
    await call({ method: 'POST', url: '/v1/tenants', payload: { name: 'Other' } })
  ).json();
  const others = { tenantId: tenant.id, id: environments[0].id };
  const places: [string, { tenantId: string; id: string }][] = [
    ['nothing known', { tenantId: 'tenant_never', id: 'env_never' }],
    ['an unknown environment', { ...place, id: 'env_never' }],
    ['an unknown tenant', { ...place, tenantId: 'tenant_never' }],
    ["another tenant's environment", { ...place, id: others.id }],
    ["an environment under another's tenant", { ...place, tenantId: others.tenantId }],
    ['an environment without secrets', empty],
    ['a deactivated environment', inactive],
    ['what no id has', { ...place, id: '%00' }],
    ['what no tenant has', { ...place, tenantId: '%27%20OR%20%27%27=%27' }],
    ['names', { ...place, id: 'development' }],
  ];
  const shapeOf = ({ statusCode, headers, body }: LightMyRequestResponse) => {
    const { 'x-request-id': _, date: __, ...rest } = headers;
    return { statusCode, headers: rest, body };
  };
  for (const provider of providers.slice(0, 4)) {
    const wrong = await deliveryOf(provider, place, { secret: provider.secret(2) });
    const expected = shapeOf(await call(wrong));
    t.same(JSON.parse(expected.body), unknown);
    for (const [name, where] of places) {
      const genuine = await deliveryOf(provider, where);
      t.strictSame(shapeOf(await call(genuine)), expected, `${provider.name}: ${name}`);
    }
    for (const name of ['nobody', 'Standard', '__proto__', 'constructor', '%00', 'deliveries']) {
      const url = wrong.url.replace(`/${provider.name}/`, `/${name}/`);
      t.strictSame(shapeOf(await call({ ...wrong, url })), expected, `the provider ${name}`);
    }
  }
});

t.test('a deactivated environment or tenant receives nothing, from the answer on', async (t) => {
  const tenant = (await call({ method: 'POST', url: '/v1/tenants', payload: { name: 'Acme' } })).json();
  const key: string = tenant.api_key;
  const place = { tenantId: tenant.tenant.id, id: tenant.secret.environment_id };
  const payload = { provider: 'github', secret: github.secret(1) };
  t.equal((await call({ method: 'POST', url: secretsUrl, payload, key })).statusCode, 201);
  const other = await startService(t, { databaseUrl: service.databaseUrl });
  const send = async () => (await other.call(await deliveryOf(github, place))).statusCode;
  const set = async (url: string, status: string) =>
    t.equal((await call({ method: 'PATCH', url, payload: { status } })).statusCode, 200);
  t.equal(await send(), 200, 'by another replica');
  await set(`/v1/tenants/${place.tenantId}`, 'inactive');
  t.equal(await send(), 404);
  await set(`/v1/tenants/${place.tenantId}`, 'active');
  t.equal(await send(), 200);
});

const place = await newPlace();

const create = (payload: object, headers: object = place.headers) =>
  call({ method: 'POST', url: secretsUrl, payload, headers: { ...headers } });

t.test('signing secrets are made where the provider lets us, and shown once', async (t) => {
  const own = await newPlace();
  for (const provider of providers.filter(({ name }, i) => name !== 'stripe' && i < 4)) {
    const response = await create({ provider: provider.name, ...provider.settings }, own.headers);
    t.equal(response.statusCode, 201);
    t.equal(response.headers['cache-control'], 'no-store');
    const { secret, signing_secret } = response.json();
    t.match(secret.id, /^whs_/);
    t.ok(signing_secret.length >= 43);
    await accepts(t, await deliveryOf(provider, own, { secret: signing_secret }), provider.name);
    const listing = await call({ url: secretsUrl, headers: own.headers });
    t.notOk(listing.body.includes(signing_secret));
  }
  const listing = (await call({ url: secretsUrl, headers: own.headers })).json();
  t.strictSame(
    listing.items.map((item: object) => Object.keys(item).sort()),
    Array(3).fill(['created_at', 'environment_id', 'hmac', 'id', 'provider', 'tenant_id']),
  );
});

t.test('a signing secret that was brought is recorded, and shown to nobody', async (t) => {
  const response = await create({ provider: 'github', secret: 'the secret of the repository' });
  t.equal(response.statusCode, 201);
  t.equal(response.json().signing_secret, null);
  t.notMatch(response.body, 'the secret of');
  t.notMatch((await call({ url: secretsUrl, headers: place.headers })).body, 'the secret of');
  const { rows } = await pool.query<{ kind: string; text: string }>(
    `SELECT kind, to_jsonb(e)::text AS text FROM key_events e WHERE environment_id = $1 ORDER BY seq`,
    [place.id],
  );
  t.strictSame(
    rows.map(({ kind }) => kind),
    ['environment.created', 'webhook_secret.created'],
  );
  t.notMatch(rows[1]?.text ?? '', 'the secret of');
});

t.test('signing secrets must be such as the provider makes', async (t) => {
  const hmac = { signature_header: 'X-Sign', algorithm: 'sha256', encoding: 'hex' };
  const wrong: object[] = [
    { provider: 'stripe' },
    { provider: 'stripe', secret: 'sk_live_0123456789abcdef' },
    { provider: 'standard', secret: 'whsec_tooshort' },
    { provider: 'standard', secret: `whsec_${'A'.repeat(33)}` },
    { provider: 'standard', secret: `whsec_${Buffer.alloc(23).toString('base64')}` },
    { provider: 'standard', secret: `whsec_${Buffer.alloc(66).toString('base64')}` },
    { provider: 'github', secret: 'short' },
    { provider: 'github', secret: 'with NUL \0 inside of it' },
    { provider: 'github', hmac },
    { provider: 'hmac' },
    { provider: 'hmac', hmac: { ...hmac, algorithm: 'md5' } },
    { provider: 'hmac', hmac: { ...hmac, signature_header: 'X Sign' } },
    { provider: 'nobody' },
  ];
  for (const payload of wrong) {
    const response = await create(payload);
    t.equal(response.statusCode, 400, JSON.stringify(payload));
    t.equal(response.json().error.internal_error, 'validation_error');
  }
  for (const bytes of [24, 25, 26, 64]) {
    const fresh = await newPlace();
    const secret = `whsec_${randomBytes(bytes).toString('base64')}`;
    t.equal((await create({ provider: 'standard', secret }, fresh.headers)).statusCode, 201);
    await accepts(t, await deliveryOf(standard, fresh, { secret }), `${bytes} bytes`);
  }
});

t.test('signing secrets two at most, however many come at once', async (t) => {
  const own = await newPlace();
  const answers = await Promise.all(
    Array.from({ length: 6 }, () => create({ provider: 'github' }, own.headers)),
  );
  t.strictSame(answers.map(({ statusCode }) => statusCode).sort(), [201, 201, 409, 409, 409, 409]);
});

t.test('signing secrets need permissions', async (t) => {
  const reader = (await createKey(service, { permissions: ['webhooks:read'] })).api_key;
  const writer = (await createKey(service, { permissions: ['webhooks:write'] })).api_key;
  const payload = { provider: 'github' };
  t.equal((await call({ method: 'POST', url: secretsUrl, payload, key: reader })).statusCode, 403);
  t.equal((await call({ url: secretsUrl, key: reader })).statusCode, 200);
  t.equal((await call({ url: secretsUrl, key: writer })).statusCode, 403);
  t.equal((await call({ url: deliveriesUrl, key: writer })).statusCode, 403);
  const made = await call({ method: 'POST', url: secretsUrl, payload, key: writer });
  t.equal(made.statusCode, 201);
  const one = `${secretsUrl}/${made.json().secret.id}`;
  t.equal((await call({ method: 'DELETE', url: one, key: reader })).statusCode, 403);
  t.equal((await call({ method: 'DELETE', url: one, key: writer })).statusCode, 204);
  t.equal((await call({ method: 'DELETE', url: one, key: writer })).statusCode, 404);
  const both = await createKey(service, {
    permissions: ['webhooks:read', 'webhooks:write', 'customers:read', 'keys:write'],
  });
  const publishable = await createKey(service, { type: 'publishable_key' }, { key: both.api_key });
  t.match(publishable.secret, { permissions: ['customers:read'] }, 'which strangers do not inherit');
});

t.test('deliveries', async (t) => {
  const place = await newPlace();
  await addSecret(service, github, place.headers);
  await addSecret(service, standard, place.headers);
  for (const provider of [github, standard, github, standard, github])
    await call(await deliveryOf(provider, place));
  const sequencesOf = async (query: Record<string, string>) => {
    const { items, next_after } = await list(place, query);
    return [items.map(({ sequence }: { sequence: number }) => sequence), next_after];
  };
  t.strictSame(await sequencesOf({}), [[1, 2, 3, 4, 5], 5]);
  t.strictSame(await sequencesOf({ limit: '2' }), [[1, 2], 2]);
  t.strictSame(await sequencesOf({ limit: '2', after: '2' }), [[3, 4], 4]);
  t.strictSame(await sequencesOf({ after: '5' }), [[], 5], 'and one who waits asks for the same again');
  t.strictSame(await sequencesOf({ provider: 'standard' }), [[2, 4], 4]);

  const { items } = await list(place);
  const url = `${deliveriesUrl}/${items[1].id}`;
  const acknowledge = () => call({ method: 'POST', url: `${url}/acknowledge`, headers: place.headers });
  const first = await acknowledge();
  t.equal(first.statusCode, 200);
  t.not(first.json().acknowledged_at, null);
  t.same((await acknowledge()).json(), first.json(), 'again changes nothing');
  t.strictSame(await sequencesOf({ acknowledged: 'false' }), [[1, 3, 4, 5], 5]);
  t.strictSame(await sequencesOf({ acknowledged: 'true' }), [[2], 2]);
  t.strictSame(await sequencesOf({ acknowledged: 'false', provider: 'standard', after: '1' }), [[4], 4]);

  const stranger = await newPlace();
  for (const request of [{ url }, { method: 'POST', url: `${url}/acknowledge` }] as const) {
    t.equal((await call({ ...request, headers: stranger.headers })).statusCode, 404);
  }
  t.strictSame((await list(stranger)).items, []);
});

t.test('who reads on from where they were misses none, while many arrive at two replicas', async (t) => {
  const place = await newPlace();
  await addSecret(service, github, place.headers);
  const other = await startService(t, { databaseUrl: service.databaseUrl });
  const sent: string[] = [];
  let sending = true;
  const senders = [service, other, service, other].map(async (replica) => {
    for (let i = 0; i < 25; i += 1) {
      const request = await deliveryOf(github, place);
      sent.push(request.payload);
      t.equal((await replica.call(request)).statusCode, 200);
    }
  });
  const all = Promise.all(senders).finally(() => (sending = false));
  const read: number[] = [];
  for (let after = '0', last = false; !last; ) {
    last = !sending;
    const { items, next_after } = await list(place, { after });
    read.push(...items.map(({ sequence }: { sequence: number }) => sequence));
    after = String(next_after);
    if (items.length > 0) last = false;
  }
  await all;
  t.strictSame(
    read,
    Array.from({ length: sent.length }, (_, i) => i + 1),
  );
});

t.test('an address that sends too much of what is not signed is refused, and others are not', async (t) => {
  const limited = await startService(t, { env: { FAILED_AUTH_LIMIT: '3' } });
  const place = await newPlace(limited);
  await addSecret(limited, github, place.headers);
  const send = async (remoteAddress: string, secret = github.secret(1)) =>
    limited.call({ ...(await deliveryOf(github, place, { secret })), remoteAddress });
  const statuses = async (...answers: ReturnType<typeof send>[]) =>
    (await Promise.all(answers)).map(({ statusCode }) => statusCode);
  const wrong = github.secret(2);
  for (let i = 0; i < 3; i += 1) t.strictSame(await statuses(send('192.0.2.1', wrong)), [404]);
  const refused = await send('192.0.2.1', wrong);
  t.equal(refused.statusCode, 429);
  t.same(refused.json(), errorOf('Rate limit exceeded', 'too_many_requests'));
  t.ok(Number(refused.headers['retry-after']) > 0);
  t.strictSame(await statuses(send('192.0.2.2'), send('192.0.2.3', wrong)), [200, 404]);
  for (let i = 0; i < 5; i += 1)
    t.strictSame(await statuses(send('192.0.2.4')), [200], 'genuine ones do not count');
});

t.test('while the database is away nothing is taken, and nothing is refused', async (t) => {
  const failing = await startService(t);
  const place = await newPlace(failing);
  await addSecret(failing, github, place.headers);
  const request = await deliveryOf(github, place);
  const restore = await cutDatabase(failing.databaseUrl);
  const response = await failing.call(request);
  t.equal(response.statusCode, 503);
  t.same(response.json(), errorOf('Service temporarily unavailable', 'service_unavailable'));
  t.ok(response.headers['retry-after']);
  const nowhere = { ...request, url: pathTo(github, { ...place, id: 'env_never' }) };
  t.equal((await failing.call(nowhere)).statusCode, 404, 'a replica knows which environments there are');
  await untilLeaseEnds(failing);
  t.equal((await failing.call(nowhere)).statusCode, 503, 'until its lease has ended');
  await restore();
  let status = 0;
  for (let tries = 0; status !== 200 && tries < 50; tries += 1)
    status = (await failing.call(request)).statusCode;
  t.equal(status, 200, 'and what comes again is taken');
});

t.test('an environment without room tells providers to come again', async (t) => {
  const place = await newPlace();
  await addSecret(service, github, place.headers);
  const fill = (bytes: number) =>
    pool.query('UPDATE webhook_feeds SET stored_bytes = $2 WHERE environment_id = $1', [place.id, bytes]);
  await fill(1024 ** 3);
  const request = await deliveryOf(github, place);
  const refused = await call(request);
  t.equal(refused.statusCode, 503);
  t.match(
    refused.json(),
    errorOf('The environment stores its maximum of deliveries: acknowledge some', 'service_unavailable'),
  );
  t.equal(refused.headers['retry-after'], '60');
  await fill(0);
  await accepts(t, request);
  t.strictSame(await bodiesIn(place), [request.payload], 'which then is no repetition');
});

t.test('what is old is removed, and still known', async (t) => {
  const place = await newPlace();
  await addSecret(service, github, place.headers);
  const requests = await Promise.all(Array.from({ length: 4 }, () => deliveryOf(github, place)));
  for (const request of requests) await accepts(t, request);
  const { items } = await list(place);
  const age = (i: number, received: number, acknowledged: number | null) =>
    pool.query(
      `UPDATE webhook_deliveries SET received_at = now() - make_interval(days => $2),
              acknowledged_at = now() - make_interval(days => $3) WHERE id = $1`,
      [items[i].id, received, acknowledged],
    );
  await age(0, 8, 8);
  await age(1, 29, 6);
  await age(2, 31, null);
  await age(3, 29, null);
  await maintain(service);
  const kept = await list(place);
  t.strictSame(
    kept.items.map(({ sequence }: { sequence: number }) => sequence),
    [2, 4],
  );
  const { rows } = await pool.query('SELECT stored_bytes::int FROM webhook_feeds WHERE environment_id = $1', [
    place.id,
  ]);
  const bytesOf = (i: number) => Buffer.byteLength(requests[i]?.payload ?? '');
  t.equal(rows[0].stored_bytes, bytesOf(1) + bytesOf(3));
  for (const request of requests) await accepts(t, request);
  t.equal((await list(place)).items.length, 2, 'a replay is known though the delivery is gone');
  await pool.query(
    "UPDATE webhook_receipts SET received_at = now() - interval '91 days' WHERE environment_id = $1",
    [place.id],
  );
  await maintain(service);
  for (const request of requests) await accepts(t, request);
  t.equal((await list(place)).items.length, 6, 'for 90 days');
});

t.test('the master key', async (t) => {
  const keyOf = (id: string) => `${id}:${randomBytes(32).toString('base64')}`;
  const [first, second] = [keyOf('first'), keyOf('second')];
  const databaseUrl = await createMigratedDatabase(t);
  const start = (MASTER_KEYS: string, more: Parameters<typeof startService>[1] = {}) =>
    startService(t, { databaseUrl, env: { MASTER_KEYS }, ...more });
  const old = await start(first);
  const place = await newPlace(old);
  await addSecret(old, github, place.headers);
  const statusAt = async (replica: TestService) =>
    (await replica.call(await deliveryOf(github, place))).statusCode;
  const sealedUnder = async () =>
    (await old.pool.query('SELECT master_key_id AS id FROM webhook_secrets ORDER BY id')).rows.map(
      ({ id }) => id,
    );

  await t.test('is replaced by another while both are known', async (t) => {
    t.equal(await statusAt(old), 200);
    const both = await start(`${first},${second}`);
    const turned = await start(`${second}, ${first}`);
    t.equal(await statusAt(both), 200);
    t.equal(await statusAt(turned), 200);
    await maintain(both);
    t.strictSame(await sealedUnder(), ['first'], 'the first of them seals');
    await maintain(turned);
    t.strictSame(await sealedUnder(), ['second'], 'and seals anew what lies under another');
    t.equal(await statusAt(both), 200);
    const last = await start(second);
    t.equal(await statusAt(last), 200, 'after which the other can be removed');
  });

  await t.test('a missing master key makes nobody believe that a signature is wrong', async (t) => {
    const { logStream, lines } = collectLog();
    const env = { MASTER_KEYS: first, LOG_LEVEL: 'error' };
    const without = await startService(t, { databaseUrl, env, logStream });
    t.equal(await statusAt(without), 503);
    t.match(lines.join(''), /whs_\w+ can't be opened: MASTER_KEYS lacks/);
    await maintain(without);
    t.match(lines.join(''), 'MASTER_KEYS lacks keys that secrets are sealed under');
    t.strictSame(await sealedUnder(), ['second']);
  });

  await t.test('opens a secret only where it belongs', async (t) => {
    const replica = await start(second);
    const there = await newPlace(replica);
    await addSecret(replica, github, there.headers, 2);
    const moved = `UPDATE webhook_secrets SET sealed = (SELECT sealed FROM webhook_secrets WHERE environment_id = $1)
                    WHERE environment_id = $2`;
    await replica.pool.query(moved, [place.id, there.id]);
    const request = await deliveryOf(github, there);
    t.equal((await replica.call(request)).statusCode, 503, 'not in another row');
    await replica.pool.query(
      'UPDATE webhook_secrets SET sealed = set_byte(sealed, 12, get_byte(sealed, 12) # 1) WHERE environment_id = $1',
      [place.id],
    );
    t.equal(await statusAt(replica), 503, 'and not when a bit of it has changed');
  });

  await t.test('is needed in production', async (t) => {
    const { env, keys } = configuredKeys({ ops: { tenant_id: 'tenant_ops', environment_id: 'production' } });
    const production = await startService(t, { env: { ...env, NODE_ENV: 'production', MASTER_KEYS: '' } });
    const payload = { provider: 'github' };
    const response = await production.call({ method: 'POST', url: secretsUrl, payload, key: keys.ops });
    t.equal(response.statusCode, 503);
    t.same(response.json(), errorOf('Secrets can be stored once MASTER_KEYS is set', 'service_unavailable'));
    t.equal((await production.call({ url: secretsUrl, key: keys.ops })).statusCode, 200);
    const delivery = await deliveryOf(github, { tenantId: 'tenant_ops', id: 'env_never' });
    t.equal((await production.call(delivery)).statusCode, 404);
  });
});

t.test('old deliveries are looked after once the service listens', async (t) => {
  const own = await startService(t);
  const place = await newPlace(own);
  await addSecret(own, github, place.headers);
  await own.call(await deliveryOf(github, place));
  await own.pool.query("UPDATE webhook_deliveries SET received_at = now() - interval '31 days'");
  let left = 1;
  await listen(own.app);
  const look = async () => {
    while (left > 0) left = (await own.pool.query('SELECT FROM webhook_deliveries')).rowCount ?? 0;
  };
  await Promise.all([look(), until(() => left === 0)]);
  t.equal(left, 0);
});

t.test('neither the log nor the database has a secret, and the log no body or signature', async (t) => {
  const place = await newPlace();
  const told: string[] = [];
  for (const provider of providers.slice(0, 4)) {
    await addSecret(service, provider, place.headers);
    for (const secret of [provider.secret(1), provider.secret(2)]) {
      const request = await deliveryOf(provider, place, { secret });
      const signature = request.headers[provider.signatureHeader] ?? '';
      told.push(secret, request.payload, JSON.stringify(request.payload), signature, signature.slice(-20));
      await call(request);
    }
  }
  const lines = log.lines.join('');
  t.match(lines, '/v1/webhooks/:provider/:tenant_id/:environment_id');
  t.strictSame(
    told.filter((text) => lines.includes(text)),
    [],
  );
  const { rows } = await pool.query<{ text: string }>(
    'SELECT to_jsonb(s)::text AS text FROM webhook_secrets s UNION ALL SELECT to_jsonb(e)::text FROM key_events e',
  );
  const stored = rows.map(({ text }) => text).join('\n');
  for (const provider of providers) {
    const secret = provider.secret(1);
    for (const form of [secret, Buffer.from(secret).toString('hex')])
      t.notOk(stored.includes(form), titleOf(provider));
  }
});
