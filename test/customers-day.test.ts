import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { Flexprice } from '@flexprice/sdk';
import t, { type Test } from 'tap';
import { missingProgram } from './fixtures/missing-program.ts';
import { developmentKey, startService, type TestService } from './helper.ts';

const run = promisify(execFile);

interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** Runs curl with a customer's arguments, and returns its output. */
async function curl(...args: string[]): Promise<Answer> {
  const { stdout } = await run('curl', ['--silent', '--show-error', '--include', ...args]);
  const end = stdout.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = stdout.slice(0, end).split('\r\n');
  const headers = lines.map((line) => [
    line.slice(0, line.indexOf(':')).toLowerCase(),
    line.slice(line.indexOf(':') + 2),
  ]);
  return {
    status: Number(statusLine.split(' ')[1]),
    headers: Object.fromEntries(headers),
    body: stdout.slice(end + 4),
  };
}

const listen = ({ app }: TestService): Promise<string> => app.listen({ host: '127.0.0.1', port: 0 });

const refusal = (message: string): string =>
  `{"success":false,"error":{"message":"${message}","internal_error":"permission_denied"}}`;

interface Created {
  api_key: string;
  secret: { id: string; environment_id: string; created_at: string };
}

/** A key as every answer shows it, byte for byte; only what the service makes up is filled in. */
const metadataOf = (
  { api_key, secret }: Created,
  { status = 'active', updatedAt = secret.created_at }: { status?: string; updatedAt?: string } = {},
): string =>
  `{"id":"${secret.id}","name":"Production backend","description":null,"type":"private_key",` +
  `"provider":"latchkey","display_id":"${api_key.slice(0, 4)}…${api_key.slice(-4)}",` +
  `"tenant_id":"tenant_default","environment_id":"${secret.environment_id}","user_id":"user_default",` +
  `"user_type":"user","roles":[],"permissions":["*"],"rate_limit":null,"metadata":{},"status":"${status}",` +
  `"expires_at":null,"last_used_at":null,"created_at":"${secret.created_at}","updated_at":"${updatedAt}",` +
  `"rotated_to":null,"rotated_from":null}`;

const asDeveloper = ['-H', `X-API-Key: ${developmentKey}`];
const noCustomers = '{"items":[],"pagination":{"total":0,"limit":50,"offset":0}}';
const json = ['-H', 'Content-Type: application/json'];

/** A service, and the key that its customer has just created with the development key. */
async function startDay(t: Test) {
  const service = await startService(t);
  const url = await listen(service);
  const customersUrl = `${url}/v1/customers`;
  const keysUrl = `${url}/v1/secrets/api/keys`;
  const creation = await curl(keysUrl, ...asDeveloper, ...json, '-d', '{"name": "Production backend"}');
  const created: Created = JSON.parse(creation.body);
  const asCustomer = ['-H', `X-API-Key: ${created.api_key}`];
  const keyUrl = `${keysUrl}/${created.secret.id}`;
  return { customersUrl, keysUrl, keyUrl, creation, created, asCustomer };
}

type Day = Awaited<ReturnType<typeof startDay>>;

async function checkListed(t: Test, { created, keysUrl, keyUrl, asCustomer }: Day): Promise<void> {
  const list = await curl(keysUrl, ...asCustomer);
  t.equal(list.status, 200);
  t.equal(list.body, `{"items":[${metadataOf(created)}],"pagination":{"total":1,"limit":50,"offset":0}}`);
  const one = await curl(keyUrl, ...asDeveloper);
  t.equal(one.status, 200);
  t.equal(one.body, metadataOf(created));
  const hash = createHash('sha256').update(created.api_key).digest('hex');
  for (const secret of [created.api_key, hash]) {
    t.notOk(JSON.stringify([list, one]).includes(secret));
  }
}

async function deactivateAndActivate(
  t: Test,
  { created, customersUrl, keyUrl, asCustomer }: Day,
): Promise<void> {
  const patch = (status: string) =>
    curl('-X', 'PATCH', keyUrl, ...asDeveloper, ...json, '-d', `{"status": "${status}"}`);
  const updatedAtOf = ({ body }: Answer): string => JSON.parse(body).updated_at;

  const deactivation = await patch('inactive');
  t.equal(deactivation.status, 200);
  t.equal(
    deactivation.body,
    metadataOf(created, { status: 'inactive', updatedAt: updatedAtOf(deactivation) }),
  );
  const refused = await curl(customersUrl, ...asCustomer);
  t.equal(refused.status, 403);
  t.equal(refused.body, refusal('API key is inactive'));

  const activation = await patch('active');
  t.equal(activation.status, 200);
  t.equal(activation.body, metadataOf(created, { updatedAt: updatedAtOf(activation) }));
  t.ok(updatedAtOf(activation) > updatedAtOf(deactivation));
  t.equal((await curl(customersUrl, ...asCustomer)).status, 200);
}

