import { alternate, ratioFigure } from '../alternate.ts';
import { uniform } from '../generator.ts';
import type { Scenario } from '../scenario.ts';
import { startServer } from '../server-process.ts';
import { latchkey, openPath } from '../settings.ts';
import { smallPopulation } from './populations.ts';

/** Measures the cost of a request before any key is read. */
export const floor: Scenario = async ({ databases, placement, rounds }) => {
  const bare = await startServer(
    { file: 'dist/bench/server/node-http.js', readyPath: '/', env: {} },
    placement,
  );
  const service = await startServer(latchkey(await databases.withKeys(smallPopulation)), placement);
  try {
    const sources = [uniform(100_000)];
    const comparison = await alternate(
      'the floor',
      [
        { label: 'without authentication', server: service, path: openPath, sources },
        { label: 'bare node:http', server: bare, path: '/', sources },
      ],
      rounds,
    );
    const figure = ratioFigure(
      comparison,
      'the service without authentication / bare `node:http`',
      'without authentication',
      'bare node:http',
    );
    return { figures: [figure], comparisons: [comparison], curves: [], notes: [] };
  } finally {
    await service.stop();
    await bare.stop();
  }
};
