import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { publint } from 'publint';
import t from 'tap';
import { listen } from '../fixtures/raw-http.ts';
import { repository } from '../fixtures/service-process.ts';
import { newIdentityKey, signingEnv } from '../fixtures/signed-identity.ts';
import { developmentKey, errorOf, startService } from '../helper.ts';

const run = promisify(execFile);
const tool = (file: string): string => path.join(repository, 'node_modules', file);

/** Without what npm tells the scripts that it runs, which another npm would take for its own settings. */
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));

/** Longest time of a step, on a busy machine. */
const timeoutMs = 120_000;

const execute = (cwd: string, command: string, args: string[], env: NodeJS.Dict<string> = {}) =>
  run(command, args, { cwd, env: { ...environment, ...env }, timeout: timeoutMs });

// Far from the repository, whose packages nothing here may find.
const folder = await mkdtemp(path.join(tmpdir(), 'latchkey-package-'));
t.teardown(() => rm(folder, { recursive: true, force: true }));
const project = path.join(folder, 'project');

/** Copies the sources of the package, without what is built from them or is large. */
const others = new Set(['.git', '.tap', 'bench', 'data', 'deploy', 'dist', 'docs', 'node_modules', 'test']);
const isSource = (file: string): boolean =>
  !others.has(path.relative(repository, file).split(path.sep)[0] ?? '');

/** Packs a copy of the sources, so that nobody else's build is in the way. @returns the tarball */
async function pack(): Promise<string> {
  const copy = path.join(folder, 'sources');
  await cp(repository, copy, { recursive: true, filter: isSource });
  await symlink(path.join(repository, 'node_modules'), path.join(copy, 'node_modules'));
  const { stdout } = await execute(copy, 'npm', ['pack', '--json', '--pack-destination', folder]);
  const [{ filename }] = JSON.parse(stdout);
  return path.join(folder, filename);
}

