import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
} from 'node:fs';
import { chmod, chown, mkdtemp, readdir, readFile, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import t, { type Test } from 'tap';
import { findBinaries, machineBinaries, type PostgresBinaries } from '../../embedded-postgres/binaries.ts';
import {
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from '../../embedded-postgres/embedded-postgres.ts';
import { EmbeddedPostgresError } from '../../embedded-postgres/embedded-postgres-error.ts';

const fixture = fileURLToPath(new URL('../fixtures/embedded-postgres.ts', import.meta.url));
const nobody = 65_534;
const isRoot = process.getuid?.() === 0;
const rootOnly = isRoot ? false : 'only root can do this';

/** Starts a process as nobody, which has to be able to read this repository. */
const asNobody =
  rootOnly || (canNobodyRead(fixture) ? false : 'nobody may not enter the folder of this repository');

function canNobodyRead(file: string): boolean {
  const { status } = spawnSync('cat', [file], { uid: nobody, gid: nobody, cwd: '/' });
  return status === 0;
}
const linuxOnly = process.platform === 'linux' ? false : 'looks into /proc';
const packaged = await findBinaries();
const debian = machineBinaries('');
const withDebian = debian === undefined ? 'no PostgreSQL in /usr/lib/postgresql' : false;

t.setTimeout(120_000);

interface Report {
  readonly url?: string;
  readonly refusal?: string;
  readonly errorName?: string;
}

/** A folder that only its owner may enter. */
async function temporaryFolder(test: Test): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'latchkey-embedded-'));
  test.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

let template: Promise<string> | undefined;

/** A data folder as an orderly stop leaves it. Making one takes long, so it is made once and copied. */
async function usedFolder(test: Test): Promise<string> {
  template ??= makeTemplate();
  const dataDir = path.join(await temporaryFolder(test), 'data');
  if (spawnSync('cp', ['-a', await template, dataDir]).status !== 0)
    throw new Error('It could not be copied');
  return dataDir;
}

async function makeTemplate(): Promise<string> {
  const dataDir = await temporaryFolder(t);
  await (await startEmbeddedPostgres({ dataDir })).stop();
  return dataDir;
}

async function start(test: Test, options: EmbeddedPostgresOptions) {
  const server = await startEmbeddedPostgres(options);
  test.teardown(() => server.stop());
  return server;
}

/** Starts the fixture, as user nobody if `uid` says so. */
function startProcess(test: Test, options: Omit<EmbeddedPostgresOptions, 'log'>, uid?: number) {
  const identity = uid === undefined ? {} : { uid, gid: uid };
  const child = spawn(process.execPath, ['--import=tsx', fixture, JSON.stringify(options)], {
    ...identity,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  test.teardown(() => endProcess(child));
  const report = once(createInterface({ input: child.stdout }), 'line').then(
    ([line]): Report => JSON.parse(String(line)),
  );
  return { child, report };
}

async function endProcess(child: ChildProcess, signal?: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  if (signal === undefined) child.stdin?.end();
  else child.kill(signal);
  await exited;
}

async function query(url: string | undefined, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

function clusterOf(dataDir: string): string {
  return path.join(dataDir, 'postgres/cluster');
}

function postmasterOf(dataDir: string): number {
  return Number.parseInt(readFileSync(path.join(clusterOf(dataDir), 'postmaster.pid'), 'utf8'), 10);
}

function readProcess(pid: number | string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

function parentOf(pid: number): number {
  return Number(/^PPid:\s*(\d+)/m.exec(readProcess(pid, 'status'))?.[1]);
}

/** All processes whose work folder or descriptor 3 is this cluster. */
function processesOn(dataDir: string): number[] {
  const folder = clusterOf(dataDir);
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) =>
      ['cwd', 'fd/3'].some((link) => {
        try {
          return readlinkSync(`/proc/${pid}/${link}`) === folder;
        } catch {
          return false;
        }
      }),
    )
    .map(Number);
}

/** For states that no event tells of. */
async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 15_000; Date.now() < deadline; await delay(10)) {
    if (await isSo()) return;
  }
  throw new Error(`Waited in vain until ${what}`);
}

