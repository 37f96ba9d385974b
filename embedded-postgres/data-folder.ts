import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chown, mkdir, mkdtemp, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { EmbeddedPostgresError, messageOf } from './embedded-postgres-error.ts';
import { giveFolder, type Identity } from './privileges.ts';
import { type CommandResult, runCommand } from './run-command.ts';
import type { UsableBinaries } from './usable-binaries.ts';

/**
 * The data folder holds `postgres/cluster` (PostgreSQL's own folder) and `postgres/password`. Both appear at once, by
 * a rename of the draft in which they were made, so an interrupted first start leaves nothing that counts.
 */
export interface Cluster {
  readonly folder: string;
  readonly password: string;
}

export const databaseName = 'latchkey';
export const userName = 'latchkey';

const homeName = 'postgres';
const draftPrefix = 'postgres.draft-';
/** Copies of binaries are kept here by an ordinary user; a volume's file system brings `lost+found`. */
const expectedNames = /^(postgres|postgres\.draft-.*|postgresql-.*|lost\+found)$/;
const passwordBytes = 32;
const initTimeoutMs = 120_000;

export function clusterFolderOf(dataDir: string): string {
  return path.join(dataDir, homeName, 'cluster');
}

/** Creates the data folder, or refuses one that is somebody else's. */
export async function prepareDataDir(dataDir: string): Promise<void> {
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    const strangers = (await readdir(dataDir)).filter((name) => !expectedNames.test(name));
    if (existsSync(path.join(dataDir, homeName)) || strangers.length === 0) return;
  } catch (error) {
    throw new EmbeddedPostgresError(
      `The data folder ${dataDir} cannot be used (${messageOf(error)}): ` +
        'set DATA_DIR to a folder that Latchkey may write to, or start Latchkey as the user whom the folder belongs to.',
      { cause: error },
    );
  }
  throw new EmbeddedPostgresError(
    `The folder ${dataDir} holds files that are not Latchkey's: set DATA_DIR to a new or an empty folder.`,
  );
}

/** Opens the cluster in the data folder; makes it first if there is none. */
export async function openCluster(
  dataDir: string,
  binaries: UsableBinaries,
  identity: Identity | undefined,
): Promise<Cluster> {
  const folder = clusterFolderOf(dataDir);
  try {
    if (!existsSync(path.join(dataDir, homeName))) await createCluster(dataDir, binaries, identity);
    await checkVersion(dataDir, folder, binaries.majorVersion);
    const password = (await readFile(path.join(dataDir, homeName, 'password'), 'utf8')).trim();
    if (identity !== undefined && (await stat(folder)).uid !== identity.uid)
      await giveFolder(folder, identity);
    return { folder, password };
  } catch (error) {
    if (error instanceof EmbeddedPostgresError) throw error;
    throw new EmbeddedPostgresError(
      `The database in ${dataDir} cannot be opened (${messageOf(error)}): start Latchkey as the user whom the ` +
        'folder belongs to, restore the folder from a backup, or set DATA_DIR to an empty one.',
      { cause: error },
    );
  }
}

/** Removes what interrupted first starts left. Call it only while our server runs on the folder. */
export async function removeDrafts(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir)) {
    if (name.startsWith(draftPrefix)) await rm(path.join(dataDir, name), { recursive: true, force: true });
  }
}

async function checkVersion(dataDir: string, folder: string, majorVersion: number): Promise<void> {
  const found = Number(await readFile(path.join(folder, 'PG_VERSION'), 'utf8'));
  if (found === majorVersion) return;
  throw new EmbeddedPostgresError(
    `The database in ${dataDir} was made by PostgreSQL ${found}, and this is PostgreSQL ${majorVersion}: start the ` +
      'Latchkey that made it, or carry the data over with pg_dump into a new DATA_DIR.',
  );
}

async function createCluster(
  dataDir: string,
  binaries: UsableBinaries,
  identity: Identity | undefined,
): Promise<void> {
  const home = path.join(dataDir, homeName);
  const draft = await mkdtemp(path.join(dataDir, draftPrefix));
  try {
    await fillDraft(draft, binaries, identity);
    if (identity !== undefined) await giveToOwnerOf(dataDir, [draft, path.join(draft, 'password')]);
    await rename(draft, home);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    // Another process may have been faster, and have removed our draft; its cluster is then the one to open.
    if (!existsSync(home)) throw error;
  }
}

async function fillDraft(
  draft: string,
  binaries: UsableBinaries,
  identity: Identity | undefined,
): Promise<void> {
  const folder = path.join(draft, 'cluster');
  await mkdir(folder, { mode: 0o700 });
  if (identity !== undefined) await chown(folder, identity.uid, identity.gid);
  const password = randomBytes(passwordBytes).toString('base64url');
  await writeDurably(path.join(draft, 'password'), password);
  const cluster = await open(folder);
  try {
    const run = { identity, folderFd: cluster.fd, timeoutMs: initTimeoutMs };
    check(draft, await runCommand({ ...run, ...initdbCommand(binaries, folder), input: `${password}\n` }));
    check(draft, await runCommand({ ...run, ...createDatabaseCommand(binaries, folder) }));
  } finally {
    await cluster.close();
  }
}

/**
 * The path under which PostgreSQL finds its folder. On Linux that is the descriptor that it inherits as number 3: a process
 * that root gave to another user reaches the folder this way even if it may not enter the folders above it.
 */
export function folderArgument(folder: string): string {
  return process.platform === 'linux' ? '/proc/self/fd/3' : folder;
}

/** The password goes through a pipe made by the shell: our own is a socket, which cannot be opened by name. */
function initdbCommand(binaries: UsableBinaries, folder: string) {
  const locale = ['--encoding=UTF8', '--locale=C'];
  // The first version whose characters (upper case, order) do not depend on the machine's C library.
  if (binaries.majorVersion >= 17) locale.push('--locale-provider=builtin', '--builtin-locale=C.UTF-8');
  const initdb = [binaries.initdb, `--pgdata=${folderArgument(folder)}`, `--username=${userName}`, ...locale];
  initdb.push('--auth=scram-sha-256', '--pwfile=/dev/stdin', '--data-checksums', '--no-instructions');
  return { file: '/bin/sh', args: ['-c', 'cat | "$@"', 'sh', ...initdb] };
}

/** PostgreSQL without a server, so that a cluster never counts before it has our database. */
function createDatabaseCommand(binaries: UsableBinaries, folder: string) {
  const args = ['--single', '-D', folderArgument(folder), '-c', 'exit_on_error=on', 'postgres'];
  return { file: binaries.postgres, args, input: `CREATE DATABASE ${databaseName}\n` };
}

function check(draft: string, result: CommandResult): void {
  if (result.ok) return;
  throw new EmbeddedPostgresError(
    `The database could not be made in ${path.dirname(draft)}: see that its disk is not full and may be written to. ` +
      `PostgreSQL's last words: ${result.output}`,
  );
}

/** Gives what root creates in a folder to the folder's owner, who must be able to use it. */
async function giveToOwnerOf(dataDir: string, files: readonly string[]): Promise<void> {
  const { uid, gid } = await stat(dataDir);
  for (const file of files) await chown(file, uid, gid);
}

async function writeDurably(file: string, text: string): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
