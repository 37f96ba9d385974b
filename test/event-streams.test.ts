/** The live tail, over real connections, on two services of one database. */
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import t from 'tap';
import { listen } from './fixtures/raw-http.ts';
import {
  collectLog,
  createEnvironment,
  createKey,
  createMigratedDatabase,
  developmentKey,
  errorOf,
  startService,
  type TestService,
  until,
} from './helper.ts';

const databaseUrl = await createMigratedDatabase(t);
const writer = await startService(t, { databaseUrl });
const log = collectLog();
const reader = await startService(t, { databaseUrl, env: { LOG_LEVEL: 'info' }, logStream: log.logStream });
const port = await listen(reader.app);
const keysUrl = '/v1/secrets/api/keys';

interface Event {
  seq: number;
  kind: string;
  subject_id: string;
}

interface Opened {
  status: number;
  headers: IncomingMessage['headers'];
  events: Event[];
  /** All that came. */
  text(): string;
  /** The last `id`, as a client keeps it. */
  lastId(): string;
  /** When it has ended, by whomever. */
  ended: Promise<void>;
  isEnded(): boolean;
  /** Goes away, as a client whose connection is lost. */
  leave(): void;
}

async function open(
  headers: Record<string, string> = {},
  { at = port, key = developmentKey }: { at?: number; key?: string } = {},
): Promise<Opened> {
  const path = '/v1/audit/events/stream';
  const client = request({
    host: '127.0.0.1',
    port: at,
    path,
    headers: { 'x-api-key': key, ...headers },
  }).end();
  const [answer]: IncomingMessage[] = await once(client, 'response');
  if (answer === undefined) throw new Error('There is no answer');
  client.on('error', () => {}); // A stream may be cut off.
  answer.on('error', () => {});
  let text = '';
  let isEnded = false;
  const events: Event[] = [];
  let parsed = 0;
  answer.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    for (let end = text.indexOf('\n\n', parsed); end >= 0; end = text.indexOf('\n\n', parsed)) {
      const [, id, data] = /^id: (\d+)\ndata: (.*)$/.exec(text.slice(parsed, end)) ?? [];
      if (data !== undefined) {
        const event: Event = JSON.parse(data);
        if (String(event.seq) !== id) throw new Error(`${id} is not ${event.seq}`);
        events.push(event);
      }
      parsed = end + 2;
    }
  });
  const ended = new Promise<void>((resolve) => {
    answer.on('close', () => {
      isEnded = true;
      resolve();
    });
  });
  return {
    status: answer.statusCode ?? 0,
    headers: answer.headers,
    events,
    text: () => text,
    lastId: () => [...text.slice(0, parsed).matchAll(/^id: (\d+)$/gm)].at(-1)?.[1] ?? '',
    ended,
    isEnded: () => isEnded,
    leave: () => void client.destroy(),
  };
}

/** An open stream that has told that it has everything. */
async function openLive(...args: Parameters<typeof open>): Promise<Opened> {
  const stream = await open(...args);
  await until(() => stream.text().includes(': caught up\n'));
  return stream;
}

async function change(
  { call }: Pick<TestService, 'call'>,
  method: 'PATCH' | 'DELETE',
  url: string,
  payload: object | null,
  headers = {},
): Promise<void> {
  const response = await call({ method, url, headers, ...(payload && { payload }) });
  if (response.statusCode >= 300) throw new Error(`${method} ${url} failed: ${response.body}`);
}

/** Keeps replicas from renewing their leases and from applying changes. @returns what lets them */
async function holdReplicas(): Promise<() => Promise<void>> {
  const blocker = await writer.pool.connect();
  await blocker.query('BEGIN');
  await blocker.query('LOCK TABLE replicas IN SHARE MODE');
  return async () => {
    await blocker.query('COMMIT');
    blocker.release();
  };
}

/** A key for streams, in an environment of its own. */
async function setUp(body: object = {}) {
  const environment = await createEnvironment(writer);
  const payload = { name: 'Reader' };
  const user = (await writer.call({ method: 'POST', url: '/v1/users', payload })).json();
  const { api_key: key, secret } = await createKey(
    writer,
    { permissions: ['audit:read'], user_id: user.id, ...body },
    { headers: environment.headers },
  );
  return {
    environment,
    headers: environment.headers,
    key,
    keyId: secret.id,
    userId: user.id,
    keyUrl: `${keysUrl}/${secret.id}`,
  };
}