async function refusalOf(options: EmbeddedPostgresOptions): Promise<string> {
  const error = await startEmbeddedPostgres(options).catch((reason: unknown) => reason);
  if (error instanceof EmbeddedPostgresError) return error.message;
  throw new Error('It was not refused', { cause: error });
}

async function keepsData(test: Test, dataDir: string, binaries: PostgresBinaries): Promise<void> {
  const first = await startEmbeddedPostgres({ dataDir, binaries });
  await query(first.databaseUrl, 'CREATE TABLE kept (value text)');
  await query(first.databaseUrl, "INSERT INTO kept VALUES ('ä')");
  await first.stop();
  const second = await start(test, { dataDir, binaries });
  test.same(await query(second.databaseUrl, 'SELECT value FROM kept'), [{ value: 'ä' }]);
  const [settings] = await query(
    second.databaseUrl,
    `SELECT current_setting('server_encoding') AS encoding, current_setting('data_checksums') AS checksums,
            current_setting('fsync') AS fsync, current_database() AS database, lower('Ä') = 'ä' AS folds`,
  );
  test.match(settings, { encoding: 'UTF8', checksums: 'on', fsync: 'on', database: 'latchkey' });
  test.same(await readdir(dataDir), ['postgres']);
}

t.test('keeps a database in a folder that only its owner may enter', async (t) => {
  const parent = await temporaryFolder(t);
  const dataDir = path.join(parent, 'new/data');
  await keepsData(t, dataDir, packaged);
  t.equal((await stat(dataDir)).mode & 0o777, 0o700);
  t.equal((await stat(path.join(dataDir, 'postgres/password'))).mode & 0o777, 0o600);
  t.equal((await stat(clusterOf(dataDir))).uid === 0, false, 'the server is not root');
});

t.test('keeps a database in a folder that everybody may enter', async (t) => {
  const dataDir = await temporaryFolder(t);
  await chmod(dataDir, 0o755);
  await keepsData(t, dataDir, packaged);
});

t.test("works with the machine's PostgreSQL", { skip: withDebian }, async (t) => {
  if (debian === undefined) return;
  await keepsData(t, await temporaryFolder(t), debian);
});

t.test('is private', { skip: linuxOnly }, async (t) => {
  const dataDir = await usedFolder(t);
  const messages: string[] = [];
  const write = (message: string) => messages.push(message);
  const log = { debug: write, info: write, warn: write, error: write };
  const { databaseUrl } = await start(t, { dataDir, log });
  const url = new URL(databaseUrl);

  t.same(await query(databaseUrl, 'SELECT DISTINCT auth_method FROM pg_hba_file_rules'), [
    { auth_method: 'scram-sha-256' },
  ]);
  t.same(
    await query(
      databaseUrl,
      `SELECT current_setting('listen_addresses') AS addresses, current_setting('unix_socket_directories') AS sockets`,
    ),
    [{ addresses: '127.0.0.1', sockets: '' }],
  );
  const stranger = new URL(url);
  stranger.password = 'guessed';
  await t.rejects(query(stranger.href, 'SELECT 1'), /password authentication failed/);

  await t.rejects(query(databaseUrl, "SELECT 'secret-value'::int"), /invalid input syntax/);
  const commandLines = readdirSync('/proc').map((pid) => readProcess(pid, 'cmdline'));
  t.ok(commandLines.some((line) => line.includes('cluster_name=latchkey')));
  t.notOk(
    commandLines.some((line) => line.includes(url.password)),
    'no command line has the password',
  );
  t.ok(messages.some((message) => message.includes('listening on')));
  t.notOk(
    messages.some((message) => message.includes(url.password)),
    'no log line has the password',
  );
  t.notOk(
    messages.some((message) => message.includes("SELECT 'secret")),
    'no log line has a statement',
  );

  const group = (pid: number) => readProcess(pid, 'stat').split(') ')[1]?.split(' ')[2];
  t.not(group(postmasterOf(dataDir)), group(process.pid), 'Ctrl-C in our terminal does not reach it');
});

