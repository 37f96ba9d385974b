import { type KeySource, runClosedLoop, uniform } from '../generator.ts';
import type { Figure } from '../results.ts';
import type { Scenario } from '../scenario.ts';
import type { Profile } from '../server/profiler.ts';
import { type ServerProcess, startServer } from '../server-process.ts';
import { authenticatedPath, latchkey, openPath } from '../settings.ts';
import { spreadOf } from '../statistics.ts';
import { smallPopulation } from './populations.ts';

const warmUpSeconds = 2;
/** Less than that can't be told from chance. */
const leastMicros = 0.1;

/** CPU time for a request, by what it was spent on. */
type Cost = Map<string, number>;

/** Profiles the time that authentication takes: the profile of a route with it, less that of the route without, in turns. */
export const profile: Scenario = async ({ databases, placement, rounds: { rounds } }) => {
  const keys = uniform(100_000);
  const server = await startServer(latchkey(await databases.withKeys(smallPopulation)), placement);
  const added: Cost[] = [];
  try {
    for (const path of [openPath, authenticatedPath]) await load(server, path, keys, 0, warmUpSeconds);
    process.stdout.write('  profiles in turns: ');
    for (let round = 1; round <= rounds; round++) {
      const open = await costOf(server, openPath, keys, round);
      const authenticated = await costOf(server, authenticatedPath, keys, round);
      added.push(difference(authenticated, open));
      process.stdout.write('.');
    }
    process.stdout.write('\n');
  } finally {
    await server.stop();
  }
  return {
    figures: figuresOf(added),
    comparisons: [],
    curves: [],
    notes: [
      'CPU time that authentication adds to a request, by whose it is: 100 k keys in rotation, limits off. ' +
        'Sampling makes all of it somewhat slower. What another part takes less is that of work that a key spares it.',
    ],
  };
};

async function load(
  { port }: ServerProcess,
  path: string,
  keys: KeySource,
  seed: number,
  seconds: number,
): Promise<number> {
  const loop = { port, path, header: 'X-API-Key: ', sources: [keys], seed, seconds };
  return (await runClosedLoop(loop)).requests;
}

async function costOf(server: ServerProcess, path: string, keys: KeySource, seed: number): Promise<Cost> {
  const before = await server.usage();
  let requests = 0;
  const shares: Profile = await server.profileDuring(async () => {
    requests = await load(server, path, keys, seed, 1);
  });
  const cpuMicros = ((await server.usage()).cpuMicros - before.cpuMicros) / requests;
  return new Map(Object.entries(shares).map(([owner, share]) => [owner, share * cpuMicros]));
}

const difference = (cost: Cost, base: Cost): Cost =>
  new Map(
    [...new Set([...cost.keys(), ...base.keys()])].map((owner) => [
      owner,
      (cost.get(owner) ?? 0) - (base.get(owner) ?? 0),
    ]),
  );

function figuresOf(added: readonly Cost[]): Figure[] {
  const owners = new Set(added.flatMap((cost) => [...cost.keys()]));
  const spreads = [...owners].map((owner) => ({
    label: `added by ${owner}`,
    value: spreadOf(added.map((cost) => cost.get(owner) ?? 0)),
  }));
  const total = spreadOf(added.map((cost) => [...cost.values()].reduce((sum, micros) => sum + micros, 0)));
  return [{ label: 'added by authentication', value: total }, ...spreads]
    .filter(({ value }) => Math.abs(value.median) >= leastMicros)
    .sort((one, other) => other.value.median - one.value.median)
    .map((figure) => ({ ...figure, unit: 'µs', goal: null }));
}
