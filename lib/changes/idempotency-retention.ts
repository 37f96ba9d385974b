import type { Queryable } from '../database/database.ts';
import { removeExpiredAnswers } from '../stores/idempotent-answer-store.ts';

/** Rows that a statement removes at most: a few milliseconds' work. */
const maxRemovedAtOnce = 1_000;

/** Removes the answers kept for repeated requests whose day is over, in small steps until `isStopping`. */
export async function enforceIdempotencyRetention(db: Queryable, isStopping: () => boolean): Promise<void> {
  while (!isStopping() && (await removeExpiredAnswers(db, maxRemovedAtOnce)) === maxRemovedAtOnce);
}
