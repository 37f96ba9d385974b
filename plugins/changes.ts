import fp from 'fastify-plugin';
import { ChangeLog } from '../lib/changes/change-log.ts';
import type { EventKinds } from '../lib/events/event-kinds.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** How everything that decides on keys is changed. */
    changeLog: ChangeLog;
  }
}

interface ChangesOptions {
  /** `false` answers changes at once, without the promise: only to prove that a test would notice. */
  confirmChanges: boolean;
  /** The kinds of events that the process knows. */
  eventKinds: EventKinds;
}

/** Changes that are answered when they are in force on every replica. */
export default fp<ChangesOptions>(
  async (app, { confirmChanges, eventKinds }) => {
    const { replica } = app;
    const confirmer = confirmChanges
      ? replica
      : { confirm: async () => true, fenceDeadReplicas: () => replica.fenceDeadReplicas() };
    app.decorate('changeLog', new ChangeLog(app.changesPool, confirmer, eventKinds));
  },
  { name: 'changes', dependencies: ['database', 'replica'] },
);
