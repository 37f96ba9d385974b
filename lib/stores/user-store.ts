import type { CreateUser, ListUsersQuery, UpdateUser, User } from '../../schemas/users.ts';
import { expectOneRow, type Queryable } from '../database/database.ts';

interface Row extends Omit<User, 'created_at' | 'updated_at'> {
  created_at: Date;
  updated_at: Date;
}

/** The roles that a key has, in a statement on `api_keys`: those of its user, as they are now. */
export const rolesOfKey = `coalesce((
  SELECT users.roles FROM users
   WHERE users.tenant_id = api_keys.tenant_id AND users.id = api_keys.user_id), '{}')`;

const columns = 'id, type, name, email, roles, status, tenant_id, created_at, updated_at';

const userOf = (row: Row): User => ({
  ...row,
  created_at: row.created_at.toISOString(),
  updated_at: row.updated_at.toISOString(),
});

export async function insertUser(
  db: Queryable,
  tenantId: string,
  id: string,
  { name, type = 'user', email = null, roles = [] }: CreateUser,
): Promise<User> {
  const result = await db.query<Row>(
    `INSERT INTO users (tenant_id, id, name, type, email, roles) VALUES ($1, $2, $3, $4, $5, $6)
     RETURNING ${columns}`,
    [tenantId, id, name, type, email, roles],
  );
  return userOf(expectOneRow(result));
}

/** @returns `null` when there is one already */
export async function insertUserIfMissing(
  db: Queryable,
  tenantId: string,
  id: string,
  name: string,
): Promise<User | null> {
  const { rows } = await db.query<Row>(
    `INSERT INTO users (tenant_id, id, name) VALUES ($1, $2, $3)
     ON CONFLICT (tenant_id, id) DO NOTHING RETURNING ${columns}`,
    [tenantId, id, name],
  );
  return rows[0] ? userOf(rows[0]) : null;
}

export async function listUsers(
  db: Queryable,
  tenantId: string,
  query: ListUsersQuery,
): Promise<{ items: User[]; total: number }> {
  const filter = [tenantId, query.type, query.status];
  const [{ rows }, count] = await Promise.all([
    db.query<Row>(
      `SELECT ${columns} FROM users
        WHERE tenant_id = $1 AND ($2::text IS NULL OR type = $2) AND ($3::text IS NULL OR status = $3)
        ORDER BY id DESC LIMIT $4 OFFSET $5`,
      [...filter, query.limit, query.offset],
    ),
    db.query<{ total: number }>(
      `SELECT count(*)::int AS total FROM users
        WHERE tenant_id = $1 AND ($2::text IS NULL OR type = $2) AND ($3::text IS NULL OR status = $3)`,
      filter,
    ),
  ]);
  return { items: rows.map(userOf), total: expectOneRow(count).total };
}

export async function findUser(db: Queryable, tenantId: string, id: string): Promise<User | null> {
  const { rows } = await db.query<Row>(`SELECT ${columns} FROM users WHERE tenant_id = $1 AND id = $2`, [
    tenantId,
    id,
  ]);
  return rows[0] ? userOf(rows[0]) : null;
}

/** As `findUser`, and nobody else changes it until the transaction ends. */
export async function lockUserForUpdate(db: Queryable, tenantId: string, id: string): Promise<User | null> {
  const { rows } = await db.query<Row>(
    `SELECT ${columns} FROM users WHERE tenant_id = $1 AND id = $2 FOR UPDATE`,
    [tenantId, id],
  );
  return rows[0] ? userOf(rows[0]) : null;
}

/** As `lockUser`, beside others that only need it to stay as it is. */
export async function lockUserForShare(db: Queryable, tenantId: string, id: string): Promise<User | null> {
  const { rows } = await db.query<Row>(
    `SELECT ${columns} FROM users WHERE tenant_id = $1 AND id = $2 FOR SHARE`,
    [tenantId, id],
  );
  return rows[0] ? userOf(rows[0]) : null;
}

export async function updateUser(
  db: Queryable,
  tenantId: string,
  id: string,
  change: UpdateUser,
): Promise<User> {
  const result = await db.query<Row>(
    `UPDATE users
        SET name = coalesce($3, name),
            roles = coalesce($4, roles),
            status = coalesce($5, status),
            email = CASE WHEN $6 THEN $7 ELSE email END,
            updated_at = now()
      WHERE tenant_id = $1 AND id = $2
      RETURNING ${columns}`,
    [tenantId, id, change.name, change.roles, change.status, change.email !== undefined, change.email],
  );
  return userOf(expectOneRow(result));
}

/** All that the user's keys may, taken together, in every environment. */
export async function permissionsOfUser(db: Queryable, tenantId: string, id: string): Promise<string[]> {
  const { rows } = await db.query<{ permission: string }>(
    `SELECT DISTINCT unnest(permissions) AS permission FROM api_keys
      WHERE tenant_id = $1 AND user_id = $2 AND status <> 'deleted'`,
    [tenantId, id],
  );
  return rows.map(({ permission }) => permission);
}