t.test(
  'leaves nothing running when the process is killed, and starts again at once',
  { skip: linuxOnly },
  async (t) => {
    const dataDir = await usedFolder(t);
    for (const round of [1, 2]) {
      const { child, report } = startProcess(t, { dataDir });
      t.ok((await report).url, `start ${round}`);
      await endProcess(child, 'SIGKILL');
    }
    const last = startProcess(t, { dataDir });
    t.ok((await last.report).url);
    await endProcess(last.child, 'SIGKILL');
    await until('no process is left', () => processesOn(dataDir).length === 0);
  },
);

t.test('survives the death of its watcher, with and without us', { skip: linuxOnly }, async (t) => {
  const dataDir = await usedFolder(t);
  const first = startProcess(t, { dataDir });
  const { url } = await first.report;
  const postmaster = postmasterOf(dataDir);
  process.kill(parentOf(postmaster), 'SIGKILL');
  await until('the server was started again', async () => {
    const works = await query(url, 'SELECT 1').catch(() => []);
    return works.length === 1 && postmasterOf(dataDir) !== postmaster;
  });

  // Now both shells die with us, and the server is nobody's.
  const abandoned = postmasterOf(dataDir);
  first.child.kill('SIGSTOP');
  for (const pid of watchersOf(abandoned)) process.kill(pid, 'SIGKILL');
  await endProcess(first.child, 'SIGKILL');
  t.same((await query(url, 'SELECT 1')).length, 1, 'the server is still there');
  const second = await start(t, { dataDir });
  t.not(postmasterOf(dataDir), abandoned);
  t.equal((await query(second.databaseUrl, 'SELECT 1')).length, 1);
});

/** Both shells of a server, which are in one process group with it. */
function watchersOf(postmaster: number): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => readProcess(pid, 'cmdline').includes('latchkey-postgres-watcher'))
    .filter((pid) => pid === parentOf(postmaster) || parentOf(pid) === parentOf(postmaster));
}

t.test('waits for a previous server that is still shutting down', { skip: linuxOnly }, async (t) => {
  const dataDir = await usedFolder(t);
  const { child, report } = startProcess(t, { dataDir });
  t.ok((await report).url);
  const checkpointer = processesOn(dataDir).find((pid) =>
    readProcess(pid, 'cmdline').includes('checkpointer'),
  );
  if (checkpointer === undefined) throw new Error('There is no checkpointer');
  process.kill(checkpointer, 'SIGSTOP');
  t.teardown(() => existsSync(`/proc/${checkpointer}`) && process.kill(checkpointer, 'SIGKILL'));
  await endProcess(child, 'SIGKILL');
  const lock = path.join(clusterOf(dataDir), 'postmaster.pid');
  await until('it shuts down', () => readFileSync(lock, 'utf8').includes('stopping'));

  let isUp = false;
  const next = start(t, { dataDir }).then((server) => {
    isUp = true;
    return server;
  });
  await delay(2_500);
  t.notOk(isUp, 'it neither starts nor gives up');
  process.kill(checkpointer, 'SIGCONT');
  t.equal((await query((await next).databaseUrl, 'SELECT 1')).length, 1);
});

t.test('starts after a server that was killed with all of its processes', { skip: linuxOnly }, async (t) => {
  const dataDir = await usedFolder(t);
  const { child, report } = startProcess(t, { dataDir });
  t.ok((await report).url);
  const postmaster = postmasterOf(dataDir);
  child.kill('SIGSTOP');
  for (const pid of watchersOf(postmaster)) process.kill(pid, 'SIGKILL');
  for (const pid of processesOn(dataDir)) process.kill(pid, 'SIGKILL');
  await endProcess(child, 'SIGKILL');
  t.equal(postmasterOf(dataDir), postmaster, 'the lock file is left over');
  const server = await start(t, { dataDir });
  t.equal((await query(server.databaseUrl, 'SELECT 1')).length, 1);
});