async function refuseWrongKeys(t: Test, { customersUrl }: Day): Promise<void> {
  const wrong = developmentKey.replace(/^./, (digit) => (digit === '0' ? '1' : '0'));
  const cases: [string, string[], string][] = [
    ['no key', [], 'API key required'],
    ['an empty header', ['-H', 'X-API-Key;'], 'API key required'],
    ['an unknown key', ['-H', `X-API-Key: ${wrong}`], 'Invalid API key'],
    ['not a key', ['-H', 'X-API-Key: let me in'], 'Invalid API key'],
    ['the header twice', [...asDeveloper, ...asDeveloper], 'Invalid API key'],
  ];
  for (const [name, headers, message] of cases) {
    const answer = await curl(customersUrl, ...headers);
    t.equal(answer.status, 401, name);
    t.equal(answer.body, refusal(message), name);
    t.match(answer.headers['www-authenticate'], /^Bearer /, name);
  }
}

t.test(
  'a day of a customer, with curl, byte for byte',
  { skip: missingProgram('curl', 'curl') },
  async (t) => {
    const day = await startDay(t);
    const { customersUrl, keysUrl, keyUrl, creation, created, asCustomer } = day;

    await t.test('the development key of the README lists customers', async (t) => {
      const answer = await curl(customersUrl, ...asDeveloper);
      t.equal(answer.status, 200);
      t.equal(answer.body, noCustomers);
      t.equal(answer.headers['content-type'], 'application/json; charset=utf-8');
    });

    await t.test('a key is created, and shown this once', async (t) => {
      t.equal(creation.status, 201);
      t.equal(creation.headers['cache-control'], 'no-store');
      t.equal(creation.body, `{"secret":${metadataOf(created)},"api_key":"${created.api_key}"}`);
      t.match(created.api_key, /^[0-9a-f]{64}$/);
      t.match(created.secret.id, /^key_[0-9a-f]{32}$/);
      t.match(created.secret.environment_id, /^env_[0-9a-f]{32}$/);
      t.match(created.secret.created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    });

    await t.test('the new key works, in either header', async (t) => {
      const answer = await curl(customersUrl, ...asCustomer);
      t.equal(answer.status, 200);
      t.equal(answer.body, noCustomers);
      const bearer = await curl(customersUrl, '-H', `Authorization: Bearer ${created.api_key}`);
      t.equal(bearer.status, 200);
      t.equal(bearer.body, noCustomers);
    });

    await t.test('it is listed and shown without the key or its hash', (t) => checkListed(t, day));

    await t.test('it is deactivated: refused with 403 at once, until it is activated', (t) =>
      deactivateAndActivate(t, day),
    );

    await t.test(
      'it is deleted: refused with 401 at once, and deleting it again answers alike',
      async (t) => {
        for (const _time of ['first', 'second']) {
          const deletion = await curl('-X', 'DELETE', keyUrl, ...asDeveloper);
          t.equal(deletion.status, 204);
          t.equal(deletion.body, '');
        }
        const refused = await curl(customersUrl, ...asCustomer);
        t.equal(refused.status, 401);
        t.equal(refused.body, refusal('Invalid API key'));
        t.match(refused.headers['www-authenticate'], /^Bearer /);
        const list = await curl(keysUrl, ...asDeveloper);
        t.equal(list.body, noCustomers);
      },
    );

    await t.test('no key and a wrong key are refused', (t) => refuseWrongKeys(t, day));
  },
);

t.test("FlexPrice's published SDK works unchanged", async (t) => {
  const service = await startService(t);
  const serverURL = `${await listen(service)}/v1`;
  const { secrets } = new Flexprice({ serverURL, apiKeyAuth: developmentKey });

  const created = await secrets.createApiKey({
    name: 'From the SDK',
    type: 'private_key',
    expiresAt: '2999-01-01T00:00:00Z',
  });
  t.match(created.apiKey, /^[0-9a-f]{64}$/);
  t.match(created.secret, {
    name: 'From the SDK',
    type: 'private_key',
    expiresAt: '2999-01-01T00:00:00.000Z',
    userType: 'user',
    roles: [],
    displayId: /^[0-9a-f]{4}…[0-9a-f]{4}$/,
  });
  const id = created.secret?.id ?? '';

  const own = new Flexprice({ serverURL, apiKeyAuth: created.apiKey ?? '' });
  const all = await own.secrets.listApiKeys(10, 0);
  t.same(
    all.items?.map((item) => item.id),
    [id],
  );
  t.match(all.pagination, { total: 1, limit: 10, offset: 0 });

  t.equal((await secrets.listApiKeys(10, 0, 'published')).items?.[0]?.id, id, 'published means active');
  await service.call({
    method: 'PATCH',
    url: `/v1/secrets/api/keys/${id}`,
    payload: { status: 'inactive' },
  });
  t.same((await secrets.listApiKeys(10, 0, 'published')).items, [], 'and an inactive key is not');

  await secrets.deleteApiKey(id);
  t.same((await secrets.listApiKeys()).items, []);
  const refused = await own.secrets.listApiKeys().catch((error: unknown) => error);
  t.match(refused, { statusCode: 401 }, 'the deleted key is refused');
  const missing = await secrets.deleteApiKey('key_of_nobody').catch((error: unknown) => error);
  t.match(missing, { statusCode: 404, success: false, error: { message: 'Key not found' } });
});
