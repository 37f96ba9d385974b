import type { ListDeliveriesQuery, WebhookDelivery, WholeWebhookDelivery } from '../../schemas/webhooks.ts';
import type { Scope } from '../auth/scope.ts';
import { expectOneRow, type Queryable } from '../database/database.ts';

interface Row extends Omit<WebhookDelivery, 'sequence' | 'received_at' | 'acknowledged_at'> {
  seq: string;
  received_at: Date;
  acknowledged_at: Date | null;
}

export interface NewDelivery {
  id: string;
  provider: string;
  secretId: string;
  deliveryId: string | null;
  headers: Record<string, string>;
  body: Buffer;
}

const columns = `id, seq, provider, secret_id, delivery_id, headers, body_bytes, tenant_id, environment_id,
  received_at, acknowledged_at`;

const deliveryOf = ({ seq, ...row }: Row): WebhookDelivery => ({
  ...row,
  sequence: Number(seq),
  received_at: row.received_at.toISOString(),
  acknowledged_at: row.acknowledged_at?.toISOString() ?? null,
});

/** Makes sure that the environment has a feed, and lets nobody else change its secrets until the transaction ends. */
export async function lockInbox(connection: Queryable, scope: Scope): Promise<void> {
  await connection.query(
    `INSERT INTO webhook_feeds (tenant_id, environment_id) VALUES ($1, $2)
     ON CONFLICT (tenant_id, environment_id) DO UPDATE SET last_seq = webhook_feeds.last_seq`,
    [scope.tenantId, scope.environmentId],
  );
}

/**
 * Stores a receipt, which identifies a delivery. Waits for another transaction that is about to remember
 * the same.
 * @param digest SHA-256
 * @returns whether it is new
 */
export async function insertReceipt(
  connection: Queryable,
  scope: Scope,
  provider: string,
  digest: Buffer,
): Promise<boolean> {
  const { rowCount } = await connection.query(
    `INSERT INTO webhook_receipts (tenant_id, environment_id, provider, digest) VALUES ($1, $2, $3, $4)
     ON CONFLICT DO NOTHING`,
    [scope.tenantId, scope.environmentId, provider, digest],
  );
  return rowCount === 1;
}

/**
 * Stores a delivery as the last of its environment. Call it last in its transaction: it takes the lock that all
 * deliveries to the environment share.
 * @returns whether there was room for it
 */
export async function appendDelivery(
  connection: Queryable,
  scope: Scope,
  delivery: NewDelivery,
  storedMaxBytes: number,
): Promise<boolean> {
  const { rowCount } = await connection.query(
    `WITH head AS (
       UPDATE webhook_feeds SET last_seq = last_seq + 1, stored_bytes = stored_bytes + $9
        WHERE tenant_id = $1 AND environment_id = $2 AND stored_bytes + $9 <= $10
       RETURNING last_seq
     )
     INSERT INTO webhook_deliveries (tenant_id, environment_id, id, seq, provider, secret_id, delivery_id, headers,
                                     body, body_bytes)
     SELECT $1, $2, $3, last_seq, $4, $5, $6, $7, $8, $9 FROM head`,
    [
      scope.tenantId,
      scope.environmentId,
      delivery.id,
      delivery.provider,
      delivery.secretId,
      delivery.deliveryId,
      delivery.headers,
      delivery.body,
      delivery.body.length,
      storedMaxBytes,
    ],
  );
  return rowCount === 1;
}

/** Deliveries without their bodies, in the order in which they were stored. */
export async function listDeliveries(
  db: Queryable,
  scope: Scope,
  { after, limit, provider, acknowledged }: ListDeliveriesQuery,
): Promise<WebhookDelivery[]> {
  const waitingOnly = acknowledged === false ? 'AND acknowledged_at IS NULL' : '';
  const { rows } = await db.query<Row>(
    `SELECT ${columns} FROM webhook_deliveries
      WHERE tenant_id = $1 AND environment_id = $2 AND seq > $3 ${waitingOnly}
        AND ($4::text IS NULL OR provider = $4)
        AND ($5::boolean IS NULL OR (acknowledged_at IS NOT NULL) = $5)
      ORDER BY seq LIMIT $6`,
    [scope.tenantId, scope.environmentId, after, provider, acknowledged, limit],
  );
  return rows.map(deliveryOf);
}

