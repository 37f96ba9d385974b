import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import type { FastifyInstance } from 'fastify';
import t from 'tap';
import {
  findTenantTables,
  type Row,
  type Snapshot,
  takeSnapshot,
  tellingValues,
} from './fixtures/database-snapshot.ts';
import {
  type Caller,
  configured,
  createWorld,
  newMarker,
  operatorUsers,
  type TenantsSpec,
  tenantsArbitrary,
  type World,
  webhookTo,
} from './fixtures/isolation-world.ts';
import { newIdentityKey, signingEnv } from './fixtures/signed-identity.ts';
import { type CallOptions, startService, usageWriterOf } from './helper.ts';

/** The variants of a request's body or query. */
interface Pick {
  /** A text: new, or an id or a name of anybody's. */
  text: string;
  status: 'active' | 'inactive';
  /** One of the fields that the route takes. */
  field: number;
}

interface Route {
  /** True if it asks for no key, and so has nothing to refuse. */
  open?: true;
  /** The table in which the id of the path is looked for. */
  table?: string;
  /** True if it takes a signature instead of a key: that of the environment in which the caller works. */
  signed?: true;
  /** True if it takes the session of a customer, and no key. */
  session?: true;
  body?: (pick: Pick) => object;
  query?: (pick: Pick) => Record<string, string>;
  headers?: Record<string, string>;
}

const oneOf = (pick: Pick, ...fields: object[]): object => fields[pick.field % fields.length] ?? {};

