import fp from 'fastify-plugin';
import { Changes } from '../lib/changes/change-log.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** How everything that decides on keys is changed. */
    changes: Changes;
  }
}

export interface ChangesOptions {
  /** `false` answers changes at once, without the promise: only to prove that a test would notice. */
  confirmChanges: boolean;
}

/** Changes that are answered when they are in force on every replica. */
export default fp<ChangesOptions>(
  async (app, { confirmChanges }) => {
    const confirm = (seq: number) => app.replica.confirm(seq);
    app.decorate('changes', new Changes(app.changesPool, confirmChanges ? confirm : async () => true));
  },
  { name: 'changes', dependencies: ['database', 'replica'] },
);
