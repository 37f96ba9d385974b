import { cpus } from 'node:os';
import { alternate, type Contender, ratioFigure } from '../alternate.ts';
import { uniform } from '../generator.ts';
import type { Scenario } from '../scenario.ts';
import { type ServerProcess, startServer } from '../server-process.ts';
import { authenticatedPath, latchkey } from '../settings.ts';
import { smallPopulation } from './populations.ts';

const counts = [1, 2, 4];
const labelOf = (count: number): string => (count === 1 ? '1 worker' : `${count} workers`);

/** Measures the gain of more processes on the same port. */
export const workers: Scenario = async ({ databases, placement, rounds }) => {
  const databaseUrl = await databases.withKeys(smallPopulation);
  const servers: ServerProcess[] = [];
  try {
    const contenders: Contender[] = [];
    for (const count of counts) {
      const program = { ...latchkey(databaseUrl, { WORKERS: String(count) }), processes: count };
      const server = await startServer(program, placement);
      servers.push(server);
      contenders.push({
        label: labelOf(count),
        server,
        path: authenticatedPath,
        sources: [uniform(100_000)],
      });
    }
    const comparison = await alternate('workers', contenders, rounds);
    // Not those that are left to this process, which has moved off the server's.
    const cores = cpus().length;
    return {
      figures: counts
        .slice(1)
        .map((count) => ratioFigure(comparison, `${labelOf(count)} / 1`, labelOf(count), labelOf(1))),
      comparisons: [comparison],
      curves: [],
      notes: counts
        .filter((count) => count >= cores)
        .map((count) => `${labelOf(count)} share ${cores} cores with the generator and PostgreSQL.`),
    };
  } finally {
    for (const server of servers.reverse()) await server.stop();
  }
};