t.test(
  'starts when only the postmaster was killed and its children are still ending',
  { skip: linuxOnly },
  async (t) => {
    const dataDir = await usedFolder(t);
    const { child, report } = startProcess(t, { dataDir });
    t.ok((await report).url);
    const postmaster = postmasterOf(dataDir);
    const checkpointer = processesOn(dataDir).find((pid) =>
      readProcess(pid, 'cmdline').includes('checkpointer'),
    );
    if (checkpointer === undefined) throw new Error('There is no checkpointer');
    process.kill(checkpointer, 'SIGSTOP');
    child.kill('SIGSTOP');
    process.kill(postmaster, 'SIGKILL');
    await endProcess(child, 'SIGKILL');
    const next = start(t, { dataDir });
    await delay(1_000);
    t.ok(existsSync(`/proc/${checkpointer}`));
    process.kill(checkpointer, 'SIGCONT');
    t.equal((await query((await next).databaseUrl, 'SELECT 1')).length, 1);
  },
);

t.test('is not fooled by a lock file that names another process, or none', { skip: linuxOnly }, async (t) => {
  const dataDir = await usedFolder(t);
  const { uid, gid } = await stat(clusterOf(dataDir));
  const other = spawn('sleep', ['60'], { uid, gid, cwd: '/' });
  t.teardown(() => other.kill());
  const lock = path.join(clusterOf(dataDir), 'postmaster.pid');
  for (const text of [`${other.pid}\n/proc/self/fd/3\n1\n5432\n\n127.0.0.1\n 1 1\nready   \n`, '']) {
    await writeFile(lock, text, { mode: 0o600 });
    await chown(lock, uid, gid);
    const server = await startEmbeddedPostgres({ dataDir });
    t.equal((await query(server.databaseUrl, 'SELECT 1')).length, 1);
    await server.stop();
  }
});

t.test('refuses a folder that another process uses, which goes on', async (t) => {
  const dataDir = await usedFolder(t);
  const { databaseUrl } = await start(t, { dataDir });
  const client = new pg.Client(databaseUrl);
  await client.connect();
  await client.query('CREATE TABLE before (value int)');
  const { refusal, errorName } = await startProcess(t, { dataDir }).report;
  t.equal(errorName, 'EmbeddedPostgresError');
  t.match(refusal, /Another Latchkey is running on the database in .*: stop it first/);
  t.equal((await client.query('SELECT * FROM before')).rowCount, 0, 'the connection is still there');
  await client.end();
});

t.test('lets one of two processes win an empty folder', async (t) => {
  const dataDir = await temporaryFolder(t);
  const processes = [1, 2, 3].map(() => startProcess(t, { dataDir }));
  const reports = await Promise.all(processes.map(({ report }) => report));
  const winner = reports.find(({ url }) => url !== undefined);
  t.equal(reports.filter(({ url }) => url !== undefined).length, 1);
  t.equal(reports.filter(({ refusal }) => refusal?.startsWith('Another Latchkey is running')).length, 2);
  t.equal((await query(winner?.url, 'SELECT 1')).length, 1);
  t.same(await readdir(dataDir), ['postgres'], 'the losers left nothing');
});

t.test('an interrupted first start is not in the way', async (t) => {
  const dataDir = await temporaryFolder(t);
  const { child, report } = startProcess(t, { dataDir });
  report.catch(() => {});
  await until('initdb is at work', () =>
    readdirSync(dataDir).some((name) => existsSync(path.join(dataDir, name, 'cluster/PG_VERSION'))),
  );
  await endProcess(child, 'SIGKILL');
  t.notOk(existsSync(path.join(dataDir, 'postgres')));
  const server = await start(t, { dataDir });
  t.equal((await query(server.databaseUrl, 'SELECT 1')).length, 1);
  // What is left of initdb may still write into its draft while we remove it; the next start then does.
  await until('the interrupted initdb has ended', () => draftUsers(dataDir) === 0);
  await server.stop();
  await start(t, { dataDir });
  t.same(await readdir(dataDir), ['postgres']);
});

