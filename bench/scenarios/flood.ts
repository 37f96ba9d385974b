import { Client } from 'pg';
import { atMost } from '../alternate.ts';
import { type OpenLoopSender, type Stream, type StreamResult, startSender } from '../open-loop.ts';
import type { Context, Scenario } from '../scenario.ts';
import { type ServerProcess, startServer } from '../server-process.ts';
import { authenticatedPath, latchkey } from '../settings.ts';
import { quantile, spreadOf } from '../statistics.ts';
import { smallPopulation } from './populations.ts';

/** So many different unknown keys are presented in all, at this rate. */
const floodKeys = 200_000;
const known: Stream = { path: authenticatedPath, perSecond: 200, keys: 100_000, status: 200 };
const flooding: Stream = { path: authenticatedPath, perSecond: 4_000, keys: 'unknown', status: 401 };
const sliceMs = 2_000;
/** PostgreSQL's processes tell what they did a second late: that long, each slice goes on before it is measured. */
const leadInMs = 1_200;
const quickPairs = 2;

interface Slice {
  known: StreamResult;
  flooded: number;
  transactionsPerSecond: number;
}

interface Pair {
  quiet: Slice;
  beside: Slice;
}

/** Measures how a flood of unknown keys affects known ones and the database. */
export const flood: Scenario = async ({ databases, placement, quick }: Context) => {
  const databaseUrl = await databases.withKeys(smallPopulation);
  const server = await startServer(latchkey(databaseUrl), placement);
  const sender = startSender();
  const counter = await connectCounter(databaseUrl);
  try {
    const pairs = await alternate(
      sender,
      server,
      counter.read,
      quick ? quickPairs : Number.POSITIVE_INFINITY,
    );
    const flooded = pairs.reduce((sum, { beside }) => sum + beside.flooded, 0);
    // Of all slices together: one of two seconds has too few requests for a percentile.
    const p99 = (slices: readonly Slice[]) =>
      quantile(
        slices.flatMap(({ known }) => known.latenciesMs),
        0.99,
      );
    const besideMs = p99(pairs.map(({ beside }) => beside));
    const quietMs = p99(pairs.map(({ quiet }) => quiet));
    return {
      figures: [
        {
          label: 'p99 of known keys beside a flood of unknown ones / without',
          unit: '',
          value: spreadOf([besideMs / quietMs]),
          goal: atMost(2),
        },
        {
          // A sync of the replica falls on one side of a slice's edge or on the other.
          label: 'database transactions that the flood adds',
          unit: 'a second',
          value: spreadOf(
            pairs.map(({ quiet, beside }) => beside.transactionsPerSecond - quiet.transactionsPerSecond),
          ),
          goal: atMost(1),
        },
      ],
      comparisons: [],
      curves: [],
      notes: [
        `${flooded} different unknown keys, ${flooding.perSecond} a second, all answered 401.`,
        `p99 of known keys: ${quietMs.toFixed(2)} ms, and ${besideMs.toFixed(2)} ms beside the flood.`,
      ],
    };
  } finally {
    await counter.stop();
    await sender.stop();
    await server.stop();
  }
};

async function alternate(
  sender: OpenLoopSender,
  server: ServerProcess,
  readTransactions: () => Promise<number>,
  maxPairs: number,
): Promise<Pair[]> {
  const measure = async (streams: Stream[]): Promise<Slice> => {
    let begin = { transactions: 0, atMs: 0 };
    const read = async () => ({ transactions: await readTransactions(), atMs: performance.now() });
    const plan = { port: server.port, streams, leadInMs, durationMs: sliceMs };
    const results = await sender.run(plan, async () => {
      begin = await read();
    });
    const end = await read();
    const [knownResult, floodResult] = results;
    if (knownResult === undefined) throw new Error('The sender said nothing');
    return {
      known: knownResult,
      flooded: floodResult?.answered ?? 0,
      transactionsPerSecond: (end.transactions - begin.transactions) / ((end.atMs - begin.atMs) / 1000),
    };
  };
  process.stdout.write('  a flood, on and off: ');
  // What is compiled on its first use would count against the slice that happens to be the first.
  await measure([known, flooding]);
  const pairs: Pair[] = [];
  for (let flooded = 0; flooded < floodKeys && pairs.length < maxPairs; ) {
    const quiet = await measure([known]);
    const beside = await measure([known, flooding]);
    pairs.push({ quiet, beside });
    flooded += beside.flooded;
    process.stdout.write('.');
  }
  process.stdout.write('\n');
  return pairs;
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
