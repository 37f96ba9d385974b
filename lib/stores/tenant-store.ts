import type { Tenant, UpdateTenant } from '../../schemas/tenants.ts';
import { expectOneRow, type Queryable } from '../database/database.ts';

interface Row extends Omit<Tenant, 'created_at' | 'updated_at'> {
  created_at: Date;
  updated_at: Date;
}

const columns = 'id, name, status, created_at, updated_at';

const tenantOf = (row: Row): Tenant => ({
  ...row,
  created_at: row.created_at.toISOString(),
  updated_at: row.updated_at.toISOString(),
});

export async function insertTenant(db: Queryable, id: string, name: string): Promise<Tenant> {
  const result = await db.query<Row>(`INSERT INTO tenants (id, name) VALUES ($1, $2) RETURNING ${columns}`, [
    id,
    name,
  ]);
  return tenantOf(expectOneRow(result));
}

/** @returns `null` when there is one already */
export async function insertTenantIfMissing(db: Queryable, id: string, name: string): Promise<Tenant | null> {
  const { rows } = await db.query<Row>(
    `INSERT INTO tenants (id, name) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING RETURNING ${columns}`,
    [id, name],
  );
  return rows[0] ? tenantOf(rows[0]) : null;
}

export async function findTenant(db: Queryable, id: string): Promise<Tenant | null> {
  const { rows } = await db.query<Row>(`SELECT ${columns} FROM tenants WHERE id = $1`, [id]);
  return rows[0] ? tenantOf(rows[0]) : null;
}

/** As `findTenant`, and nobody else changes it until the transaction ends. */
export async function lockTenant(db: Queryable, id: string): Promise<Tenant | null> {
  const { rows } = await db.query<Row>(`SELECT ${columns} FROM tenants WHERE id = $1 FOR UPDATE`, [id]);
  return rows[0] ? tenantOf(rows[0]) : null;
}

export async function updateTenant(db: Queryable, id: string, change: UpdateTenant): Promise<Tenant> {
  const result = await db.query<Row>(
    `UPDATE tenants
        SET name = coalesce($2, name), status = coalesce($3, status), updated_at = now()
      WHERE id = $1
      RETURNING ${columns}`,
    [id, change.name, change.status],
  );
  return tenantOf(expectOneRow(result));
}
