import { atMost } from '../alternate.ts';
import type { Population } from '../population.ts';
import type { Figure } from '../results.ts';
import type { Context, Scenario } from '../scenario.ts';
import { startServer } from '../server-process.ts';
import { latchkey } from '../settings.ts';
import { spreadOf } from '../statistics.ts';
import { hugePopulation, largePopulation, smallPopulation } from './populations.ts';

interface Size {
  population: Population;
  /** How often a process is started. */
  starts: number;
  /** When it has to be ready. */
  goalSeconds: number | null;
}

const sizes: readonly Size[] = [
  { population: smallPopulation, starts: 3, goalSeconds: null },
  { population: largePopulation, starts: 5, goalSeconds: 5 },
];

/** From the start of the process until it decides on keys, and the memory that it holds then. */
export const startUp: Scenario = (context) => measureSizes(context, sizes);

/** The same with so many keys that to fill them into a database takes longer than all else. */
export const largeStartUp: Scenario = (context) =>
  measureSizes(context, [{ population: hugePopulation, starts: 3, goalSeconds: 30 }]);

async function measureSizes(context: Context, sizes: readonly Size[]): ReturnType<Scenario> {
  const figures: Figure[] = [];
  for (const { population, starts, goalSeconds } of sizes) {
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
}

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
