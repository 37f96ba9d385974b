import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rename, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import type { PostgresBinaries } from './binaries.ts';
import { EmbeddedPostgresError, messageOf } from './embedded-postgres-error.ts';
import type { Identity } from './privileges.ts';
import { type CommandResult, runCommand } from './run-command.ts';

/** Programs that were seen to run, and the major version that they said to be. */
export interface UsableBinaries extends PostgresBinaries {
  readonly majorVersion: number;
}

const probeTimeoutMs = 15_000;
const permissionsTimeoutMs = 15_000;

/**
 * Makes sure that `identity` can run the programs. Where it cannot (it may not enter the folder that they are in, or
 * links between libraries are missing and cannot be made) they are copied once into `copiesFolder`.
 */
export async function makeUsable(
  binaries: PostgresBinaries,
  identity: Identity | undefined,
  copiesFolder: string,
): Promise<UsableBinaries> {
  const root = path.dirname(path.dirname(binaries.postgres));
  await linkLibraries(root).catch(() => {
    // The folder is not writable; the probe shows whether that matters.
  });
  const inPlace = await probe(binaries, identity);
  if (typeof inPlace !== 'string') return inPlace;
  if (!existsSync(path.join(root, 'lib')) || !existsSync(path.join(root, 'share')))
    throw unusable(binaries, inPlace);
  return useCopy(root, identity, copiesFolder).catch((error: unknown) => {
    throw unusable(binaries, `${inPlace}; copying it to ${copiesFolder} failed: ${messageOf(error)}`);
  });
}

function unusable(binaries: PostgresBinaries, reason: string): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    `${binaries.postgres} cannot be run (${reason}): move the project to a folder that every user can enter, ` +
      'start Latchkey as an ordinary user, or set DATABASE_URL to a server of yours.',
  );
}

/** Answers why the programs cannot be run, as text, if so. */
async function probe(
  binaries: PostgresBinaries,
  identity: Identity | undefined,
): Promise<UsableBinaries | string> {
  const askVersion = (file: string): Promise<CommandResult> =>
    runCommand({ file, args: ['--version'], identity, timeoutMs: probeTimeoutMs });
  const [postgres, initdb] = await Promise.all([askVersion(binaries.postgres), askVersion(binaries.initdb)]);
  if (!postgres.ok) return postgres.output;
  if (!initdb.ok) return initdb.output;
  const majorVersion = Number(/\(PostgreSQL\) (\d+)/.exec(postgres.output)?.[1]);
  if (!majorVersion) return `it says to be "${postgres.output}"`;
  return { initdb: binaries.initdb, postgres: binaries.postgres, majorVersion };
}

/** The copy is named by what is in it, and appears whole or not at all. */
async function useCopy(
  root: string,
  identity: Identity | undefined,
  copiesFolder: string,
): Promise<UsableBinaries> {
  const digest = createHash('sha256')
    .update(await readFile(path.join(root, 'bin/postgres')))
    .digest('hex');
  const copy = path.join(copiesFolder, `postgresql-${digest.slice(0, 16)}`);
  const binaries = { initdb: path.join(copy, 'bin/initdb'), postgres: path.join(copy, 'bin/postgres') };
  const before = await probe(binaries, identity);
  if (typeof before !== 'string') return before;
  await copyBinaries(root, copy);
  const after = await probe(binaries, identity);
  if (typeof after === 'string') throw new Error(after);
  return after;
}

async function copyBinaries(root: string, target: string): Promise<void> {
  const parent = path.dirname(target);
  await mkdir(parent, { recursive: true, mode: 0o755 });
  const draft = await mkdtemp(`${target}.draft-`);
  try {
    await cp(root, draft, { recursive: true, verbatimSymlinks: true });
    await linkLibraries(draft);
    const readable = await runCommand({
      file: 'chmod',
      args: ['-R', 'u+w,a+rX', draft],
      timeoutMs: permissionsTimeoutMs,
    });
    if (!readable.ok) throw new Error(readable.output);
    await rm(target, { recursive: true, force: true });
    await rename(draft, target);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/**
 * Makes the links between libraries that npm packages cannot hold. The package lists them for its install script,
 * which `npm install --ignore-scripts` leaves out.
 */
async function linkLibraries(root: string): Promise<void> {
  const list = path.join(root, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links: unknown = JSON.parse(await readFile(list, 'utf8'));
  if (!Array.isArray(links)) return;
  for (const link of links.filter(isLink)) {
    const place = path.join(root, path.relative('native', link.target));
    if (existsSync(place)) continue;
    await symlink(path.relative(path.dirname(link.target), link.source), place).catch((error: unknown) => {
      // Another process that starts from the same installation may be doing the same.
      if (!existsSync(place)) throw error;
    });
  }
}

function isLink(value: unknown): value is { source: string; target: string } {
  if (typeof value !== 'object' || value === null || !('source' in value) || !('target' in value))
    return false;
  return typeof value.source === 'string' && typeof value.target === 'string';
}