t.test('what happens on any replica is told on all, in order, and to nobody else', async (t) => {
  const { key, keyId, headers } = await setUp();
  const elsewhere = await setUp();
  const stream = await openLive({}, { key });
  const other = await openLive({}, { key: elsewhere.key });
  t.match(stream, {
    status: 200,
    headers: {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      connection: 'close',
      'x-request-id': /^req_/,
    },
  });
  t.same(stream.events, [], 'it begins now');

  const { secret } = await createKey(writer, {}, { headers });
  await change(reader, 'PATCH', `${keysUrl}/${secret.id}`, { status: 'inactive' }, headers);
  await change(writer, 'DELETE', `${keysUrl}/${secret.id}`, null, headers);
  await until(() => stream.events.length === 3);
  const page = await writer.call({ url: '/v1/audit/events', headers, query: { subject_id: secret.id } });
  t.strictSame(stream.events.toReversed(), page.json().items, 'as in the list');

  await change(writer, 'PATCH', '/v1/tenants/tenant_default', { name: 'Default' });
  await until(() => stream.events.length === 4 && other.events.length === 1);
  t.match(other.events, [{ kind: 'tenant.updated' }]);
  stream.leave();
  other.leave();
  const cutOff = () => log.lines.map((line) => JSON.parse(line)).filter(({ msg }) => /cut off/.test(msg));
  const isLogged = (id: string) => cutOff().filter((line) => line.keyId === id).length === 1;
  await until(() => isLogged(keyId) && isLogged(elsewhere.keyId));
});

t.test('nothing is left out and nothing comes twice, however often the connection is lost', async (t) => {
  const { key, headers } = await setUp();
  const otherPort = await listen(writer.app);
  const elsewhere = await setUp();
  const seqs: number[] = [];
  let lastId = (await openLive({}, { key })).lastId();
  const start = Number(lastId);
  t.ok(start > 0, 'there is a place before there is an event');
  let changing = true;
  const changes = (async () => {
    const { secret } = await createKey(writer, {}, { headers });
    for (let i = 0; i < 150; i++) {
      await change(
        i % 3 === 0 ? reader : writer,
        'PATCH',
        `${keysUrl}/${secret.id}`,
        { name: `Name ${i}` },
        headers,
      );
      if (i % 5 === 0)
        await change(writer, 'PATCH', elsewhere.keyUrl, { name: `Name ${i}` }, elsewhere.headers);
    }
    changing = false;
  })();
  let connections = 0;
  while (changing) {
    const at = connections++ % 2 === 0 ? port : otherPort;
    const stream = await open({ 'last-event-id': lastId }, { key, at });
    const wanted = connections % 7;
    await until(() => stream.events.length > wanted || !changing);
    stream.leave();
    // What was on its way isn't read any more, as with a real loss.
    seqs.push(...stream.events.map(({ seq }) => seq));
    lastId = stream.lastId() || lastId;
    await stream.ended;
  }
  await changes;
  const rest = await openLive({ 'last-event-id': lastId }, { key });
  seqs.push(...rest.events.map(({ seq }) => seq));
  rest.leave();

  const { rows } = await writer.pool.query(
    'SELECT seq::int FROM key_events WHERE environment_id = $1 AND seq > $2 ORDER BY seq',
    [headers['x-environment-id'], start],
  );
  t.ok(connections > 10, `${connections} connections`);
  t.equal(rows.length, 151);
  t.strictSame(
    seqs,
    rows.map(({ seq }) => seq),
  );
});

t.test('a place that the feed has not reached is refused', async (t) => {
  const { key } = await setUp();
  const { rows } = await writer.pool.query('SELECT seq::int FROM key_event_counter');
  const from = (seq: number) =>
    reader.call({ url: '/v1/audit/events/stream', key, headers: { 'last-event-id': String(seq) } });
  const refused = await from(rows[0].seq + 1);
  t.equal(refused.statusCode, 400);
  t.match(refused.json(), { error: { details: [{ path: 'headers/last-event-id' }] } });
  t.equal((await from(rows[0].seq)).statusCode, 200);
});

t.test('a place that only another replica has reached is none of the future', async (t) => {
  const { key, keyUrl, headers } = await setUp();
  const status = reader.app.replica.status();
  await change(writer, 'PATCH', keyUrl, { name: 'Once more' }, headers);
  const { rows } = await writer.pool.query('SELECT seq::int FROM key_event_counter');
  t.intercept(reader.app.replica, 'status', { value: () => status });
  const stream = await open({ 'last-event-id': String(rows[0].seq) }, { key });
  t.equal(stream.status, 200);
  stream.leave();
});

const endings: Record<string, (world: Awaited<ReturnType<typeof setUp>>) => Promise<void>> = {
  'is deleted': ({ keyUrl, headers }) => change(writer, 'DELETE', keyUrl, null, headers),
  'is deactivated': ({ keyUrl, headers }) => change(writer, 'PATCH', keyUrl, { status: 'inactive' }, headers),
  'loses the permission': ({ keyUrl, headers }) =>
    change(writer, 'PATCH', keyUrl, { permissions: ['keys:read'] }, headers),
  'has expired': async ({ keyUrl, headers }) => {
    const expires_at = new Date(Date.now() + 3_000).toISOString();
    await change(writer, 'PATCH', keyUrl, { expires_at }, headers);
  },
  'belongs to a user that is deactivated': ({ userId }) =>
    change(writer, 'PATCH', `/v1/users/${userId}`, { status: 'inactive' }),
  'is in an environment that is deactivated': ({ environment }) =>
    change(writer, 'PATCH', `/v1/environments/${environment.id}`, { status: 'inactive' }),
};

