/**
 * Measures what a flood of unknown keys does to a known one, and to the database.
 *
 * Run by `node --import=tsx bench/unknown-flood.ts [count] [rate]`: it ends when `count` different unknown keys were
 * presented (200,000), `rate` a second (4,000). It compiles the sources and runs them on a database of their own.
 * Quiet slices of time and slices with a flood take turns, so that whatever else the machine does hits both. Takes
 * under two minutes. Fails if an answer is wrong or a goal is missed.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { developmentKey } from '../lib/keys/configured-keys.ts';
import { HttpClient, requestText } from '../test/chaos/http-client.ts';
import { buildService, startService, withDatabase } from './built-service.ts';
import type { FloodResult } from './flood-sender.ts';
import { type OpenLoopResult, runOpenLoop } from './open-loop.ts';
import { quantile } from './statistics.ts';

const count = Number(process.argv[2] ?? 200_000);
const floodPerSecond = Number(process.argv[3] ?? 4_000);
const intervalMs = 5;
const sliceMs = 2_000;
/** PostgreSQL's processes tell what they did a second late: that long, each slice goes on before it is measured. */
const leadInMs = 1_200;
const limitMs = 200_000;
const goalRatio = 2;

interface Slice extends OpenLoopResult {
  transactionsPerSecond: number;
}

interface Pair {
  quiet: Slice;
  beside: Slice;
  flood: FloodResult;
}

/** Starts the sender. @returns what floods while `work` runs */
function startFlooder(port: number) {
  const program = fileURLToPath(new URL('flood-sender.ts', import.meta.url));
  const sender = fork(program, [String(port), String(floodPerSecond)]);
  const ended = once(sender, 'exit');
  return {
    async during<T>(work: () => Promise<T>): Promise<{ result: T; flood: FloodResult }> {
      sender.send('start');
      const result = await work();
      sender.send('stop');
      return { result, flood: await nextMessage(sender, ended) };
    },
    stop: () => sender.disconnect(),
  };
}

async function nextMessage(sender: ChildProcess, ended: Promise<unknown>): Promise<FloodResult> {
  const died = ended.then((): never => {
    throw new Error('The sender ended');
  });
  const [message]: FloodResult[] = await Promise.race([once(sender, 'message'), died]);
  if (message === undefined) throw new Error('The sender said nothing');
  return message;
}

/** Looks from another database, so that what it does itself isn't counted. @returns what counts transactions */
async function connectCounter(databaseUrl: string) {
  const url = new URL(databaseUrl);
  const database = url.pathname.slice(1);
  url.pathname = '/postgres';
  const client = new Client({ connectionString: url.href });
  await client.connect();
  return {
    async read(): Promise<number> {
      const { rows } = await client.query(
        'SELECT (xact_commit + xact_rollback)::int AS transactions FROM pg_stat_database WHERE datname = $1',
        [database],
      );
      return rows[0].transactions;
    },
    stop: () => client.end(),
  };
}

async function makeKey(client: HttpClient): Promise<string> {
  const answer = await client.request(
    requestText('POST', '/v1/secrets/api/keys', developmentKey, { name: 'Known' }),
  );
  if (answer.status !== 201) throw new Error(`No key was made: ${answer.status} ${answer.body}`);
  const { api_key: key }: { api_key: string } = JSON.parse(answer.body);
  return key;
}

async function measurePairs(databaseUrl: string, port: number): Promise<Pair[]> {
  const counter = await connectCounter(databaseUrl);
  const client = new HttpClient(port, 64);
  const flooder = startFlooder(port);
  try {
    const text = requestText('GET', '/v1/auth/me', await makeKey(client));
    const measure = async (): Promise<Slice> => {
      const edges: { transactions: number; atMs: number }[] = [];
      const onEdge = async () =>
        void edges.push({ transactions: await counter.read(), atMs: performance.now() });
      const times = await runOpenLoop({ client, text, intervalMs, leadInMs, durationMs: sliceMs, onEdge });
      const [begin, end] = edges;
      if (begin === undefined || end === undefined) throw new Error('The database was not asked');
      const seconds = (end.atMs - begin.atMs) / 1000;
      return { ...times, transactionsPerSecond: (end.transactions - begin.transactions) / seconds };
    };
    // What is compiled on its first use would count against the slice that happens to be the first.
    await flooder.during(measure);
    return await alternate(measure, flooder.during);
  } finally {
    flooder.stop();
    client.close();
    await counter.stop();
  }
}

