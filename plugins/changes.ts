import fp from 'fastify-plugin';
import { ChangeLog } from '../lib/changes/change-log.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** How everything that decides on keys is changed. */
    changeLog: ChangeLog;
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
    app.decorate('changeLog', new ChangeLog(app.changesPool, confirmChanges ? confirm : async () => true));
  },
  { name: 'changes', dependencies: ['database', 'replica'] },
);
