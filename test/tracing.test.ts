/** Traces, as a collector of OpenTelemetry receives them by OTLP over HTTP. */
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { Session } from 'node:inspector/promises';
import { json, text as readText } from 'node:stream/consumers';
import t, { type Test } from 'tap';
import { listen } from './fixtures/raw-http.ts';
import {
  collectLog,
  createKey,
  createPlaintext,
  cutDatabase,
  developmentKey,
  startService,
  type TestService,
} from './helper.ts';

interface OtlpAttribute {
  key: string;
  value: { stringValue?: string; intValue?: number };
}

interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  attributes: OtlpAttribute[];
  status: { code?: number };
}

interface OtlpRequest {
  resourceSpans: { resource: { attributes: OtlpAttribute[] }; scopeSpans: { spans: OtlpSpan[] }[] }[];
}

interface Collector {
  endpoint: string;
  requests: OtlpRequest[];
  spans(): OtlpSpan[];
}

/** The status of each answer; 200 by default. */
async function startCollector(t: Test, statusOf = () => 200): Promise<Collector> {
  const requests: OtlpRequest[] = [];
  const server = createServer(async (request, response) => {
    if (request.method !== 'POST' || request.url !== '/v1/traces') return void response.writeHead(404).end();
    const body = await json(request);
    const status = statusOf();
    if (status === 200) requests.push(body as OtlpRequest);
    response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The collector has no port');
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    requests,
    spans: () =>
      requests.flatMap(({ resourceSpans }) =>
        resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
      ),
  };
}

const attributesOf = ({ attributes }: Pick<OtlpSpan, 'attributes'>): Record<string, unknown> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue]));

/** The scripts of OpenTelemetry that this process has loaded, without the interface, which prom-client needs. */
async function loadedScripts(): Promise<string[]> {
  const urls: string[] = [];
  const session = new Session();
  session.connect();
  session.on('Debugger.scriptParsed', ({ params }) => urls.push(params.url));
  await session.post('Debugger.enable');
  session.disconnect();
  return urls.filter((url) => /@opentelemetry\/(?!api\/)|plugins\/tracing/.test(url));
}

const traced = (endpoint: string, env: NodeJS.Dict<string> = {}) => ({
  env: { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, ...env },
});

const untraced = await startService(t);
await untraced.call({ url: '/v1/auth/me' });
/** The scripts that are loaded before any test asks for traces. */
const scriptsWithoutTraces = await loadedScripts();

t.test('nothing of OpenTelemetry is loaded unless it is asked for', async (t) => {
  t.same(scriptsWithoutTraces, []);
  await startService(t, traced((await startCollector(t)).endpoint));
  t.ok((await loadedScripts()).length > 10, 'and that would be seen');
});

const traceId = '0af7651916cd43dd8448eb211c80319c';
const parentId = 'b7ad6b7169203331';
const traceparent = `00-${traceId}-${parentId}-01`;

/** Sends the body after the head, as clients may. @returns the id of the new key */
async function createOverHttp(port: number): Promise<string> {
  const call = request(`http://127.0.0.1:${port}/v1/secrets/api/keys`, {
    method: 'POST',
    headers: {
      'x-api-key': developmentKey,
      'content-type': 'application/json',
      expect: '100-continue',
      traceparent,
    },
  });
  call.flushHeaders();
  await once(call, 'continue');
  call.end('{"name": "Traced"}');
  const [response] = await once(call, 'response');
  return JSON.parse(await readText(response)).secret.id;
}

t.test('a request is a span of the trace that it belongs to, with its statements under it', async (t) => {
  const collector = await startCollector(t);
  const service = await startService(t, traced(`${collector.endpoint}/`));
  const id = await createOverHttp(await listen(service.app));
  await service.call({ url: `/v1/secrets/api/keys/${id}` });
  await service.call({ url: '/v1/auth/me', key: 'f'.repeat(64) });
  await service.call({ url: '/nowhere', headers: { traceparent: 'nonsense' } });
  await service.app.close();

  const [resource] = collector.requests[0]?.resourceSpans ?? [];
  t.match(attributesOf(resource?.resource ?? { attributes: [] }), { 'service.name': 'latchkey' });
  const spans = collector.spans();
  const requests = spans.filter(({ kind }) => kind === 2);
  t.same(
    requests.map((span) => [span.name, attributesOf(span)['http.response.status_code']]),
    [
      ['POST /v1/secrets/api/keys', 201],
      ['GET /v1/secrets/api/keys/:id', 200],
      ['GET /v1/auth/me', 401],
      ['GET', 404],
    ],
  );
  const [creation, reading, refusal, unknown] = requests;
  t.match(creation, { traceId, parentSpanId: parentId });
  t.match(attributesOf(reading ?? { attributes: [] }), {
    'http.request.method': 'GET',
    'http.route': '/v1/secrets/api/keys/:id',
    'latchkey.request.id': /^req_/,
    'latchkey.key.id': /^key_configured_/,
    'latchkey.tenant.id': 'tenant_default',
    'latchkey.environment.id': /^env_/,
  });
  for (const span of [reading, refusal, unknown]) t.notOk(span?.parentSpanId);
  t.equal(new Set(requests.map((span) => span.traceId)).size, 4);

  const statementsOf = (request: OtlpSpan | undefined) =>
    spans.filter(({ parentSpanId }) => parentSpanId === request?.spanId);
  const changed = statementsOf(creation).map(({ name }) => name);
  t.equal(changed[0], 'BEGIN');
  t.ok(changed.includes('INSERT') && changed.includes('COMMIT'), changed.join());
  t.match(statementsOf(reading).map(attributesOf), [
    { 'db.system.name': 'postgresql', 'db.operation.name': 'SELECT', 'db.query.text': /FROM api_keys/ },
  ]);
  t.same(statementsOf(refusal), [], 'a decision asks no database');
  t.equal(
    statementsOf(creation).every((span) => span.traceId === traceId),
    true,
  );
  const strangers = spans.filter(({ kind, parentSpanId }) => kind === 3 && !parentSpanId);
  t.same(strangers, [], 'what belongs to no request has no span');
});

