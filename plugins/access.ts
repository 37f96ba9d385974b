import type { RouteOptions } from 'fastify';
import fp from 'fastify-plugin';

/** Fails the boot when a route doesn't say who may call it. */
export default fp(
  async (app) => {
    const routes: RouteOptions[] = [];
    app.addHook('onRoute', (route) => void routes.push(route));
    // Checked at the end, because a plugin may still add to the routes that it registers.
    app.addHook('onReady', async () => {
      const silent = routes.filter(({ config }) => config?.access === undefined);
      if (silent.length === 0) return;
      const names = silent.map(({ method, url }) => `${[method].flat().join(',')} ${url}`);
      throw new Error(`Routes without config.access: ${names.join('; ')}`);
    });
  },
  { name: 'access' },
);