/** Every route of the service, with how to call it. */
const routes: Record<string, Route> = {
  'GET /.well-known/jwks.json': { open: true },
  'GET /health': { open: true },
  'GET /health/live': { open: true },
  'GET /health/ready': { open: true },
  'GET /openapi.json': { open: true },
  'GET /v1/audit/events': {
    query: (pick) =>
      [{ limit: '100' }, { limit: '100' }, { limit: '3' }, { actor_user_id: pick.text }][pick.field % 4] ??
      {},
  },
  'GET /v1/audit/events/stream': { headers: { 'last-event-id': '0' } },
  'GET /v1/auth/me': {},
  'GET /v1/auth/verify': {},
  'POST /v1/auth/keys/verify': { body: (pick) => ({ api_key: pick.text }) },
  'POST /v1/customers': {
    body: (pick) => ({ external_id: pick.text, name: newMarker(), metadata: { note: newMarker() } }),
  },
  'GET /v1/customers': { query: (pick) => (pick.field % 2 === 0 ? { external_id: pick.text } : {}) },
  'GET /v1/customers/:id': { table: 'customers' },
  'PATCH /v1/customers/:id': {
    table: 'customers',
    body: (pick) =>
      oneOf(
        pick,
        { external_id: pick.text },
        { name: pick.text },
        { metadata: { note: pick.text } },
        { status: pick.status },
      ),
  },
  'DELETE /v1/customers/:id': { table: 'customers' },
  'GET /v1/customers/portal/:external_id': { table: 'customers' },
  'GET /v1/customer/portal/info': { table: 'customers', session: true },
  'PUT /v1/customer/portal/info': {
    table: 'customers',
    session: true,
    body: (pick) => ({ name: pick.text, email: null }),
  },
  'DELETE /v1/customers/portal/:external_id/sessions/:session_id': { table: 'customers' },
  'DELETE /v1/customers/portal/:external_id/sessions': { table: 'customers' },
  'POST /v1/environments': { body: (pick) => ({ name: pick.text }) },
  'GET /v1/environments': {},
  'GET /v1/environments/:id': { table: 'environments' },
  'PATCH /v1/environments/:id': {
    table: 'environments',
    body: (pick) => oneOf(pick, { name: pick.text }, { status: pick.status }),
  },
  'POST /v1/webhooks/:provider/:tenant_id/:environment_id': {
    open: true,
    signed: true,
    table: 'environments',
  },
  'GET /v1/webhooks/deliveries': {
    query: (pick) => (pick.field % 2 === 0 ? { acknowledged: 'false' } : {}),
  },
  'GET /v1/webhooks/deliveries/:id': { table: 'webhook_deliveries' },
  'POST /v1/webhooks/deliveries/:id/acknowledge': { table: 'webhook_deliveries' },
  'POST /v1/secrets/webhooks': { body: () => ({ provider: 'github' }) },
  'GET /v1/secrets/webhooks': {},
  'DELETE /v1/secrets/webhooks/:id': { table: 'webhook_secrets' },
  'POST /v1/secrets/api/keys': {
    body: (pick) =>
      oneOf(pick, { name: pick.text, user_id: pick.text }, { name: pick.text, permissions: [] }),
  },
  'GET /v1/secrets/api/keys': { query: (pick) => (pick.field % 2 === 0 ? { search: pick.text } : {}) },
  'GET /v1/secrets/api/keys/:id': { table: 'api_keys' },
  'PATCH /v1/secrets/api/keys/:id': {
    table: 'api_keys',
    body: (pick) =>
      oneOf(pick, { name: pick.text }, { status: pick.status }, { description: pick.text, permissions: [] }),
  },
  'POST /v1/secrets/api/keys/import': {
    body: (pick) => [{ name: pick.text, hash: randomBytes(32).toString('hex'), permissions: [] }],
    query: (pick) => (pick.field % 3 === 0 ? { dry_run: 'true' } : {}),
  },
  'POST /v1/secrets/api/keys/:id/rotate': {
    table: 'api_keys',
    body: (pick) => ({ overlap_seconds: pick.field * 60 }),
  },
  'GET /v1/secrets/api/keys/:id/events': { table: 'api_keys', query: () => ({ limit: '100' }) },
  'POST /v1/users': { body: (pick) => ({ name: pick.text, roles: [newMarker()] }) },
  'GET /v1/users': { query: (pick) => (pick.field % 2 === 0 ? { status: pick.status } : {}) },
  'GET /v1/users/me': {},
  'GET /v1/users/:id': { table: 'users' },
  'PATCH /v1/users/:id': {
    table: 'users',
    body: (pick) => oneOf(pick, { name: pick.text }, { status: pick.status }, { roles: [pick.text] }),
  },
  'GET /v1/secrets/api/keys/:id/usage': {
    table: 'api_keys',
    query: (pick) => (pick.field % 2 === 0 ? { granularity: 'day' } : {}),
  },
  // Last of those on keys, so that there is one for each of them.
  'DELETE /v1/secrets/api/keys/:id': { table: 'api_keys' },
  'GET /v1/usage/summary': { query: (pick) => ({ limit: String(1 + pick.field) }) },
  'POST /v1/tenants': { body: (pick) => ({ name: pick.text }) },
  'GET /v1/tenants/:id': { table: 'tenants' },
  'PATCH /v1/tenants/:id': {
    table: 'tenants',
    body: (pick) => oneOf(pick, { name: pick.text }, { status: pick.status }),
  },
};
const routeNames = Object.keys(routes);

/** Reads the routes from the tree that the router prints; those of the documentation's pages left out. */
function routesOf(app: FastifyInstance): string[] {
  const parents: string[] = [];
  const found: string[] = [];
  for (const line of app.printRoutes({ commonPrefix: false }).trimEnd().split('\n')) {
    const [, indent, segment, methods] = /^([│├└─ ]+)(\S+) \((.+)\)$/.exec(line) ?? [];
    if (indent === undefined || segment === undefined || methods === undefined) {
      throw new Error(`The router prints a line that isn't understood: ${line}`);
    }
    const depth = indent.length / 4 - 1;
    const path = (parents[depth - 1] ?? '') + segment;
    parents.splice(depth, parents.length, path);
    if (path.startsWith('/docs')) continue;
    // By whatever method and with whatever path behind it, one answers like the other.
    if (path.startsWith('/v1/auth/verify')) found.push('GET /v1/auth/verify');
    else for (const method of methods.split(', ')) if (method !== 'HEAD') found.push(`${method} ${path}`);
  }
  return [...new Set(found)];
}