/** Installs the package in a project that has nothing else but what its users have. */
async function install(tarball: string): Promise<void> {
  const { version } = JSON.parse(await readFile(tool('fastify/package.json'), 'utf8'));
  const types = JSON.parse(await readFile(tool('@types/node/package.json'), 'utf8'));
  await mkdir(project);
  await writeFile(path.join(project, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  const options = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'];
  const packages = [tarball, `fastify@${version}`, `@types/node@${types.version}`];
  await execute(project, 'npm', ['install', ...options, ...packages]);
}

/** An app of somebody else, whose keys come from a service and go there. */
const journey = `
import Fastify from 'fastify';
import { createClient } from 'latchkey/client';
import latchkey, { type Identity } from 'latchkey/fastify';

const { DATABASE_URL = '', SERVICE_URL = '', API_KEY = '' } = process.env;
const service = createClient({ url: SERVICE_URL, apiKey: API_KEY });
const app = Fastify();
await app.register(latchkey, { databaseUrl: DATABASE_URL });
app.get('/open', { config: { latchkey: 'public' } }, () => 'open');
app.get('/orders', { config: { latchkey: { permission: 'orders:read' } } }, (request) => {
  const identity: Identity | null = request.auth;
  return { tenant: request.tenantId.toString(), environment: request.environmentId.length > 0, key: identity?.keyId };
});
const signed = Fastify();
await signed.register(latchkey, { signedIdentity: { url: SERVICE_URL, hosts: ['api.example.com'] } });
signed.get('/orders', { config: { latchkey: { permission: 'orders:read' } } }, (request) => request.tenantId);
const verifies: boolean = await signed.latchkey.ready();
const unsigned = await signed.inject('/orders');
export const withoutHosts = () =>
  // @ts-expect-error: whom else could a signature be for
  signed.register(latchkey, { signedIdentity: { url: SERVICE_URL } });
export const mistake = () =>
  // @ts-expect-error: a permission is a resource and an action
  app.get('/mistake', { config: { latchkey: { permission: 'orders' } } }, () => 'never');
const url = await app.listen({ host: '127.0.0.1', port: 0 });
const ready: boolean = await app.latchkey.ready();

const { data } = await service.POST('/v1/secrets/api/keys', { body: { name: 'Journey', permissions: ['orders:read'] } });
if (data === undefined) throw new Error('No key was made');
const headers = { 'x-api-key': data.api_key };
const accepted = await fetch(url + '/orders', { headers });
const answer = await accepted.json();
const deleted = await service.DELETE('/v1/secrets/api/keys/{id}', { params: { path: { id: data.secret.id } } });
const refused = await fetch(url + '/orders', { headers });
const open = await fetch(url + '/open');
await app.close();
const statuses = [accepted.status, deleted.response.status, refused.status, open.status];
console.log(JSON.stringify({ ready, signed: [verifies, unsigned.statusCode], statuses, answer, id: data.secret.id, refusal: await refused.json() }));
`;

const compilerOptions = {
  ...{ target: 'es2023', module: 'nodenext', moduleResolution: 'nodenext', types: ['node'] },
  ...{ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
  // The types of the package and of its packages are checked too.
  skipLibCheck: false,
};

const tarball = await pack();
await install(tarball);
await writeFile(path.join(project, 'journey.ts'), journey);
await writeFile(
  path.join(project, 'tsconfig.json'),
  JSON.stringify({ compilerOptions, files: ['journey.ts'] }),
);
const compiled = await execute(project, process.execPath, [tool('typescript/bin/tsc')]).catch(
  (error) => error,
);

t.test('the tarball has what its users need, and nothing else', async (t) => {
  const { stdout } = await execute(folder, 'tar', ['-tzf', tarball]);
  const files = stdout.trim().split('\n');
  for (const file of ['fastify.js', 'fastify.d.ts', 'client.js', 'client.d.ts'])
    t.ok(files.includes(`package/dist/exports/${file}`), file);
  t.ok(files.includes('package/dist/migrations/001-tenants-keys-customers.sql'));
  const folders = new Set(files.map((file) => file.split('/').slice(1, 2).join()));
  t.strictSame([...folders].sort(), ['LICENSE', 'README.md', 'dist', 'package.json']);
});

t.test('publint and attw find nothing wrong with it', async (t) => {
  const { messages } = await publint({
    pkgDir: path.join(project, 'node_modules/latchkey'),
    pack: false,
    strict: true,
  });
  t.strictSame(messages, []);
  const attw = tool('@arethetypeswrong/cli/dist/index.js');
  const args = [attw, tarball, '--profile', 'esm-only', '--format', 'json'];
  const { stdout } = await execute(folder, process.execPath, args);
  const { analysis, problems } = JSON.parse(stdout);
  t.same(Object.keys(analysis.entrypoints), ['./fastify', './client', './package.json']);
  const found = Object.values<{ resolutionKind?: string }[]>(problems ?? {}).flat();
  t.strictSame(
    found.filter(({ resolutionKind = '' }) => !['node10', 'node16-cjs'].includes(resolutionKind)),
    [],
    'for whoever imports it: it has no CommonJS to require',
  );
});

t.test('an app in its project passes the strict compiler', async (t) => {
  t.equal(compiled.stdout, '');
});

t.test('an app of the package refuses a key as soon as the service has revoked it', async (t) => {
  const { app, databaseUrl } = await startService(t, { env: signingEnv(newIdentityKey('one')) });
  const env = {
    DATABASE_URL: databaseUrl,
    SERVICE_URL: `http://127.0.0.1:${await listen(app)}`,
    API_KEY: developmentKey,
  };
  const { stdout } = await execute(project, process.execPath, ['journey.js'], env);
  const { ready, signed, statuses, answer, id, refusal } = JSON.parse(stdout);
  t.equal(ready, true);
  t.strictSame(signed, [true, 401], 'it has the keys that identities are signed with, and asks for one');
  t.strictSame(statuses, [200, 204, 401, 200]);
  t.strictSame(answer, { tenant: 'tenant_default', environment: true, key: id });
  t.strictSame(refusal, errorOf('Invalid API key', 'permission_denied'));
});
