import path from 'node:path';
import pg from 'pg';
import { findBinaries, type PostgresBinaries } from './binaries.ts';
import {
  clusterFolderOf,
  databaseName,
  openCluster,
  prepareDataDir,
  removeDrafts,
  userName,
} from './data-folder.ts';
import { EmbeddedPostgresError, messageOf } from './embedded-postgres-error.ts';
import { keepRunning } from './keep-running.ts';
import { type Log, silentLog } from './postgres-log.ts';
import type { ServerSettings } from './postgres-process.ts';
import { chooseIdentity } from './privileges.ts';
import { findFreePort, PortTakenError, startServer } from './start-server.ts';
import { makeUsable } from './usable-binaries.ts';

export interface EmbeddedPostgresOptions {
  /** Folder that the database is kept in; made if it is not there. */
  readonly dataDir: string;
  /** The programs to run; by default those of the npm package, else the machine's. */
  readonly binaries?: PostgresBinaries;
  /** The folder in which root puts a copy of the programs, if PostgreSQL's user cannot reach them. */
  readonly rootCopiesFolder?: string;
  /** Of PostgreSQL, for who measures it. */
  readonly serverSettings?: Readonly<Record<string, string | number>>;
  readonly log?: Log;
}

export interface EmbeddedPostgres {
  /** A superuser's, with its password: keep it out of logs. Stays the same while the server is ours. */
  readonly databaseUrl: string;
  /** Shuts the server down and resolves when it is gone. */
  stop(): Promise<void>;
}

const connectTimeoutMs = 10_000;

/**
 * Starts a PostgreSQL server that belongs to this process: it listens on a free port of the loopback interface, asks
 * for a password that only this folder knows, is started again if it dies, and ends when this process does, in
 * whichever way.
 *
 * @throws EmbeddedPostgresError with a message for the operator, and with nothing left running
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { log = silentLog, rootCopiesFolder = '/var/lib/latchkey', serverSettings = {} } = options;
  const dataDir = path.resolve(options.dataDir);
  await prepareDataDir(dataDir);
  const clusterFolder = clusterFolderOf(dataDir);
  const identity = await chooseIdentity(dataDir, clusterFolder);
  const copiesFolder = identity === undefined ? dataDir : rootCopiesFolder;
  const binaries = await makeUsable(options.binaries ?? (await findBinaries()), identity, copiesFolder);
  const { password } = await openCluster(dataDir, binaries, identity);
  const { first, port, start } = await startOnFreePort({
    binaries,
    identity,
    clusterFolder,
    serverSettings,
    log,
  });
  const running = keepRunning(first, start, log);
  const databaseUrl = `postgres://${userName}:${password}@127.0.0.1:${port}/${databaseName}`;
  try {
    await checkConnection(databaseUrl, dataDir);
  } catch (error) {
    await running.stop();
    throw error;
  }
  // One may be in the making by a process that is about to find our server.
  await removeDrafts(dataDir).catch((error: unknown) => log.warn(messageOf(error)));
  log.info(`PostgreSQL ${binaries.majorVersion} runs on port ${port} with its data in ${dataDir}`);
  return { databaseUrl, stop: running.stop };
}

async function startOnFreePort(settings: Omit<ServerSettings, 'port'>, triesLeft = 3) {
  const port = await findFreePort();
  const start = (signal: AbortSignal) => startServer({ ...settings, port }, signal);
  try {
    return { port, start, first: await start(new AbortController().signal) };
  } catch (error) {
    if (!(error instanceof PortTakenError) || triesLeft <= 1) throw error;
    return startOnFreePort(settings, triesLeft - 1);
  }
}

async function checkConnection(connectionString: string, dataDir: string): Promise<void> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: connectTimeoutMs });
  // `connect` also rejects when the connection breaks later in the handshake.
  client.on('error', () => {});
  try {
    await client.connect();
  } catch (error) {
    throw new EmbeddedPostgresError(
      `PostgreSQL in ${dataDir} does not let us in (${messageOf(error)}): ` +
        'restore the folder as a whole from a backup, or set DATA_DIR to an empty one.',
      { cause: error },
    );
  } finally {
    await client.end();
  }
}