const requestArbitrary = fc.record({
  route: fc.nat(routeNames.length - 1),
  caller: fc.nat(99),
  /** Returns whether the id of the path is one that the caller may not reach, and which. */
  foreign: fc.boolean(),
  target: fc.nat(99),
  /** Which environment the request selects, among all that there are, and how. */
  selector: fc.option(fc.record({ environment: fc.nat(99), by: fc.constantFrom('id', 'name') })),
  /** `null`: a new one. */
  text: fc.option(fc.nat(999)),
  status: fc.oneof(
    { weight: 4, arbitrary: fc.constant<'active'>('active') },
    { weight: 1, arbitrary: fc.constant<'inactive'>('inactive') },
  ),
  field: fc.nat(5),
  /** Returns whether it is sent with an Idempotency-Key that others use as well. */
  repeatable: fc.boolean(),
  /** The place in which the request claims another tenant and environment. */
  forged: fc.constantFrom('nowhere', 'headers', 'query', 'body'),
});
type RequestSpec = typeof requestArbitrary extends fc.Arbitrary<infer Spec> ? Spec : never;

const env = { ...configured.env, ...signingEnv(newIdentityKey('one')) };
const service = await startService(t, { env, usageIntervalMs: 2 ** 31 - 1 });
const tables = await findTenantTables(service.pool);

t.test('the test knows every route', async (t) => {
  t.strictSame(routesOf(service.app).sort(), routeNames.toSorted());
});

/** The expected decision, worked out independently of the service. */
interface Reach {
  environmentId: string | null;
  /** Returns whether the row is the caller's to see. */
  sees(row: Row): boolean;
  /** Returns whether the row may be changed or made by this request. */
  changes(row: Row): boolean;
}

const nowhere = 'env_00000000000000000000000000000000';

/** The environment that a request works in; a configured key may select one, an id going before a name. */
function environmentOf(caller: Caller, selector: string | undefined, rows: Row[]): string | null {
  if (!caller.operator) return caller.environment;
  const wanted = selector ?? caller.environment;
  const own = rows.filter(({ table, tenantId }) => table === 'environments' && tenantId === caller.tenantId);
  const found = own.find(({ id }) => id === wanted) ?? own.find(({ fields }) => fields['name'] === wanted);
  return found?.id ?? null;
}

function reachOf(
  caller: Caller,
  route: string,
  target: string | null,
  selector: string | undefined,
  before: Snapshot,
): Reach {
  const rows = [...before.values()];
  const environmentId = environmentOf(caller, selector, rows);
  const tenantIds = new Set(rows.map(({ tenantId }) => tenantId));
  /** Requests to other tenants that only the operator may send. */
  const operates = (row: Row) =>
    caller.operator &&
    ((route === 'POST /v1/tenants' && !tenantIds.has(row.tenantId)) ||
      (route === 'PATCH /v1/tenants/:id' &&
        row.tenantId === target &&
        ['tenants', 'key_events'].includes(row.table)));
  const sees = (row: Row) =>
    operates(row) ||
    (row.tenantId === caller.tenantId && (row.environmentId === null || row.environmentId === environmentId));
  const othersEnvironment = ({ table, key, id }: Row) =>
    table === 'environments' && before.has(key) && id !== environmentId && !caller.operator;
  const operators = ({ table, id }: Row) => table === 'users' && operatorUsers.has(id) && !caller.operator;
  const othersTenant = ({ table }: Row) => table === 'tenants' && !caller.operator;
  return {
    environmentId,
    sees,
    changes: (row) => sees(row) && !othersEnvironment(row) && !othersTenant(row) && !operators(row),
  };
}

/** A session reaches its customer, and nothing else. */
function reachOfSession(customerId: string | null): Reach {
  const isOwn = ({ table, id }: Row) => table === 'customers' && id === customerId;
  return { environmentId: null, sees: isOwn, changes: isOwn };
}

const at = <T>(list: T[], index: number): T | undefined => list[index % list.length];

const textsOf = (rows: Iterable<Row>, of: (row: Row) => boolean): Set<string> =>
  new Set([...rows].filter(of).flatMap(tellingValues));

interface Sent {
  caller: Caller;
  route: string;
  request: CallOptions;
  /** The id in the path. */
  target: string | null;
  reach: Reach;
  /** The same, with ids that never were in place of those that the caller can't reach; `null`: it has none. */
  twin: CallOptions | null;
}

