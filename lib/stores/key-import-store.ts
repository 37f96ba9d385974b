import type { Scope } from '../auth/scope.ts';
import { isLockTimeout, type Queryable } from '../database/database.ts';
import type { NewKey } from './key-store.ts';

/** A key of which only the hash is known. */
export interface ImportedKey extends NewKey {
  /** SHA-256, 32 bytes. */
  hash: Buffer;
}

/** Any constant will do that no other user of the database takes. */
const advisoryLock = 5_297_336_025;

/**
 * Takes the lock that imports of all processes share, until the transaction ends, and waits for it for 4 s.
 * @returns `false`: others have it, and the transaction can only be rolled back
 */
export async function lockImports(db: Queryable): Promise<boolean> {
  try {
    await db.query("SET LOCAL lock_timeout = '4s'");
    await db.query('SELECT pg_advisory_xact_lock($1)', [advisoryLock]);
    return true;
  } catch (error) {
    if (isLockTimeout(error)) return false;
    throw error;
  }
}

/**
 * Inserts keys in one statement, and leaves out those whose hash is taken, by anybody's.
 * @returns the ids of those that were inserted
 */
export async function insertImportedKeys(
  db: Queryable,
  scope: Scope,
  keys: readonly ImportedKey[],
): Promise<Set<string>> {
  // In the order of the hashes, which most of the work goes by, and in which nobody else can wait for us crosswise.
  const rows = keys.toSorted((a, b) => a.hash.compare(b.hash)).map(rowOf);
  const { rows: inserted } = await db.query<{ id: string }>(
    `INSERT INTO api_keys (id, tenant_id, environment_id, user_id, hash, name, description, type, permissions,
                           rate_limit, metadata, expires_at, user_type)
     SELECT id, $1, $2, user_id, hash, name, description, type, permissions, rate_limit, metadata, expires_at,
            coalesce((SELECT users.type FROM users WHERE users.tenant_id = $1 AND users.id = new.user_id), 'user')
       FROM jsonb_to_recordset($3) AS new (
              id text, user_id text, hash bytea, name text, description text, type text, permissions text[],
              rate_limit jsonb, metadata jsonb, expires_at timestamptz)
     ON CONFLICT (hash) DO NOTHING
     RETURNING id`,
    [scope.tenantId, scope.environmentId, JSON.stringify(rows)],
  );
  return new Set(inserted.map(({ id }) => id));
}

const rowOf = ({ id, userId, hash, permissions, ...key }: ImportedKey) => ({
  id,
  user_id: userId,
  hash: `\\x${hash.toString('hex')}`,
  name: key.name,
  description: key.description,
  type: key.type ?? 'private_key',
  permissions,
  rate_limit: key.rate_limit,
  metadata: key.metadata ?? {},
  expires_at: key.expires_at,
});

/** Those of the hashes, in hex, that some key of any tenant has or had. */
export async function findKnownHashes(db: Queryable, hashes: readonly Buffer[]): Promise<Set<string>> {
  const { rows } = await db.query<{ hash: Buffer }>('SELECT hash FROM api_keys WHERE hash = ANY($1)', [
    hashes,
  ]);
  return new Set(rows.map(({ hash }) => hash.toString('hex')));
}
