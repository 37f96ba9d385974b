import type { CreateEnvironment, Environment, UpdateEnvironment } from '../../schemas/environments.ts';
import { expectOneRow, type Queryable } from '../database/database.ts';

interface Row extends Omit<Environment, 'created_at' | 'updated_at'> {
  created_at: Date;
  updated_at: Date;
}

const columns = 'id, tenant_id, name, status, rate_limit, created_at, updated_at';

const environmentOf = (row: Row): Environment => ({
  ...row,
  created_at: row.created_at.toISOString(),
  updated_at: row.updated_at.toISOString(),
});

export async function insertEnvironment(
  db: Queryable,
  tenantId: string,
  id: string,
  { name, rate_limit = null }: CreateEnvironment,
): Promise<Environment> {
  const result = await db.query<Row>(
    `INSERT INTO environments (id, tenant_id, name, rate_limit) VALUES ($1, $2, $3, $4) RETURNING ${columns}`,
    [id, tenantId, name, rate_limit],
  );
  return environmentOf(expectOneRow(result));
}

export async function listEnvironments(
  db: Queryable,
  tenantId: string,
  page: { limit: number; offset: number },
): Promise<{ items: Environment[]; total: number }> {
  const [{ rows }, count] = await Promise.all([
    db.query<Row>(`SELECT ${columns} FROM environments WHERE tenant_id = $1 ORDER BY id LIMIT $2 OFFSET $3`, [
      tenantId,
      page.limit,
      page.offset,
    ]),
    db.query<{ total: number }>('SELECT count(*)::int AS total FROM environments WHERE tenant_id = $1', [
      tenantId,
    ]),
  ]);
  return { items: rows.map(environmentOf), total: expectOneRow(count).total };
}

export async function findEnvironment(
  db: Queryable,
  tenantId: string,
  id: string,
): Promise<Environment | null> {
  const { rows } = await db.query<Row>(
    `SELECT ${columns} FROM environments WHERE tenant_id = $1 AND id = $2`,
    [tenantId, id],
  );
  return rows[0] ? environmentOf(rows[0]) : null;
}

/**
 * Like `findEnvironment`, and locks the row until the transaction ends. FOR NO KEY UPDATE, not FOR UPDATE: inserts that
 * reference this row must not block, because they already hold locks that others wait for.
 */
export async function lockEnvironment(
  db: Queryable,
  tenantId: string,
  id: string,
): Promise<Environment | null> {
  const { rows } = await db.query<Row>(
    `SELECT ${columns} FROM environments WHERE tenant_id = $1 AND id = $2 FOR NO KEY UPDATE`,
    [tenantId, id],
  );
  return rows[0] ? environmentOf(rows[0]) : null;
}

export async function updateEnvironment(
  db: Queryable,
  tenantId: string,
  id: string,
  change: UpdateEnvironment,
): Promise<Environment> {
  const result = await db.query<Row>(
    `UPDATE environments
        SET name = coalesce($3, name),
            status = coalesce($4, status),
            rate_limit = CASE WHEN $5 THEN $6 ELSE rate_limit END,
            updated_at = now()
      WHERE tenant_id = $1 AND id = $2
      RETURNING ${columns}`,
    [tenantId, id, change.name, change.status, change.rate_limit !== undefined, change.rate_limit],
  );
  return environmentOf(expectOneRow(result));
}