/** The places in which a request may claim another owner. */
function forge(request: CallOptions, forged: RequestSpec['forged'], victim: Row | undefined): CallOptions {
  if (victim === undefined) return request;
  const claim = { tenant_id: victim.tenantId, environment_id: victim.environmentId ?? victim.id };
  if (forged === 'query') return { ...request, query: Object.assign({}, request.query, claim) };
  if (forged === 'body' && typeof request.payload === 'object')
    return { ...request, payload: Object.assign({}, request.payload, claim) };
  if (forged !== 'headers') return request;
  const headers = {
    'x-tenant-id': victim.tenantId,
    'x-auth-tenant-id': victim.tenantId,
    'x-user-id': victim.id,
  };
  return { ...request, headers: { ...request.headers, ...headers } };
}

const methodOf = (route: string) =>
  (['POST', 'PUT', 'PATCH', 'DELETE'] as const).find((method) => route.startsWith(`${method} `)) ?? 'GET';

/** Turns a specification into a request that makes sense in the world as it is. */
function prepare(spec: RequestSpec, { callers, tokens }: World, before: Snapshot): Sent {
  const route = routeNames[spec.route] ?? '';
  const { open, table, session, body, query, signed, headers: asked } = routes[route] ?? {};
  const caller = at(callers, spec.caller);
  if (caller === undefined) throw new Error('A world without callers');
  const rows = [...before.values()];
  const environment =
    spec.selector &&
    at(
      rows.filter((row) => row.table === 'environments'),
      spec.selector.environment,
    );
  const selector = environment ? String(environment.fields[spec.selector?.by ?? 'id']) : undefined;
  const headers = {
    ...asked,
    ...(selector !== undefined && { 'x-environment-id': selector }),
    ...(spec.repeatable && { 'idempotency-key': `everybody's-key-${spec.field % 2}` }),
  };

  const { sees } = reachOf(caller, '', null, selector, before);
  const candidates = rows.filter((row) => row.table === table);
  const own = candidates.filter(sees).map(({ fields }) => fields['external_id']);
  // By its name a foreign one is only meant where there is none of one's own of that name.
  const isMeant = (row: Row) =>
    sees(row) !== spec.foreign &&
    !(spec.foreign && route.includes(':external_id') && own.includes(row.fields['external_id']));
  const targetRow = at(candidates.filter(session ? ({ id }) => tokens.has(id) : isMeant), spec.target);
  const target = targetRow?.id ?? null;
  const reach = session ? reachOfSession(target) : reachOf(caller, route, target, selector, before);

  const texts = [...textsOf(rows, () => true)].filter((text) => text.length <= 100);
  const text = spec.text === null ? newMarker() : (at(texts, spec.text) ?? newMarker());
  const pick = { text, status: spec.status, field: spec.field };
  const [, path = ''] = route.split(' ');
  const named = targetRow && encodeURIComponent(String(targetRow.fields['external_id']));
  const inPath = (route.includes(':external_id') ? named : targetRow?.id) ?? 'never-was';
  const url = path.replace(/:(external_)?id/, inPath).replace(':session_id', `sess_${'0'.repeat(32)}`);
  const plain: CallOptions = {
    method: methodOf(route),
    url,
    headers: { ...headers, ...(session && { 'x-session-token': tokens.get(target ?? '') ?? 'none' }) },
    key: session ? null : caller.key,
    remoteAddress: caller.address,
    ...(body && { payload: body(pick) }),
    ...(query && { query: query(pick) }),
  };
  const webhook =
    signed &&
    webhookTo(
      { tenantId: targetRow?.tenantId ?? 'nowhere', environmentId: String(target) },
      reach.environmentId,
    );
  const request = forge(
    webhook ? { ...plain, ...webhook, headers: { ...headers, ...webhook.headers } } : plain,
    spec.forged,
    rows.find((row) => !sees(row)),
  );

  const hidden = targetRow !== undefined && !reach.sees(targetRow);
  const lost = !open && !session && caller.operator && selector !== undefined && reach.environmentId === null;
  const twin = {
    ...request,
    ...(hidden && { url: request.url.replace(inPath, 'never-was') }),
    ...(lost && { headers: { ...request.headers, 'x-environment-id': nowhere } }),
  };
  return { caller, route, request, target, reach, twin: hidden || lost ? twin : null };
}

