import type { Pool } from 'pg';
import { transaction } from '../database/database.ts';
import {
  type Retention,
  removeOldDeliveries,
  removeOldReceipts,
  takeTurnToCleanUp,
} from '../stores/webhook-delivery-store.ts';

/** Receipts are kept longest: a replay must be recognised after its delivery was removed. */
const retention: Retention = { acknowledgedDays: 7, waitingDays: 30, receiptDays: 90 };

/** A fraction of a second of removing, between which others get their turn. */
const batchSize = 500;

/**
 * Removes what is older than it need be, in small transactions; nothing if another process is at it.
 * @param goOn asked after each of them
 */
export async function removeOldWebhookData(pool: Pool, goOn: () => boolean): Promise<void> {
  let removed = batchSize;
  while (removed > 0 && goOn()) {
    removed = await transaction(pool, async (connection) => {
      if (!(await takeTurnToCleanUp(connection))) return 0;
      const deliveries = await removeOldDeliveries(connection, retention, batchSize);
      return deliveries + (await removeOldReceipts(connection, retention, batchSize));
    });
  }
}