t.test('statements are those of their own request, however many wait for a connection', async (t) => {
  const collector = await startCollector(t);
  const service = await startService(t, traced(collector.endpoint));
  const tables = { customers: 'FROM customers', environments: 'FROM environments', users: 'FROM users' };
  // Connections that were handed out before, and went back: their statements must not count twice.
  const connections = await Promise.all(Array.from({ length: 8 }, () => service.app.pg.pool.connect()));
  for (const connection of connections) connection.release();
  const names = Object.keys(tables);
  const urls = Array.from({ length: 48 }, (_, i) => `/v1/${names[i % names.length]}`);
  const answers = await Promise.all(urls.map((url) => service.call({ url })));
  t.same(new Set(answers.map(({ statusCode }) => statusCode)), new Set([200]));
  await service.app.close();

  const spans = collector.spans();
  for (const [name, from] of Object.entries(tables)) {
    const requests = spans.filter((span) => span.name === `GET /v1/${name}`);
    t.equal(requests.length, 16);
    const counts = requests.map(({ spanId }) => {
      const texts = spans
        .filter(({ parentSpanId }) => parentSpanId === spanId)
        .map((span) => String(attributesOf(span)['db.query.text']));
      t.ok(
        texts.every((text) => text.includes(from)),
        name,
      );
      return texts.length;
    });
    t.same(counts, Array(16).fill(2), 'the page, and the number of all');
  }
});

/** Sends secrets wherever a client can put one. @returns all of them */
async function sendSecrets(service: TestService, port: number): Promise<string[]> {
  const secret = (n: number) => `secret-${n}-${'s'.repeat(20)}`;
  const { api_key } = await createKey(service, { name: secret(1), metadata: { note: secret(2) } });
  const url = `http://127.0.0.1:${port}`;
  const send = (path: string, init: RequestInit = {}) => fetch(`${url}${path}`, init);
  await send(`/v1/customers?search=${secret(3)}&api_key=${api_key}`, { headers: { 'x-api-key': api_key } });
  await send(`/v1/customers/${api_key}`, { headers: { authorization: `Bearer ${api_key}` } });
  await send(`/${secret(4)}`, { headers: { 'x-api-key': secret(5), cookie: `a=${secret(6)}` } });
  await send('/v1/auth/me', {
    headers: {
      'x-api-key': secret(7),
      'user-agent': secret(8),
      'x-session-token': secret(9),
      traceparent,
      tracestate: `vendor=${secret(10)}`,
      baggage: `a=${secret(11)}`,
    },
  });
  for (const external_id of [secret(12), secret(12)])
    await send('/v1/customers', {
      method: 'POST',
      headers: { 'x-api-key': developmentKey, 'content-type': 'application/json' },
      body: JSON.stringify({ external_id, name: secret(13) }),
    });
  await send('/v1/secrets/webhooks', {
    method: 'POST',
    headers: { 'x-api-key': developmentKey, 'content-type': 'application/json' },
    body: JSON.stringify({ provider: 'github', secret: secret(14) }),
  });
  return [api_key, developmentKey, ...Array.from({ length: 14 }, (_, i) => secret(i + 1))];
}

t.test('no span has a secret', async (t) => {
  const collector = await startCollector(t);
  const service = await startService(t, traced(collector.endpoint));
  const secrets = await sendSecrets(service, await listen(service.app));
  const restore = await cutDatabase(service.databaseUrl);
  await service.call({ url: '/v1/customers', query: { search: secrets[3] ?? '' } });
  await restore();
  await service.app.close();

  const spans = collector.spans();
  t.ok(spans.length > 20);
  t.ok(
    spans.some(({ status }) => status.code === 2),
    'what failed is among them',
  );
  const sent = JSON.stringify(collector.requests);
  for (const secret of secrets) t.notOk(sent.includes(secret), secret.slice(0, 9));
  t.notMatch(sent, /[0-9a-f]{64}|[A-Za-z0-9+/]{43}=/, 'nor anything that looks like a hash');
});

t.test('a share of the traces is sent, and those whose sender has decided', async (t) => {
  const collector = await startCollector(t);
  const service = await startService(t, traced(collector.endpoint, { OTEL_TRACES_SAMPLER_ARG: '0' }));
  for (let i = 0; i < 10; i++) await service.call({ url: '/v1/customers' });
  await service.call({ url: '/v1/customers', headers: { traceparent } });
  await service.app.close();
  t.same(new Set(collector.spans().map((span) => span.traceId)), new Set([traceId]));
});

t.test('a collector that does not answer is told of once, and holds nothing up', async (t) => {
  const collector = await startCollector(t, () => 400);
  const { lines, logStream } = collectLog();
  const options = traced(collector.endpoint, { LOG_LEVEL: 'info' });
  const service = await startService(t, { ...options, logStream });
  const key = await createPlaintext(service);
  for (let i = 0; i < 1_200; i++) {
    const { statusCode } = await service.call({ url: '/v1/auth/me', key });
    if (statusCode !== 200) t.fail(`${statusCode}`);
  }
  await service.app.close();
  t.equal(lines.filter((line) => line.includes('traces lost')).length, 1);
});
