import type { Queryable } from '../database/database.ts';
import { removeOldUsage, type UsageRetention } from '../stores/key-usage-store.ts';

const retention: UsageRetention = { hourDays: 31, addressDays: 90, writerDays: 31 };

/** Rows that a statement removes at most: a fraction of a second, after which others get their turn. */
const maxRemovedAtOnce = 5_000;

/** Removes the stored usage of keys that is older than its retention, in small steps until `isStopping`. */
export async function enforceUsageRetention(db: Queryable, isStopping: () => boolean): Promise<void> {
  while (!isStopping() && (await removeOldUsage(db, retention, maxRemovedAtOnce)) > 0);
}
