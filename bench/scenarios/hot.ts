import { alternate, atLeast, type Contender, ratioFigure } from '../alternate.ts';
import { type KeySource, uniform, zipf } from '../generator.ts';
import type { Population } from '../population.ts';
import type { Comparison } from '../results.ts';
import type { Context, Scenario } from '../scenario.ts';
import { startServer } from '../server-process.ts';
import { authenticatedPath, latchkey, openPath } from '../settings.ts';
import { largePopulation, smallPopulation } from './populations.ts';

const open = 'without authentication';
const thousand = '1 k keys';
const hundredThousand = '100 k keys';
const limited = '100 k keys, each with a limit';
const million = '1 M keys';
const millionZipf = '1 M keys, Zipf';

/** Measures the cost of accepting a key, against the same route without, in the same process. */
export const hot: Scenario = async (context) => {
  const few = await compare(context, `${smallPopulation.count} keys in memory`, smallPopulation, [
    [thousand, uniform(1_000)],
    [hundredThousand, uniform(100_000)],
    [limited, uniform(100_000, smallPopulation.limitedFrom)],
  ]);
  const many = await compare(context, `${largePopulation.count} keys in memory`, largePopulation, [
    [million, uniform(1_000_000)],
    [millionZipf, zipf(1_000_000)],
  ]);
  const against = (label: string) => `hot, ${label}, limits off / without authentication`;
  return {
    figures: [
      ratioFigure(few, against('1 k keys'), thousand, open),
      ratioFigure(few, against('100 k keys'), hundredThousand, open, atLeast(0.92)),
      ratioFigure(many, against('1 M keys, uniform'), million, open, atLeast(0.87)),
      ratioFigure(many, against('1 M keys, Zipf'), millionZipf, open),
      ratioFigure(
        few,
        'a limit for each key, 100 k keys / without limits',
        limited,
        hundredThousand,
        atLeast(0.85),
      ),
    ],
    comparisons: [few, many],
    curves: [],
    notes: ['1 k and 100 k keys are asked for in turns out of 200 k in memory, 1 M out of 1 M.'],
  };
};

async function compare(
  { databases, placement, rounds }: Context,
  title: string,
  population: Population,
  loads: readonly [string, KeySource][],
): Promise<Comparison> {
  const server = await startServer(latchkey(await databases.withKeys(population)), placement);
  try {
    const contenders = loads.map(
      ([label, source]): Contender => ({ label, server, path: authenticatedPath, sources: [source] }),
    );
    // With the same keys in the header, which nobody looks at here.
    const sources = loads.slice(0, 1).map(([, source]) => source);
    return await alternate(title, [{ label: open, server, path: openPath, sources }, ...contenders], rounds);
  } finally {
    await server.stop();
  }
}
