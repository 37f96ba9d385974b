import { alternate, atMost } from '../alternate.ts';
import { uniform } from '../generator.ts';
import { type OpenLoopSender, type StreamResult, startSender } from '../open-loop.ts';
import type { Figure, LatencyCurve } from '../results.ts';
import type { Scenario } from '../scenario.ts';
import { type ServerProcess, startServer } from '../server-process.ts';
import { authenticatedPath, latchkey, openPath } from '../settings.ts';
import { quantile, quantileOfSorted, spreadOf } from '../statistics.ts';
import { smallPopulation } from './populations.ts';

const keys = 100_000;
/** Shares of the capacity. The goal is about a half. */
const loads = [0.25, 0.5];
const leadInMs = 200;
const capacityRounds = 2;

interface Pair {
  open: StreamResult;
  authenticated: StreamResult;
}

/** How much later an answer comes because somebody asked for the key, at rates that the server can keep up with. */
export const latency: Scenario = async ({ databases, placement, rounds }) => {
  const server = await startServer(latchkey(await databases.withKeys(smallPopulation)), placement);
  const sender = startSender();
  try {
    const capacity = await measureCapacity(server, rounds.sliceSeconds);
    const figures: Figure[] = [];
    const curves: LatencyCurve[] = [];
    const notes: string[] = [];
    for (const share of loads) {
      const perSecond = Math.round(capacity * share);
      const pairs = await alternateOpenLoop(
        sender,
        server,
        perSecond,
        rounds.rounds,
        rounds.sliceSeconds * 1000,
      );
      const at = `at ${share * 100} % of capacity`;
      figures.push(...figuresOf(pairs, at));
      if (share === 0.5) {
        const mixed = await mixOpenLoop(sender, server, perSecond, rounds.rounds, rounds.sliceSeconds * 1000);
        figures.push({ ...addedFigure(mixed, 0.99, `both at the same time, ${at}`), goal: atMost(0.1) });
      }
      curves.push(
        curveOf(
          `without authentication, ${at}`,
          pairs.map(({ open }) => open),
        ),
        curveOf(
          `100 k keys, ${at}`,
          pairs.map(({ authenticated }) => authenticated),
        ),
      );
      notes.push(`${at}: ${perSecond} requests a second; ${latenessText(pairs)}`);
    }
    return { figures, comparisons: [], curves, notes };
  } finally {
    await sender.stop();
    await server.stop();
  }
};

/** Of the authenticated route, in a closed loop. */
async function measureCapacity(server: ServerProcess, sliceSeconds: number): Promise<number> {
  const { variants } = await alternate(
    'the capacity',
    [{ label: '100 k keys', server, path: authenticatedPath, sources: [uniform(keys)] }],
    { rounds: capacityRounds, sliceSeconds },
  );
  return variants[0]?.requestsPerSecond.median ?? 0;
}

async function alternateOpenLoop(
  sender: OpenLoopSender,
  server: ServerProcess,
  perSecond: number,
  rounds: number,
  durationMs: number,
): Promise<Pair[]> {
  const measure = async (path: string): Promise<StreamResult> => {
    const stream = { path, perSecond, keys, status: 200 };
    const [result] = await sender.run({ port: server.port, streams: [stream], leadInMs, durationMs });
    if (result === undefined) throw new Error('The sender said nothing');
    return result;
  };
  await measure(openPath);
  return inRounds(`${perSecond} requests a second`, rounds, async () => ({
    open: await measure(openPath),
    authenticated: await measure(authenticatedPath),
  }));
}

/**
 * As `alternateOpenLoop`, but half of the requests are of one kind and half of the other, in the same second: whatever
 * stops the machine for a millisecond hits both, and not one of two neighbours.
 */
async function mixOpenLoop(
  sender: OpenLoopSender,
  server: ServerProcess,
  perSecond: number,
  rounds: number,
  durationMs: number,
): Promise<Pair[]> {
  const streamTo = (path: string) => ({ path, perSecond: perSecond / 2, keys, status: 200 });
  const streams = [streamTo(openPath), streamTo(authenticatedPath)];
  return inRounds(`${perSecond} requests a second, half of them authenticated`, rounds, async () => {
    const [open, authenticated] = await sender.run({ port: server.port, streams, leadInMs, durationMs });
    if (open === undefined || authenticated === undefined) throw new Error('The sender said too little');
    return { open, authenticated };
  });
}

async function inRounds(title: string, rounds: number, measure: () => Promise<Pair>): Promise<Pair[]> {
  process.stdout.write(`  ${title}: `);
  const pairs: Pair[] = [];
  for (let round = 0; round < rounds; round++) {
    pairs.push(await measure());
    process.stdout.write('.');
  }
  process.stdout.write('\n');
  return pairs;
}

const figuresOf = (pairs: readonly Pair[], at: string): Figure[] => [
  addedFigure(pairs, 0.5, `in turns, ${at}`),
  addedFigure(pairs, 0.99, `in turns, ${at}`),
];

function addedFigure(pairs: readonly Pair[], share: number, how: string): Figure {
  // The sender may have stood still for all of a round.
  const usable = pairs.filter(
    ({ open, authenticated }) => open.latenciesMs.length > 0 && authenticated.latenciesMs.length > 0,
  );
  if (usable.length === 0) throw new Error('The sender stood still all the time: something else is running');
  return {
    label: `p${share * 100} that authentication adds, open loop, ${how}`,
    unit: 'ms',
    value: spreadOf(
      usable.map(
        ({ open, authenticated }) =>
          quantile(authenticated.latenciesMs, share) - quantile(open.latenciesMs, share),
      ),
    ),
    goal: null,
  };
}

const percentiles = [1, 10, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 99.95, 99.99, 99.995, 99.999];

function curveOf(label: string, results: readonly StreamResult[]): LatencyCurve {
  const sorted = results.flatMap(({ latenciesMs }) => latenciesMs).sort((a, b) => a - b);
  // A percentile that fewer than ten samples are beyond says nothing.
  const known = percentiles.filter((percentile) => sorted.length * (1 - percentile / 100) >= 10);
  const points = known.map((percentile) => ({
    percentile,
    ms: quantileOfSorted(sorted, percentile / 100),
  }));
  return { label, samples: sorted.length, points };
}

function latenessText(pairs: readonly Pair[]): string {
  const lateness = pairs.flatMap((pair) => [...pair.open.latenessMs, ...pair.authenticated.latenessMs]);
  const at = (share: number) => `${(quantile(lateness, share) * 1000).toFixed(0)} µs`;
  const leftOut = pairs.reduce(
    (sum, { open, authenticated }) => sum + open.leftOut + authenticated.leftOut,
    0,
  );
  const share = ((100 * leftOut) / (leftOut + lateness.length)).toFixed(1);
  return `sent late by p50 ${at(0.5)}, p99 ${at(0.99)}; ${share} % left out, because the sender itself stood still`;
}
