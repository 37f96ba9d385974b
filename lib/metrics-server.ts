import { createServer, type Server } from 'node:http';

/**
 * Serves Prometheus metrics, at any path, to this machine alone.
 * @param read the metrics as text; when it rejects, the answer is 503
 */
export async function serveMetrics(port: number, read: () => Promise<string>): Promise<Server> {
  const server = createServer((_request, response) => {
    read().then(
      (text) => response.setHeader('content-type', 'text/plain; version=0.0.4; charset=utf-8').end(text),
      () => response.writeHead(503).end(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return server;
}
