import type { Logger } from 'pino';
import { ReplicaOutdatedError } from '../replication/replica-outdated-error.ts';

/** Returns a function that logs the failures of a replica: an error if it has given up its lease, else a warning. */
export const replicationErrorLogger =
  (log: Pick<Logger, 'error' | 'warn'>) =>
  (error: unknown): void => {
    if (error instanceof ReplicaOutdatedError) log.error({ err: error }, 'replica outdated, lease given up');
    else log.warn({ err: error }, 'replication statement failed');
  };