function draftUsers(dataDir: string): number {
  return readdirSync('/proc').filter((pid) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/3`).startsWith(`${dataDir}/postgres.draft-`);
    } catch {
      return false;
    }
  }).length;
}

/** A copy of the package as `npm install --ignore-scripts` leaves it, in a folder of its own. */
async function withoutLinks(folder: string): Promise<PostgresBinaries> {
  const native = path.join(folder, 'native');
  const source = path.dirname(path.dirname(packaged.postgres));
  // Files are linked where that is possible: they are large and nobody writes to them.
  const copied = ['-al', '-a'].some((flags) => {
    rmSync(native, { recursive: true, force: true });
    return spawnSync('cp', [flags, source, native]).status === 0;
  });
  if (!copied) throw new Error('The package could not be copied');
  const links: { target: string }[] = JSON.parse(
    await readFile(path.join(native, 'pg-symlinks.json'), 'utf8'),
  );
  for (const { target } of links) await unlink(path.join(folder, target));
  return { initdb: path.join(native, 'bin/initdb'), postgres: path.join(native, 'bin/postgres') };
}

const noLinkList = existsSync(path.join(path.dirname(path.dirname(packaged.postgres)), 'pg-symlinks.json'))
  ? false
  : 'the package has no list of links';

t.test('works without the links between libraries', { skip: noLinkList }, async (t) => {
  const folder = await temporaryFolder(t);
  await chmod(folder, 0o755);
  const binaries = await withoutLinks(folder);
  await keepsData(t, path.join(folder, 'data'), binaries);
  t.ok(existsSync(path.join(folder, 'native/lib/libpq.so.5')), 'they were made');

  await t.test('also where they cannot be made', { skip: asNobody }, async (t) => {
    const readOnly = path.join(folder, 'read-only');
    mkdirSync(readOnly);
    const binaries = await withoutLinks(readOnly);
    const dataDir = path.join(folder, 'data-of-nobody');
    mkdirSync(dataDir);
    await chown(dataDir, nobody, nobody);
    const { url, refusal } = await startProcess(t, { dataDir, binaries }, nobody).report;
    t.equal(refusal, undefined);
    t.equal((await query(url, 'SELECT 1')).length, 1);
  });
});

t.test('root works from a folder that nobody else may enter', { skip: rootOnly }, async (t) => {
  const folder = await temporaryFolder(t);
  const binaries = await withoutLinks(folder);
  const rootCopiesFolder = await mkdtemp(path.join(tmpdir(), 'latchkey-copies-'));
  t.teardown(() => rm(rootCopiesFolder, { recursive: true, force: true }));
  await chmod(rootCopiesFolder, 0o755);
  const dataDir = path.join(folder, 'data');
  for (const round of [1, 2]) {
    const server = await startEmbeddedPostgres({ dataDir, binaries, rootCopiesFolder });
    t.equal((await query(server.databaseUrl, 'SELECT 1')).length, 1, `start ${round}`);
    t.notOk(readProcess(postmasterOf(dataDir), 'cmdline').includes(folder));
    await server.stop();
  }
  t.equal((await readdir(rootCopiesFolder)).length, 1, 'one copy serves both');

  const nowhere = path.join(folder, 'also-out-of-reach');
  const refusal = await refusalOf({ dataDir, binaries, rootCopiesFolder: nowhere });
  t.match(refusal, /cannot be run .*EACCES.*: move the project to a folder that every user can enter/);
});

t.test('who owns the folder can go on with it', { skip: asNobody }, async (t) => {
  const parent = await temporaryFolder(t);
  await chmod(parent, 0o755);
  const dataDir = path.join(parent, 'data');
  mkdirSync(dataDir, { mode: 0o700 });
  await chown(dataDir, nobody, nobody);
  await (await startEmbeddedPostgres({ dataDir })).stop();
  const { child, report } = startProcess(t, { dataDir }, nobody);
  t.ok((await report).url, 'made by root, used by its owner');
  await endProcess(child);
  await (await startEmbeddedPostgres({ dataDir })).stop();
  t.ok((await startProcess(t, { dataDir }, nobody).report).url, 'and in turn');

  const restored = path.join(parent, 'restored');
  await (await startEmbeddedPostgres({ dataDir: restored })).stop();
  t.equal(spawnSync('chown', ['-R', '0:0', restored]).status, 0);
  await (await startEmbeddedPostgres({ dataDir: restored })).stop();
  t.not(statSync(path.join(clusterOf(restored), 'PG_VERSION')).uid, 0, 'a copy made by root is given back');
});

t.test('refuses a database of another major version and leaves it alone', async (t) => {
  const dataDir = await usedFolder(t);
  const version = path.join(clusterOf(dataDir), 'PG_VERSION');
  await writeFile(version, '9\n');
  const before = readdirSync(clusterOf(dataDir)).map(
    (name) => statSync(path.join(clusterOf(dataDir), name)).mtimeMs,
  );
  t.match(await refusalOf({ dataDir }), /was made by PostgreSQL 9, and this is PostgreSQL \d+: .*pg_dump/);
  t.same(
    readdirSync(clusterOf(dataDir)).map((name) => statSync(path.join(clusterOf(dataDir), name)).mtimeMs),
    before,
  );
});

t.test('starts the server again on the same port when it dies', { skip: linuxOnly }, async (t) => {
  const dataDir = await usedFolder(t);
  const errors: string[] = [];
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: (text: string) => errors.push(text) };
  const server = await startEmbeddedPostgres({ dataDir, log });
  const died = postmasterOf(dataDir);
  process.kill(died, 'SIGKILL');
  await until('it is back', async () => {
    const rows = await query(server.databaseUrl, 'SELECT 1').catch(() => []);
    return rows.length === 1;
  });
  t.not(postmasterOf(dataDir), died);
  t.match(errors, [/PostgreSQL died and is started again/]);

  process.kill(postmasterOf(dataDir), 'SIGKILL');
  await until('its death was seen', () => errors.length === 2);
  await server.stop();
  t.equal(processesOn(dataDir).length, 0);
});

t.test('waits for its port when another program took it', { skip: linuxOnly }, async (t) => {
  const dataDir = await usedFolder(t);
  const errors: string[] = [];
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: (text: string) => errors.push(text) };
  const server = await start(t, { dataDir, log });
  const port = Number(new URL(server.databaseUrl).port);
  const postmaster = postmasterOf(dataDir);
  // Stopped, the watcher cannot tell us of the death before the port is taken.
  const watcher = parentOf(postmaster);
  process.kill(watcher, 'SIGSTOP');
  process.kill(postmaster, 'SIGKILL');
  const thief = createServer();
  await until('the port is free', () => isRefused(port));
  thief.listen(port, '127.0.0.1');
  await once(thief, 'listening');
  process.kill(watcher, 'SIGCONT');
  await until('the failure was told', () => errors.some((text) => text.includes('Address already in use')));
  thief.close();
  await until(
    'it is back',
    async () => (await query(server.databaseUrl, 'SELECT 1').catch(() => [])).length === 1,
  );
});

function isRefused(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(false)).once('error', () => resolve(true));
    socket.once('connect', () => socket.destroy());
  });
}

t.test('refuses folders that it cannot use', async (t) => {
  const parent = await temporaryFolder(t);
  const file = path.join(parent, 'file');
  await writeFile(file, '');
  t.match(await refusalOf({ dataDir: file }), /The data folder .* cannot be used .*: set DATA_DIR/);
  t.match(await refusalOf({ dataDir: path.join(file, 'below') }), /cannot be used .*: set DATA_DIR/);
  t.match(await refusalOf({ dataDir: parent }), /holds files that are not Latchkey's: set DATA_DIR to a new/);
  t.same(await readdir(parent), ['file']);

  const broken = path.join(parent, 'broken');
  mkdirSync(path.join(broken, 'postgres'), { recursive: true });
  t.match(await refusalOf({ dataDir: broken }), /cannot be opened .*: .*restore the folder from a backup/);

  const missing = { initdb: path.join(parent, 'initdb'), postgres: path.join(parent, 'postgres') };
  t.match(
    await refusalOf({ dataDir: path.join(parent, 'data'), binaries: missing }),
    /cannot be run .*(ENOENT|EACCES)/,
  );
});

t.test('refuses a folder that its user may not write to', { skip: asNobody }, async (t) => {
  const parent = await temporaryFolder(t);
  await chmod(parent, 0o755);
  const below = await startProcess(t, { dataDir: path.join(parent, 'data') }, nobody).report;
  t.match(below, { errorName: 'EmbeddedPostgresError', refusal: /cannot be used .*EACCES.*: set DATA_DIR/ });
  const itself = await startProcess(t, { dataDir: parent }, nobody).report;
  t.match(itself, { errorName: 'EmbeddedPostgresError', refusal: /cannot be opened .*EACCES/ });
});

t.test('tells why PostgreSQL does not start', { skip: linuxOnly }, async (t) => {
  const dataDir = await usedFolder(t);
  const control = path.join(clusterOf(dataDir), 'global/pg_control');
  cpSync(control, path.join(dataDir, 'postgres/saved'));
  await unlink(control);
  const refusal = await refusalOf({ dataDir });
  t.match(
    refusal,
    /did not start on .*: see that .* Its last words: [\s\S]*could not find the database system/,
  );
  t.equal(processesOn(dataDir).length, 0);
});

t.test('says so when the password is lost', async (t) => {
  const dataDir = await usedFolder(t);
  await writeFile(path.join(dataDir, 'postgres/password'), 'another');
  t.match(await refusalOf({ dataDir }), /does not let us in .*password authentication failed.*: restore/);
  t.equal(processesOn(dataDir).length, 0);
});

t.test('a full disk is told, and leaves nothing running', { skip: rootOnly || linuxOnly }, async (t) => {
  const disk = await temporaryFolder(t);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64m,mode=0700', 'tmpfs', disk]);
  if (mounted.status !== 0) {
    t.comment('file systems cannot be mounted here');
    return;
  }
  t.teardown(() => spawnSync('umount', [disk]));
  const filler = path.join(disk, 'lost+found');
  await writeFile(filler, Buffer.alloc(44 * 2 ** 20));
  t.match(
    await refusalOf({ dataDir: disk }),
    /could not be made in .*disk is not full.*[\s\S]*(No space left on device|Check free disk space)/,
  );
  t.same(await readdir(disk), ['lost+found'], 'the draft is gone');
  await unlink(filler);
  await (await startEmbeddedPostgres({ dataDir: disk })).stop();
  spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=4k']);
  t.match(
    await refusalOf({ dataDir: disk }),
    /did not start on .*disk is not full.*[\s\S]*No space left on device/,
  );
  t.equal(processesOn(disk).length, 0);
  await unlink(filler);
  const server = await startEmbeddedPostgres({ dataDir: disk });
  t.equal((await query(server.databaseUrl, 'SELECT 1')).length, 1, 'and it works again when there is room');
  await server.stop();
});

t.test("finds the machine's PostgreSQL in PATH before others", { skip: withDebian }, async (t) => {
  const folder = path.dirname(packaged.postgres);
  t.same(machineBinaries(`relative:/nowhere:${folder}`), {
    initdb: packaged.initdb,
    postgres: packaged.postgres,
  });
  t.match(debian?.postgres, /^\/usr\/lib\/postgresql\/\d+\/bin\/postgres$/);
});
