import type { Scope } from '../auth/scope.ts';
import { expectOneRow, type Queryable } from '../database/database.ts';

/**
 * Takes an id for the request of this transaction. Waits while another transaction has it, and nobody else has it
 * or removes it until this one ends.
 * @returns whether it was free: never taken, or longer than a day ago
 */
export async function claimKey(
  db: Queryable,
  scope: Scope,
  id: Buffer,
  fingerprint: Buffer,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `INSERT INTO idempotent_answers AS known (id, tenant_id, environment_id, fingerprint) VALUES ($3, $1, $2, $4)
     ON CONFLICT (id) DO UPDATE SET fingerprint = excluded.fingerprint, expires_at = excluded.expires_at
       WHERE known.expires_at <= now()
     RETURNING id`,
    [scope.tenantId, scope.environmentId, id, fingerprint],
  );
  return rowCount === 1;
}

export async function keepAnswer(db: Queryable, scope: Scope, id: Buffer, answer: Buffer): Promise<void> {
  await db.query(
    'UPDATE idempotent_answers SET answer = $4 WHERE tenant_id = $1 AND environment_id = $2 AND id = $3',
    [scope.tenantId, scope.environmentId, id, answer],
  );
}

/** The answer of an id that is taken. */
export async function readAnswer(
  db: Queryable,
  scope: Scope,
  id: Buffer,
): Promise<{ fingerprint: Buffer; answer: Buffer }> {
  return expectOneRow(
    await db.query<{ fingerprint: Buffer; answer: Buffer }>(
      `SELECT fingerprint, answer FROM idempotent_answers
        WHERE tenant_id = $1 AND environment_id = $2 AND id = $3`,
      [scope.tenantId, scope.environmentId, id],
    ),
  );
}

/**
 * Removes answers that are older than a day, of all tenants.
 * @param max how many at most, so that no statement takes long
 * @returns how many were removed
 */
export async function removeExpiredAnswers(db: Queryable, max: number): Promise<number> {
  const { rowCount } = await db.query(
    `DELETE FROM idempotent_answers WHERE id IN (
       SELECT id FROM idempotent_answers WHERE expires_at <= now() ORDER BY expires_at LIMIT $1
          FOR UPDATE SKIP LOCKED)`,
    [max],
  );
  return rowCount ?? 0;
}
