import { atMost } from '../alternate.ts';
import type { Population } from '../population.ts';
import type { Figure } from '../results.ts';
import type { Context, Scenario } from '../scenario.ts';
import { startServer } from '../server-process.ts';
import { latchkey } from '../settings.ts';
import { spreadOf } from '../statistics.ts';
import { hugePopulation, largePopulation, smallPopulation } from './populations.ts';

/** How often each is started, and when it has to be ready. */
const sizes: { population: Population; starts: number; goalSeconds: number | null }[] = [
  { population: smallPopulation, starts: 2, goalSeconds: null },
  { population: largePopulation, starts: 3, goalSeconds: 5 },
  { population: hugePopulation, starts: 1, goalSeconds: 30 },
];

/** From the start of the process until it decides on keys, and the memory that it holds then. */
export const startUp: Scenario = async (context) => {
  const figures: Figure[] = [];
  const chosen = context.quick ? sizes.slice(0, 2) : sizes;
  for (const { population, starts, goalSeconds } of chosen) {
    const measured = await measureStarts(context, population, context.quick ? 1 : starts);
    const label = `${population.count.toLocaleString('en')} keys`;
    figures.push(
      {
        label: `start until ready, ${label}`,
        unit: 's',
        value: spreadOf(measured.map(({ readySeconds }) => readySeconds)),
        goal: goalSeconds === null ? null : atMost(goalSeconds),
      },
      {
        label: `memory of the process when ready, ${label}`,
        unit: 'MB',
        value: spreadOf(measured.map(({ residentMb }) => residentMb)),
        goal: null,
      },
    );
  }
  return {
    figures,
    comparisons: [],
    curves: [],
    notes: ['The memory when ready includes what the start left behind for the next garbage collection.'],
  };
};

async function measureStarts(
  { databases, placement }: Context,
  population: Population,
  starts: number,
): Promise<{ readySeconds: number; residentMb: number }[]> {
  const databaseUrl = await databases.withKeys(population);
  const measured = [];
  for (let n = 0; n < starts; n++) {
    const server = await startServer(latchkey(databaseUrl), placement);
    const { residentBytes } = await server.usage();
    await server.stop();
    const { replica }: { replica: { keys: number } } = JSON.parse(server.readiness);
    // A scenario that makes changes may have left keys of its own.
    if (replica.keys < population.count) {
      throw new Error(`${population.count} keys were to be loaded, not ${replica.keys}`);
    }
    measured.push({ readySeconds: server.readyAfterMs / 1000, residentMb: residentBytes / 1e6 });
  }
  return measured;
}