for (const [what, end] of Object.entries(endings)) {
  t.test(`a stream ends at once when its key ${what}`, async (t) => {
    const world = await setUp();
    const bystander = await setUp();
    const [stream, other] = [await openLive({}, world), await openLive({}, bystander)];
    await createKey(writer, {}, { headers: world.headers });
    await until(() => stream.events.length === 1);
    await end(world);
    const expires = what === 'has expired';
    if (expires) await stream.ended;
    const had = stream.events.length;
    // It was answered: nothing that happens from now on may be told.
    for (let i = 0; i < 3; i++)
      await change(writer, 'PATCH', world.keyUrl, { name: `Name ${i}` }, world.headers).catch(() => {});
    await change(writer, 'PATCH', '/v1/tenants/tenant_default', { name: `Default ${what}` });
    await until(() => other.events.at(-1)?.kind === 'tenant.updated');
    await stream.ended;
    t.equal(stream.events.length, had);
    t.equal(had, expires ? 2 : 1, 'nor was the change itself');
    t.equal(other.isEnded(), false, 'others go on');
    other.leave();
    const again = await open({}, world);
    t.ok(again.status === 401 || again.status === 403, String(again.status));
  });
}

t.test(
  "a stream ends when its tenant is deactivated, and an operator's when its environment is another",
  async (t) => {
    const created = await writer.call({ method: 'POST', url: '/v1/tenants', payload: { name: 'Acme' } });
    const { tenant, api_key } = created.json();
    const stream = await openLive({}, { key: api_key });
    await change(writer, 'PATCH', `/v1/tenants/${tenant.id}`, { status: 'inactive' });
    await stream.ended;
    t.same(stream.events, []);

    // Both changes at once, so that the name always means something.
    const { environment } = await setUp();
    const selected = await openLive({ 'x-environment-id': environment.name });
    const untouched = await openLive({ 'x-environment-id': environment.id });
    const named = async () =>
      (await writer.pool.query('SELECT id FROM environments WHERE name = $1', [environment.name])).rows[0]
        ?.id;
    const goOn = await holdReplicas();
    const renaming = change(writer, 'PATCH', `/v1/environments/${environment.id}`, {
      name: 'of another name',
    });
    while ((await named()) === environment.id);
    const creating = createEnvironment(writer, { name: environment.name });
    while ((await named()) === undefined);
    await goOn();
    await Promise.all([renaming, creating]);
    await selected.ended;
    t.same(selected.events, []);
    await until(() => untouched.events.length === 1);
    t.equal(untouched.isEnded(), false);
    untouched.leave();
  },
);

t.test('a key has a few streams at once, and gets a place back when one is gone', async (t) => {
  const { key } = await setUp();
  const streams: Opened[] = [];
  for (let i = 0; i < 5; i++) streams.push(await openLive({}, { key }));
  const refused = await open({}, { key });
  await refused.ended;
  t.equal(refused.status, 429);
  t.ok(Number(refused.headers['retry-after']) > 0);
  t.same(JSON.parse(refused.text()), errorOf('A key may have 5 event streams at once', 'too_many_requests'));
  streams[0]?.leave();
  let status = 429;
  while (status === 429) status = (await open({}, { key })).status;
  t.equal(status, 200);
  for (const stream of streams) stream.leave();
});

t.test('a replica without a lease sends nothing, and goes on where it was', async (t) => {
  const { key, headers } = await setUp();
  const stream = await openLive({}, { key });
  const goOn = await holdReplicas();
  await until(() => !reader.app.replica.canDecide());
  await goOn();
  await until(() => reader.app.replica.canDecide() && writer.app.replica.canDecide());
  await createKey(writer, {}, { headers });
  await until(() => stream.events.length === 1);

  const had = stream.text();
  const mayDecide = t.intercept(reader.app.replica, 'canDecide', { value: () => false });
  for (let i = 0; i < 5; i++) await createKey(writer, {}, { headers });
  t.equal(stream.text(), had, 'although it has applied the changes');
  mayDecide.restore();
  await until(() => stream.events.length === 6);
  t.equal(stream.isEnded(), false);
  stream.leave();
});

t.test('streams end when the service stops, and do not hold it up', async (t) => {
  const third = await startService(t, { databaseUrl });
  const at = await listen(third.app);
  const { key, headers } = await setUp();
  const streams = [await openLive({}, { key, at }), await openLive({}, { key, at })];
  await createKey(writer, {}, { headers });
  await until(() => streams.every(({ events }) => events.length === 1));
  await third.app.close();
  await Promise.all(streams.map(({ ended }) => ended));
  t.match(streams[0]?.text(), /\n\n$/, 'in order');
});
