import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { alternate, ratioFigure } from '../alternate.ts';
import { uniform } from '../generator.ts';
import { keepTrack } from '../running.ts';
import type { Scenario } from '../scenario.ts';
import { startServer } from '../server-process.ts';
import { accessLog, authenticatedPath, latchkey } from '../settings.ts';
import { smallPopulation } from './populations.ts';

const off = 'no line';
const all = 'a line for each request';

/** What the access log costs. */
export const logging: Scenario = async ({ databases, placement, rounds }) => {
  const databaseUrl = await databases.withKeys(smallPopulation);
  const folder = await mkdtemp(path.join(tmpdir(), 'latchkey-bench-log-'));
  const removeFolder = keepTrack(() => rm(folder, { recursive: true, force: true }));
  const file = await open(path.join(folder, 'log'), 'w');
  const quiet = await startServer(latchkey(databaseUrl, accessLog.none), placement);
  const logging = await startServer({ ...latchkey(databaseUrl, accessLog.all), output: file.fd }, placement);
  try {
    const load = { path: authenticatedPath, sources: [uniform(100_000)] };
    const comparison = await alternate(
      'the access log',
      [
        { ...load, label: off, server: quiet },
        { ...load, label: all, server: logging },
      ],
      rounds,
    );
    return {
      figures: [ratioFigure(comparison, 'a log line for each request / none, 100 k keys', all, off)],
      comparisons: [comparison],
      curves: [],
      notes: ['A process with the log and one without, taking turns. The log goes to a file.'],
    };
  } finally {
    await logging.stop();
    await quiet.stop();
    await file.close();
    await removeFolder();
  }
};