type Answer = Awaited<ReturnType<typeof service.call>>;

/** Returns what the answer shows of rows that the caller can't see, unless it could be the caller's own. */
function checkAnswer({ caller, reach }: Sent, answer: Answer, before: Snapshot, after: Snapshot): string[] {
  const rows = [...before.values(), ...after.values()];
  const own = rows
    .filter(reach.sees)
    .map((row) => (row.table === 'key_events' ? told(row, reach) : row.json));
  const known = [caller.keyId, caller.userId, ...own].join('\n');
  const shown = `${JSON.stringify(answer.headers)}\n${answer.body}`;
  return [...textsOf(before.values(), (row) => !reach.sees(row))]
    .filter((text) => contains(shown, text) && !contains(known, text))
    .map((text) => `shows ${text}`);
}

/** The part of an event that an environment may see, and the tenant of its actor. */
function told({ tenantId, fields }: Row, { environmentId }: Reach): string {
  const { before, after, environment_id, actor_tenant_id } = fields;
  if (environment_id !== null && environment_id !== environmentId) return '';
  const actor = ['actor_key_id', 'actor_user_id', 'actor_address'].map((field) => fields[field]);
  return JSON.stringify([before, after, ...(actor_tenant_id === tenantId ? actor : [])]);
}

/** Returns whether the JSON has the text in it. */
const contains = (json: string, text: string): boolean => json.includes(JSON.stringify(text).slice(1, -1));

/** Returns the changes of rows that the caller can't change. */
function checkRows({ reach }: Sent, before: Snapshot, after: Snapshot): string[] {
  const changed = [...before.values()].filter((row) => after.get(row.key)?.json !== row.json);
  const created = [...after.values()].filter((row) => !before.has(row.key));
  return [...changed, ...created].filter((row) => !reach.changes(row)).map((row) => `changes ${row.key}`);
}

/** A conflict reveals that a value is taken, so only rows that the caller can see may cause one. */
function checkConflict({ request, reach }: Sent, answer: Answer, before: Snapshot): string[] {
  if (answer.statusCode !== 409) return [];
  const own = [...before.values()]
    .filter(reach.sees)
    .flatMap(({ fields }) => [fields['external_id'], fields['name'], fields['provider']]);
  const asked: unknown[] = Object.values(Object(request.payload));
  return asked.some((value) => own.includes(value)) ? [] : ["conflicts with what isn't the caller's"];
}

const seen = { succeeded: new Set<string>(), foreign: new Set<string>(), sent: 0 };

/** Stores the request's usage at once, so that no later request seems to have caused it. */
async function callAndCount(request: CallOptions): Promise<Answer> {
  const answer = await service.call(request);
  await usageWriterOf(service.app).flush();
  return answer;
}

/** Sends one request and tells what of the isolation it breaks. */
async function send(spec: RequestSpec, world: World, before: Snapshot): Promise<Snapshot> {
  const sent = prepare(spec, world, before);
  const answer = await callAndCount(sent.request);
  let after = await takeSnapshot(service.pool, tables);
  const broken = [
    ...checkAnswer(sent, answer, before, after),
    ...checkRows(sent, before, after),
    ...checkConflict(sent, answer, before),
  ];
  if (sent.twin !== null) {
    const twin = await callAndCount(sent.twin);
    after = await takeSnapshot(service.pool, tables);
    if (answer.statusCode < 400) broken.push("succeeds on what isn't the caller's");
    if (answer.statusCode !== twin.statusCode || answer.body !== twin.body) {
      broken.push(`tells what is another's from what never was: ${twin.statusCode} ${twin.body}`);
    }
    seen.foreign.add(sent.route);
  }
  seen.sent++;
  if (answer.statusCode < 300) seen.succeeded.add(sent.route);
  if (broken.length > 0) {
    const { key: _, ...request } = sent.request;
    throw new Error(
      `${sent.caller.name} of ${sent.caller.tenantId}: ${JSON.stringify(request)} → ${answer.statusCode} ` +
        `${answer.body.slice(0, 500)}\n${broken.slice(0, 5).join('\n')}`,
    );
  }
  return after;
}

