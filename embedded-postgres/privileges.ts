import { chown, lchown, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { EmbeddedPostgresError } from './embedded-postgres-error.ts';
import { runCommand } from './run-command.ts';

/** A user and group to run as, by number. */
export interface Identity {
  readonly uid: number;
  readonly gid: number;
}

const lookUpTimeoutMs = 5_000;

/**
 * Says whom PostgreSQL has to run as, for it refuses to run as root: undefined means as ourselves. The owner of an
 * existing cluster or data folder wins, so that what is in there stays usable to its owner.
 */
export async function chooseIdentity(dataDir: string, clusterFolder: string): Promise<Identity | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  if (process.platform !== 'linux') {
    throw new EmbeddedPostgresError('PostgreSQL refuses to run as root: start Latchkey as an ordinary user.');
  }
  return (
    (await ordinaryOwner(clusterFolder)) ??
    (await ordinaryOwner(dataDir)) ??
    (await lookUpUser('postgres')) ??
    (await lookUpUser('nobody')) ??
    refuse()
  );
}

/** Gives a folder and all in it to `identity`, the folder itself last, so that an interrupted run is repeated. */
export async function giveFolder(folder: string, identity: Identity): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true })) {
    await lchown(path.join(folder, entry), identity.uid, identity.gid);
  }
  await chown(folder, identity.uid, identity.gid);
}

async function ordinaryOwner(folder: string): Promise<Identity | undefined> {
  const { uid, gid } = await stat(folder).catch(() => ({ uid: 0, gid: 0 }));
  return uid === 0 ? undefined : { uid, gid };
}

async function lookUpUser(name: string): Promise<Identity | undefined> {
  const numbers = await Promise.all(
    ['-u', '-g'].map((flag) => runCommand({ file: 'id', args: [flag, name], timeoutMs: lookUpTimeoutMs })),
  );
  const [uid, gid] = numbers.map(({ ok, output }) => (ok ? Number(output) : Number.NaN));
  return uid && gid ? { uid, gid } : undefined;
}

function refuse(): never {
  throw new EmbeddedPostgresError(
    'PostgreSQL refuses to run as root and there is neither a user "postgres" nor "nobody" to run it as: ' +
      'start Latchkey as an ordinary user.',
  );
}
