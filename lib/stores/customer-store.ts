import type {
  CreateCustomer,
  Customer,
  ListCustomersQuery,
  UpdateCustomer,
} from '../../schemas/customers.ts';
import type { Scope } from '../auth/scope.ts';
import { expectOneRow, type Queryable } from '../database/database.ts';

interface Row extends Omit<Customer, 'created_at' | 'updated_at'> {
  created_at: Date;
  updated_at: Date;
}

const columns =
  'id, external_id, name, email, metadata, status, tenant_id, environment_id, created_at, updated_at';

const customerOf = (row: Row): Customer => ({
  ...row,
  created_at: row.created_at.toISOString(),
  updated_at: row.updated_at.toISOString(),
});

export async function insertCustomer(
  db: Queryable,
  scope: Scope,
  id: string,
  customer: CreateCustomer,
): Promise<Customer> {
  const result = await db.query<Row>(
    `INSERT INTO customers (id, tenant_id, environment_id, external_id, name, email, metadata)
     VALUES ($1, $2, $3, $4, $5, $6, $7)
     RETURNING ${columns}`,
    [
      id,
      scope.tenantId,
      scope.environmentId,
      customer.external_id,
      customer.name,
      customer.email,
      customer.metadata ?? {},
    ],
  );
  return customerOf(expectOneRow(result));
}

export async function listCustomers(
  db: Queryable,
  scope: Scope,
  query: ListCustomersQuery,
): Promise<{ items: Customer[]; total: number }> {
  const filter = [scope.tenantId, scope.environmentId, query.external_id];
  const [{ rows }, count] = await Promise.all([
    db.query<Row>(
      `SELECT ${columns} FROM customers
        WHERE tenant_id = $1 AND environment_id = $2 AND ($3::text IS NULL OR external_id = $3)
        ORDER BY id DESC LIMIT $4 OFFSET $5`,
      [...filter, query.limit, query.offset],
    ),
    db.query<{ total: number }>(
      `SELECT count(*)::int AS total FROM customers
        WHERE tenant_id = $1 AND environment_id = $2 AND ($3::text IS NULL OR external_id = $3)`,
      filter,
    ),
  ]);
  return { items: rows.map(customerOf), total: expectOneRow(count).total };
}

export async function findCustomer(db: Queryable, scope: Scope, id: string): Promise<Customer | null> {
  const { rows } = await db.query<Row>(
    `SELECT ${columns} FROM customers WHERE tenant_id = $1 AND environment_id = $2 AND id = $3`,
    [scope.tenantId, scope.environmentId, id],
  );
  return rows[0] ? customerOf(rows[0]) : null;
}

export async function findCustomerByExternalId(
  db: Queryable,
  scope: Scope,
  externalId: string,
): Promise<Customer | null> {
  const { rows } = await db.query<Row>(
    `SELECT ${columns} FROM customers WHERE tenant_id = $1 AND environment_id = $2 AND external_id = $3`,
    [scope.tenantId, scope.environmentId, externalId],
  );
  return rows[0] ? customerOf(rows[0]) : null;
}

export async function updateCustomer(
  db: Queryable,
  scope: Scope,
  id: string,
  change: UpdateCustomer,
): Promise<Customer | null> {
  const { rows } = await db.query<Row>(
    `UPDATE customers
        SET external_id = coalesce($4, external_id),
            metadata = coalesce($5, metadata),
            name = CASE WHEN $6 THEN $7 ELSE name END,
            email = CASE WHEN $8 THEN $9 ELSE email END,
            status = coalesce($10, status),
            updated_at = now()
      WHERE tenant_id = $1 AND environment_id = $2 AND id = $3
      RETURNING ${columns}`,
    [
      scope.tenantId,
      scope.environmentId,
      id,
      change.external_id,
      change.metadata,
      change.name !== undefined,
      change.name,
      change.email !== undefined,
      change.email,
      change.status,
    ],
  );
  return rows[0] ? customerOf(rows[0]) : null;
}

/** @returns whether there was one */
export async function deleteCustomer(db: Queryable, scope: Scope, id: string): Promise<boolean> {
  const { rowCount } = await db.query(
    'DELETE FROM customers WHERE tenant_id = $1 AND environment_id = $2 AND id = $3',
    [scope.tenantId, scope.environmentId, id],
  );
  return rowCount === 1;
}