/** A world in which every route is called once, by a key that may. */
const everyRoute = (spec: Partial<RequestSpec>): [TenantsSpec, RequestSpec[]] => {
  const environment = { keys: [['*'], ['*']], customers: ['shared', 'unique'] as ('shared' | 'unique')[] };
  const tenant = [environment, environment];
  const request = {
    target: 0,
    foreign: false,
    selector: null,
    text: null,
    field: 1,
    repeatable: false,
  } as const;
  const plain = { ...request, caller: 0, status: 'active', forged: 'nowhere' } as const;
  return [[tenant, tenant], routeNames.map((_, route) => ({ ...plain, ...spec, route }))];
};

/** The callers of the first tenant: a stored key of its first environment, and its configured keys. */
const [stored, operator, operatorOfNone] = [0, 4, 5];
/** A stored key of the second. */
const storedOfSecond = 6;
const ownOther = { environment: 1, by: 'id' } as const;
const anothers = { environment: 2, by: 'id' } as const;

/** Creations by keys of two tenants and environments that all use the same Idempotency-Key for the same request. */
const repeatedByAll = (): [TenantsSpec, RequestSpec[]] => {
  const route = routeNames.indexOf('POST /v1/secrets/api/keys');
  const [tenants, [request]] = everyRoute({ repeatable: true, text: 0 });
  if (request === undefined) throw new Error('There are no routes');
  return [tenants, Array.from({ length: 12 }, (_, caller) => ({ ...request, route, caller }))];
};

/** The operator changes another tenant, whose key then reads of it. */
const operatorElsewhere = (): [TenantsSpec, RequestSpec[]] => {
  const [tenants, renaming] = everyRoute({ caller: operator, foreign: true });
  const [, reading] = everyRoute({ caller: storedOfSecond });
  const of = (requests: RequestSpec[], names: string[]) =>
    requests.filter(({ route }) => names.includes(routeNames[route] ?? ''));
  return [
    tenants,
    [
      ...of(renaming, ['PATCH /v1/tenants/:id']),
      ...of(reading, ['GET /v1/audit/events', 'GET /v1/audit/events/stream']),
    ],
  ];
};

/** Cases that chance may miss. */
const examples = [
  everyRoute({ caller: operator }),
  everyRoute({ caller: operator, foreign: true }),
  everyRoute({ caller: operator, foreign: true, target: 3 }),
  operatorElsewhere(),
  everyRoute({ caller: operator, selector: ownOther }),
  everyRoute({ caller: operator, selector: anothers }),
  everyRoute({ caller: operatorOfNone, foreign: true, forged: 'headers' }),
  // The second environment of its tenant, which it reads and may not change.
  everyRoute({ caller: stored, target: 1, selector: ownOther }),
  everyRoute({ caller: stored, foreign: true, selector: anothers, forged: 'headers' }),
  repeatedByAll(),
];

t.test('no request shows or changes what belongs to another tenant or environment', async (t) => {
  const property = fc.asyncProperty(
    tenantsArbitrary,
    fc.array(requestArbitrary, { minLength: 1, maxLength: 40, size: 'max' }),
    async (tenants, requests) => {
      const world = await createWorld(service, tables, tenants);
      let now = await takeSnapshot(service.pool, tables);
      for (const request of requests) now = await send(request, world, now);
    },
  );
  await fc.assert(property, {
    numRuns: 30,
    examples,
    interruptAfterTimeLimit: 15_000,
  });
  t.comment(`${seen.sent} requests`);
  t.strictSame([...seen.succeeded].sort(), routeNames.toSorted(), 'every route was called with success');
  const withIds = routeNames.filter(
    (name) => /:(external_)?id/.test(name) && name !== 'PATCH /v1/tenants/:id',
  );
  t.strictSame(
    withIds.filter((name) => !seen.foreign.has(name)),
    [],
    "every route with an id was called with another's",
  );
});
