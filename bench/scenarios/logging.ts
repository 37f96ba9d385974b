import { alternate, ratioFigure } from '../alternate.ts';
import { uniform } from '../generator.ts';
import { openLogFile } from '../log-file.ts';
import type { Scenario } from '../scenario.ts';
import { type ServerProcess, startServer } from '../server-process.ts';
import { accessLog, authenticatedPath, latchkey } from '../settings.ts';
import { smallPopulation } from './populations.ts';

const off = 'no access log';
const failures = 'a line for each failure or change, of which there is none';
const all = 'a line for each request';

/** Measures the cost of the access log for accepted requests. */
export const logging: Scenario = async ({ databases, placement, rounds }) => {
  const databaseUrl = await databases.withKeys(smallPopulation);
  const log = await openLogFile();
  const servers: ServerProcess[] = [];
  const start = async (label: string, env: Record<string, string>) => {
    const server = await startServer({ ...latchkey(databaseUrl, env), output: log.descriptor }, placement);
    servers.push(server);
    return { label, server, path: authenticatedPath, sources: [uniform(100_000)] };
  };
  try {
    const comparison = await alternate(
      'the access log',
      [
        await start(off, accessLog.off),
        await start(failures, accessLog.failures),
        await start(all, accessLog.all),
      ],
      rounds,
    );
    return {
      figures: [
        ratioFigure(comparison, 'a log line for failures and changes / no log, 100 k keys', failures, off),
        ratioFigure(comparison, 'a log line for each request / no log, 100 k keys', all, off),
      ],
      comparisons: [comparison],
      curves: [],
      notes: ['A process for each setting, taking turns. The log goes to a file.'],
    };
  } finally {
    for (const server of servers.reverse()) await server.stop();
    await log.remove();
  }
};
