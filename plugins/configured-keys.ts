import fp from 'fastify-plugin';
import type { ConfiguredKeys } from '../lib/auth/configured-keys.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** The operator's own keys. */
    configuredKeys: ConfiguredKeys;
  }
}

interface ConfiguredKeysOptions {
  configuredKeys: ConfiguredKeys;
}

/** The keys of the configuration, for whoever must not take one of them for a new key. */
export default fp<ConfiguredKeysOptions>(
  async (app, { configuredKeys }) => {
    app.decorate('configuredKeys', configuredKeys);
  },
  { name: 'configured-keys' },
);
