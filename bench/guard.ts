/**
 * Fails when authentication has become a blunder: when a request without it takes less than 0.75 of the CPU time
 * of one with. That is far below what bench/README.md says of as few keys, so that noise never turns it red. It needs
 * nothing but Node, and compares CPU times, which other work on the machine changes little.
 */
import { HttpClient, requestText } from '../test/chaos/http-client.ts';
import { buildServers } from './build.ts';
import { unpinned } from './cores.ts';
import { startDatabases } from './databases.ts';
import { plaintextOf } from './population.ts';
import { stopEverything, stopOnSignals } from './running.ts';
import { type ServerProcess, startServer } from './server-process.ts';
import { authenticatedPath, latchkey, openPath } from './settings.ts';
import { spreadOf } from './statistics.ts';

const limit = 0.75;
const keys = 1_000;
const connections = 16;
const sliceMs = 300;
const warmUpMs = 1_500;
const rounds = 11;
const maxAttempts = 4;

/** The server's CPU time for each of as many requests as are answered in a slice. */
async function cpuMicros(
  server: ServerProcess,
  client: HttpClient,
  path: string,
  durationMs: number,
): Promise<number> {
  const before = await server.usage();
  const endMs = performance.now() + durationMs;
  let answered = 0;
  const send = async (): Promise<void> => {
    while (performance.now() < endMs) {
      const text = requestText('GET', path, plaintextOf(Math.floor(Math.random() * keys)));
      const { status } = await client.request(text);
      if (status !== 200) throw new Error(`${path} was answered with ${status}`);
      answered += 1;
    }
  };
  await Promise.all(Array.from({ length: connections }, send));
  const after = await server.usage();
  return (after.cpuMicros - before.cpuMicros) / answered;
}

async function startWarm(databaseUrl: string): Promise<[ServerProcess, HttpClient]> {
  const server = await startServer(latchkey(databaseUrl), unpinned);
  const client = new HttpClient(server.port, connections);
  await cpuMicros(server, client, openPath, warmUpMs);
  await cpuMicros(server, client, authenticatedPath, warmUpMs);
  return [server, client];
}

async function measureRatios(server: ServerProcess, client: HttpClient): Promise<number[]> {
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const open = await cpuMicros(server, client, openPath, sliceMs);
    ratios.push(open / (await cpuMicros(server, client, authenticatedPath, sliceMs)));
  }
  return ratios;
}

/** @returns whether the ratio is as it should be */
async function isMet(server: ServerProcess, client: HttpClient): Promise<boolean> {
  const { median, lowerQuartile, upperQuartile } = spreadOf(await measureRatios(server, client));
  const met = median >= limit;
  console.log(
    `A request without authentication takes ${median.toFixed(2)} of the CPU time of one with ` +
      `(quartiles ${lowerQuartile.toFixed(2)} to ${upperQuartile.toFixed(2)}): ` +
      `${met ? 'at least' : 'LESS THAN'} ${limit}`,
  );
  return met;
}

stopOnSignals();
try {
  buildServers();
  const databases = await startDatabases();
  const databaseUrl = await databases.withKeys({ count: keys, limitedFrom: keys });
  let met = false;
  // A blunder stays one when it is measured again. A busy machine doesn't stay busy, and a process in which V8 compiled
  // one of the two routes better than the other isn't the next one.
  for (let attempt = 1; attempt <= maxAttempts && !met; attempt++) {
    const [server, client] = await startWarm(databaseUrl);
    met = await isMet(server, client);
    client.close();
    await server.stop();
  }
  if (!met) process.exitCode = 1;
} finally {
  await stopEverything();
}
