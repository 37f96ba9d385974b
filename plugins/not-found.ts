import fp from 'fastify-plugin';
import findMyWay from 'find-my-way';
import { ApiError } from '../lib/http/api-error.ts';

const noSuchRoute = (): ApiError => new ApiError('not_found', 'No such route');

/** Answers 405 with `Allow` where a route has the path and another method, and else 404. */
export default fp(
  async (app) => {
    const methodsByPattern = new Map<string, Set<string>>();
    app.addHook('onRoute', ({ url, method }) => {
      const methods = methodsByPattern.get(url) ?? new Set();
      for (const name of [method].flat()) methods.add(name);
      methodsByPattern.set(url, methods);
    });

    const patterns = findMyWay({ ignoreTrailingSlash: true });
    app.addHook('onReady', async () => {
      for (const [pattern, methods] of methodsByPattern) {
        patterns.on('GET', pattern, () => {}, [...methods].sort().join(', '));
      }
    });

    // For a route that has a pattern and finds nothing under it, such as a file.
    app.setNotFoundHandler(() => {
      throw noSuchRoute();
    });

    // Before the body is read: Fastify would parse it for nobody.
    app.addHook('onRequest', (request, _reply, done) => {
      done(request.is404 ? refusalOf(request.raw.url ?? '/') : undefined);
    });

    function refusalOf(url: string): ApiError {
      const allow: unknown = patterns.find('GET', url.split('?', 1)[0] ?? '/')?.store;
      if (typeof allow !== 'string') return noSuchRoute();
      return new ApiError('validation_error', 'Method not allowed', { statusCode: 405, headers: { allow } });
    }
  },
  { name: 'not-found' },
);
