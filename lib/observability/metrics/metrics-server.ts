import { createServer, type Server } from 'node:http';

/** Longest time for a scraper to send its request, and for an idle connection to stay open. */
const timeoutMs = 10_000;

/**
 * Serves Prometheus metrics, at any path.
 * @param read the metrics as text; when it rejects, the answer is 503
 * @returns when it listens
 */
export async function serveMetrics(
  { host, port }: { host: string; port: number },
  read: () => Promise<string>,
): Promise<Server> {
  const server = createServer(
    { requestTimeout: timeoutMs, headersTimeout: timeoutMs },
    (_request, response) => {
      read().then(
        (text) => response.setHeader('content-type', 'text/plain; version=0.0.4; charset=utf-8').end(text),
        () => response.writeHead(503).end(),
      );
    },
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return server;
}