export async function findDelivery(
  db: Queryable,
  scope: Scope,
  id: string,
): Promise<WholeWebhookDelivery | null> {
  const { rows } = await db.query<Row & { body: Buffer }>(
    `SELECT ${columns}, body FROM webhook_deliveries WHERE tenant_id = $1 AND environment_id = $2 AND id = $3`,
    [scope.tenantId, scope.environmentId, id],
  );
  const [found] = rows;
  if (found === undefined) return null;
  const { body, ...row } = found;
  return { ...deliveryOf(row), body_base64: body.toString('base64') };
}

/** Doing it again leaves the time of the first. */
export async function acknowledgeDelivery(
  db: Queryable,
  scope: Scope,
  id: string,
): Promise<WebhookDelivery | null> {
  const { rows } = await db.query<Row>(
    `UPDATE webhook_deliveries SET acknowledged_at = coalesce(acknowledged_at, now())
      WHERE tenant_id = $1 AND environment_id = $2 AND id = $3
      RETURNING ${columns}`,
    [scope.tenantId, scope.environmentId, id],
  );
  return rows[0] ? deliveryOf(rows[0]) : null;
}

/** Retention of deliveries and of their receipts, in days. */
export interface Retention {
  acknowledgedDays: number;
  waitingDays: number;
  receiptDays: number;
}

/**
 * Removes some of the deliveries of all environments that are older than they need be.
 * @returns how many
 */
export async function removeOldDeliveries(
  db: Queryable,
  { acknowledgedDays, waitingDays }: Retention,
  limit: number,
): Promise<number> {
  const result = await db.query<{ removed: number }>(
    `WITH old AS (
       (SELECT id FROM webhook_deliveries WHERE acknowledged_at < now() - make_interval(days => $1) LIMIT $3)
       UNION
       (SELECT id FROM webhook_deliveries WHERE received_at < now() - make_interval(days => $2) LIMIT $3)
     ), removed AS (
       DELETE FROM webhook_deliveries WHERE id IN (SELECT id FROM old)
       RETURNING tenant_id, environment_id, body_bytes
     ), freed AS (
       UPDATE webhook_feeds feed SET stored_bytes = stored_bytes - sums.bytes
         FROM (SELECT tenant_id, environment_id, sum(body_bytes) AS bytes FROM removed
                GROUP BY tenant_id, environment_id) sums
        WHERE feed.tenant_id = sums.tenant_id AND feed.environment_id = sums.environment_id
     )
     SELECT count(*)::int AS removed FROM removed`,
    [acknowledgedDays, waitingDays, limit],
  );
  return expectOneRow(result).removed;
}

/** @returns how many */
export async function removeOldReceipts(
  db: Queryable,
  { receiptDays }: Retention,
  limit: number,
): Promise<number> {
  const { rowCount } = await db.query(
    `DELETE FROM webhook_receipts WHERE ctid = ANY (ARRAY(
       SELECT ctid FROM webhook_receipts WHERE received_at < now() - make_interval(days => $1) LIMIT $2))`,
    [receiptDays, limit],
  );
  return rowCount ?? 0;
}

/**
 * Lets one process at a time clean up, until its transaction ends.
 * @returns whether it is this one's turn
 */
export async function takeTurnToCleanUp(connection: Queryable): Promise<boolean> {
  const result = await connection.query<{ taken: boolean }>(
    `SELECT pg_try_advisory_xact_lock(hashtext('latchkey webhooks')) AS taken`,
  );
  return expectOneRow(result).taken;
}
