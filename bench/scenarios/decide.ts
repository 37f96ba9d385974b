import { alternate, type Contender, ratioFigure } from '../alternate.ts';
import { uniform } from '../generator.ts';
import { type Nginx, nginxVersion, startNginx } from '../nginx.ts';
import type { Scenario } from '../scenario.ts';
import { type ServerProcess, startServer } from '../server-process.ts';
import { authenticatedPath, forwardAuthPath, latchkey, openPath } from '../settings.ts';
import { smallPopulation } from './populations.ts';

const open = 'without authentication';
const authenticated = 'a route with authentication';
const direct = 'forward-auth, asked directly';
const plain = 'nginx in front of an API';
const deciding = 'nginx, asking forward-auth about each';

/** Measures the cost of a decision over HTTP. */
export const decide: Scenario = async ({ databases, placement, rounds }) => {
  const server = await startServer(latchkey(await databases.withKeys(smallPopulation)), placement);
  const version = nginxVersion();
  let nginx: Nginx | undefined;
  try {
    nginx = version === null ? undefined : await startNginx(server.port);
    const sources = [uniform(100_000)];
    const comparison = await alternate(
      'forward-auth, 100 k keys',
      [
        { label: open, server, path: openPath, sources },
        { label: authenticated, server, path: authenticatedPath, sources },
        { label: direct, server, path: forwardAuthPath, sources },
        ...(nginx === undefined ? [] : throughNginx(server, nginx)),
      ],
      rounds,
    );
    const figures = [
      ratioFigure(comparison, 'forward-auth / a route without authentication', direct, open),
      ratioFigure(comparison, 'forward-auth / a route with authentication', direct, authenticated),
    ];
    if (nginx !== undefined)
      figures.push(ratioFigure(comparison, 'nginx with forward-auth / nginx without', deciding, plain));
    const note =
      version === null
        ? 'nginx is not installed (`apt-get install nginx`), so nothing was measured through it.'
        : `${version} with one worker runs beside the generator. CPU time is that of Latchkey alone.`;
    return { figures, comparisons: [comparison], curves: [], notes: [note] };
  } finally {
    await nginx?.stop();
    await server.stop();
  }
};

/** The load goes to nginx, and what Latchkey uses is counted. */
const throughNginx = (server: ServerProcess, { plainPort, decidingPort }: Nginx): Contender[] =>
  [
    { label: plain, port: plainPort },
    { label: deciding, port: decidingPort },
  ].map(({ label, port }) => ({
    label,
    server: { ...server, port },
    path: '/',
    sources: [uniform(100_000)],
  }));
