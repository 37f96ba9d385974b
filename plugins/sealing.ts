import fp from 'fastify-plugin';
import type { NamedKey } from '../lib/crypto/named-key.ts';
import { Sealer } from '../lib/crypto/sealer.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** Seals what must be stored and read again. */
    sealer: Sealer;
  }
}

interface SealingOptions {
  masterKeys: NamedKey[];
}

/** Sealing under the master keys of the configuration. */
export default fp<SealingOptions>(
  async (app, { masterKeys }) => {
    app.decorate('sealer', new Sealer(masterKeys));
  },
  { name: 'sealing' },
);
