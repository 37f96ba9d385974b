import type { CreateKey, KeyMetadata, ListKeysQuery, UpdateKey } from '../../schemas/keys.ts';
import type { ApiKeyHash } from '../auth/api-key.ts';
import type { Scope } from '../auth/scope.ts';
import { expectOneRow, type Queryable } from '../database/database.ts';
import { rolesOfKey } from './user-store.ts';

type Times = 'expires_at' | 'last_used_at' | 'created_at' | 'updated_at';

interface Row extends Omit<KeyMetadata, Times> {
  expires_at: Date | null;
  last_used_at: Date | null;
  created_at: Date;
  updated_at: Date;
}

const columns = `id, name, description, type, provider, display_id, tenant_id, environment_id, user_id, user_type,
  ${rolesOfKey} AS roles,
  permissions, rate_limit, metadata, status, expires_at, created_at, updated_at, rotated_to, rotated_from,
  (SELECT last_used_at FROM key_last_uses WHERE key_id = api_keys.id) AS last_used_at`;

const keyOf = (row: Row): KeyMetadata => ({
  ...row,
  expires_at: row.expires_at?.toISOString() ?? null,
  last_used_at: row.last_used_at?.toISOString() ?? null,
  created_at: row.created_at.toISOString(),
  updated_at: row.updated_at.toISOString(),
});

/** The values of a new key. Its permissions have been checked before. */
export interface NewKey extends CreateKey {
  id: string;
  userId: string;
  permissions: string[];
}

export async function insertKey(
  db: Queryable,
  scope: Scope,
  key: NewKey,
  digest: ApiKeyHash,
): Promise<KeyMetadata> {
  const result = await db.query<Row>(
    `INSERT INTO api_keys (id, tenant_id, environment_id, user_id, hash, display_id, name, description, type,
                           permissions, rate_limit, metadata, expires_at, user_type)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13,
             coalesce((SELECT type FROM users WHERE tenant_id = $2 AND id = $4), 'user'))
     RETURNING ${columns}`,
    [
      key.id,
      scope.tenantId,
      scope.environmentId,
      key.userId,
      digest.hash,
      digest.displayId,
      key.name,
      key.description,
      key.type ?? 'private_key',
      key.permissions,
      key.rate_limit,
      key.metadata ?? {},
      key.expires_at,
    ],
  );
  return keyOf(expectOneRow(result));
}

/** Statements of the listing are written out by direction: a direction can't be a parameter. */
const listing = (direction: 'ASC' | 'DESC') => `
  SELECT ${columns} FROM api_keys
   WHERE tenant_id = $1 AND environment_id = $2 AND status <> 'deleted'
     AND ($3::text IS NULL OR status = $3) AND ($4::text IS NULL OR type = $4)
     AND ($5::text IS NULL OR position(lower($5) IN lower(name)) > 0 OR position($5 IN display_id) > 0)
   ORDER BY id ${direction} LIMIT $6 OFFSET $7`;
const listings = { asc: listing('ASC'), desc: listing('DESC') };

const counting = `
  SELECT count(*)::int AS total FROM api_keys
   WHERE tenant_id = $1 AND environment_id = $2 AND status <> 'deleted'
     AND ($3::text IS NULL OR status = $3) AND ($4::text IS NULL OR type = $4)
     AND ($5::text IS NULL OR position(lower($5) IN lower(name)) > 0 OR position($5 IN display_id) > 0)`;

export async function listKeys(
  db: Queryable,
  scope: Scope,
  query: ListKeysQuery,
): Promise<{ items: KeyMetadata[]; total: number }> {
  const status = query.status === 'published' ? 'active' : query.status;
  const filter = [scope.tenantId, scope.environmentId, status, query.type, query.search];
  const [{ rows }, count] = await Promise.all([
    db.query<Row>(listings[query.order], [...filter, query.limit, query.offset]),
    db.query<{ total: number }>(counting, filter),
  ]);
  return { items: rows.map(keyOf), total: expectOneRow(count).total };
}

export async function findKey(db: Queryable, scope: Scope, id: string): Promise<KeyMetadata | null> {
  const { rows } = await db.query<Row>(
    `SELECT ${columns} FROM api_keys
      WHERE tenant_id = $1 AND environment_id = $2 AND id = $3 AND status <> 'deleted'`,
    [scope.tenantId, scope.environmentId, id],
  );
  return rows[0] ? keyOf(rows[0]) : null;
}