async function alternate(
  measure: () => Promise<Slice>,
  duringFlood: ReturnType<typeof startFlooder>['during'],
): Promise<Pair[]> {
  const pairs: Pair[] = [];
  const endMs = performance.now() + limitMs;
  for (let presented = 0; presented < count && performance.now() < endMs; ) {
    const quiet = await measure();
    const { result: beside, flood } = await duringFlood(measure);
    pairs.push({ quiet, beside, flood });
    presented += flood.answered;
  }
  return pairs;
}

/** The median of `values`, and their quartiles. */
const spread = (values: number[], digits = 2): string =>
  `${quantile(values, 0.5).toFixed(digits)} (quartiles ${quantile(values, 0.25).toFixed(digits)} to ` +
  `${quantile(values, 0.75).toFixed(digits)})`;

const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);

function reportSlices(name: string, slices: readonly Slice[]): void {
  const times = slices.flatMap(({ latenciesMs }) => latenciesMs);
  const at = (share: number, of = times) => `${quantile(of, share).toFixed(2)} ms`;
  const lateness = slices.flatMap(({ latenessMs }) => latenessMs);
  console.log(
    `  ${name}: ${times.length} requests, p50 ${at(0.5)}, p99 ${at(0.99)}, max ${at(1)}; sent late by ` +
      `p50 ${at(0.5, lateness)}, p99 ${at(0.99, lateness)}; transactions a second on the database ` +
      spread(slices.map(({ transactionsPerSecond }) => transactionsPerSecond)),
  );
}

const metOrMissed = (met: boolean): string => (met ? 'met' : 'MISSED');

/** @returns whether all answers were right and the goals met */
function report(pairs: readonly Pair[]): boolean {
  const floods = pairs.map(({ flood }) => flood);
  const answered = sum(floods.map((flood) => flood.answered));
  const perSecond = answered / sum(floods.map(({ durationMs }) => durationMs / 1000));
  const wrongInFlood = sum(floods.map(({ wrong }) => wrong));
  const quiet = pairs.map((pair) => pair.quiet);
  const beside = pairs.map((pair) => pair.beside);
  const wrong = sum([...quiet, ...beside].map((slice) => slice.wrong));
  const p99 = ({ latenciesMs }: Slice) => quantile(latenciesMs, 0.99);
  const ratios = pairs.map((pair) => p99(pair.beside) / p99(pair.quiet));
  const added = pairs.map((pair) => pair.beside.transactionsPerSecond - pair.quiet.transactionsPerSecond);
  console.log(
    `${answered} different unknown keys in ${pairs.length} slices, ${perSecond.toFixed(0)} a second ` +
      `(${floodPerSecond} wanted): ${answered - wrongInFlood} answers 401, ${wrongInFlood} others`,
  );
  console.log(`the known key, every ${intervalMs} ms, from the instant it was due; ${wrong} answers not 200`);
  reportSlices('quiet', quiet);
  reportSlices('beside the flood', beside);
  const ratioMet = quantile(ratios, 0.5) <= goalRatio;
  // A sync of the replica falls on one side of a slice's edge or on the other.
  const databaseMet = Math.abs(quantile(added, 0.5)) <= 1;
  console.log(
    `  p99 beside the flood / quiet, of each pair: ${spread(ratios)}; goal of at most ${goalRatio}: ${metOrMissed(ratioMet)}`,
  );
  console.log(
    `  transactions a second that the flood added: ${spread(added)}; goal of none: ${metOrMissed(databaseMet)}`,
  );
  return ratioMet && databaseMet && wrong + wrongInFlood === 0 && answered >= count;
}

buildService();
await withDatabase(async (databaseUrl) => {
  const service = await startService(databaseUrl);
  try {
    const loads = () => loadavg().map((load) => load.toFixed(2));
    console.log(`load averages before: ${loads()}`);
    if (!report(await measurePairs(databaseUrl, service.port))) process.exitCode = 1;
    console.log(`load averages after: ${loads()}`);
  } finally {
    await service.stop();
  }
});