/** As `findKey`, deleted ones included, and nobody else changes it until the transaction ends. */
export async function lockKey(
  db: Queryable,
  scope: Scope,
  id: string,
): Promise<{ key: KeyMetadata; hash: Buffer; deleted: boolean } | null> {
  const { rows } = await db.query<Row & { hash: Buffer; deleted: boolean }>(
    `SELECT ${columns}, hash, status = 'deleted' AS deleted FROM api_keys
      WHERE tenant_id = $1 AND environment_id = $2 AND id = $3
      FOR UPDATE`,
    [scope.tenantId, scope.environmentId, id],
  );
  const [row] = rows;
  if (row === undefined) return null;
  const { hash, deleted, ...key } = row;
  return { key: keyOf(key), hash, deleted };
}

export async function updateKey(
  db: Queryable,
  scope: Scope,
  id: string,
  change: UpdateKey,
): Promise<KeyMetadata> {
  const result = await db.query<Row>(
    `UPDATE api_keys
        SET name = coalesce($4, name),
            status = coalesce($5, status),
            permissions = coalesce($6, permissions),
            metadata = coalesce($7, metadata),
            description = CASE WHEN $8 THEN $9 ELSE description END,
            expires_at = CASE WHEN $10 THEN $11 ELSE expires_at END,
            rate_limit = CASE WHEN $12 THEN $13 ELSE rate_limit END,
            updated_at = now()
      WHERE tenant_id = $1 AND environment_id = $2 AND id = $3
      RETURNING ${columns}`,
    [
      scope.tenantId,
      scope.environmentId,
      id,
      change.name,
      change.status,
      change.permissions,
      change.metadata,
      change.description !== undefined,
      change.description,
      change.expires_at !== undefined,
      change.expires_at,
      change.rate_limit !== undefined,
      change.rate_limit,
    ],
  );
  return keyOf(expectOneRow(result));
}

/** Makes the key that replaces another: all of it as of the other, but for its id and its secret. */
export async function insertSuccessor(
  db: Queryable,
  scope: Scope,
  predecessorId: string,
  id: string,
  digest: ApiKeyHash,
): Promise<KeyMetadata> {
  const result = await db.query<Row>(
    `INSERT INTO api_keys (id, hash, display_id, rotated_from, tenant_id, environment_id, user_id, user_type, name,
                           description, type, provider, permissions, rate_limit, metadata, status, expires_at)
     SELECT $4, $5, $6, id, tenant_id, environment_id, user_id, user_type, name,
            description, type, provider, permissions, rate_limit, metadata, status, expires_at
       FROM api_keys WHERE tenant_id = $1 AND environment_id = $2 AND id = $3
     RETURNING ${columns}`,
    [scope.tenantId, scope.environmentId, predecessorId, id, digest.hash, digest.displayId],
  );
  return keyOf(expectOneRow(result));
}

/** Links a key to the one that replaces it, and lets it expire after the overlap, or when it would have anyway. */
export async function retireKey(
  db: Queryable,
  scope: Scope,
  id: string,
  successorId: string,
  overlapSeconds: number,
): Promise<KeyMetadata> {
  const result = await db.query<Row>(
    `UPDATE api_keys
        SET rotated_to = $4,
            expires_at = least(expires_at, now() + make_interval(secs => $5)),
            updated_at = now()
      WHERE tenant_id = $1 AND environment_id = $2 AND id = $3
      RETURNING ${columns}`,
    [scope.tenantId, scope.environmentId, id, successorId, overlapSeconds],
  );
  return keyOf(expectOneRow(result));
}

export async function markKeyDeleted(db: Queryable, scope: Scope, id: string): Promise<void> {
  await db.query(
    `UPDATE api_keys SET status = 'deleted', updated_at = now()
      WHERE tenant_id = $1 AND environment_id = $2 AND id = $3`,
    [scope.tenantId, scope.environmentId, id],
  );
}

/** Returns whether there is such a key, or was: deleted ones count as well. */
export async function hasKeyEver(db: Queryable, scope: Scope, id: string): Promise<boolean> {
  const { rows } = await db.query(
    'SELECT FROM api_keys WHERE tenant_id = $1 AND environment_id = $2 AND id = $3',
    [scope.tenantId, scope.environmentId, id],
  );
  return rows.length > 0;
}
