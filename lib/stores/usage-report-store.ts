import type { KeyAddress, SummarizedKey, UsageCounts, UsagePeriod, UsedKey } from '../../schemas/usage.ts';
import type { Scope } from '../auth/scope.ts';
import { expectOneRow, type Queryable } from '../database/database.ts';

const sums = ['accepted', 'limited', 'permission', 'expired', 'inactive']
  .map((outcome) => `coalesce(sum(${outcome}), 0)::float8 AS ${outcome}`)
  .join(', ');

/** Counts of a key by hours or days, without those that have none. `from` and `to` are instants. */
export async function readUsage(
  db: Queryable,
  scope: Scope,
  keyId: string,
  { from, to, granularity }: { from: Date; to: Date; granularity: 'hour' | 'day' },
): Promise<UsagePeriod[]> {
  const { rows } = await db.query<UsageCounts & { start: Date }>(
    `SELECT date_trunc($6, hour, 'UTC') AS start, ${sums}
       FROM key_usage
      WHERE tenant_id = $1 AND environment_id = $2 AND key_id = $3
        AND hour >= to_timestamp($4) AND hour < to_timestamp($5)
      GROUP BY start ORDER BY start`,
    [scope.tenantId, scope.environmentId, keyId, from.getTime() / 1000, to.getTime() / 1000, granularity],
  );
  return rows.map((row) => ({ ...row, start: row.start.toISOString() }));
}

/** The addresses that a key was last used from, and of how many there are. */
export async function readAddresses(
  db: Queryable,
  scope: Scope,
  keyId: string,
  limit: number,
): Promise<{ total: number; recent: KeyAddress[] }> {
  const { rows } = await db.query<Record<'first_seen_at' | 'last_seen_at', Date> & AddressRow>(
    `SELECT address, first_seen_at, last_seen_at, (count(*) OVER ())::int AS total FROM key_addresses
      WHERE tenant_id = $1 AND environment_id = $2 AND key_id = $3
      ORDER BY last_seen_at DESC, address LIMIT $4`,
    [scope.tenantId, scope.environmentId, keyId, limit],
  );
  const recent = rows.map(({ address, first_seen_at, last_seen_at }) => ({
    address,
    first_seen_at: first_seen_at.toISOString(),
    last_seen_at: last_seen_at.toISOString(),
  }));
  return { total: rows[0]?.total ?? 0, recent };
}

interface AddressRow {
  address: string;
  total: number;
}

type Times = 'created_at' | 'expires_at' | 'last_used_at';
type Row = Omit<SummarizedKey, Times> & {
  created_at: Date;
  expires_at: Date | null;
  last_used_at: Date | null;
};

const columns = 'key.id, name, display_id, user_id, created_at, expires_at, last_used_at';

const keyOf = ({
  id,
  name,
  display_id,
  user_id,
  created_at,
  expires_at,
  last_used_at,
}: Row): SummarizedKey => ({
  id,
  name,
  display_id,
  user_id,
  created_at: created_at.toISOString(),
  expires_at: expires_at?.toISOString() ?? null,
  last_used_at: last_used_at?.toISOString() ?? null,
});

/** Sums the usage of all keys of an environment in these hours. Looks each key up by itself, because the index begins with it. */
export async function readTotals(db: Queryable, scope: Scope, hours: readonly Date[]): Promise<UsageCounts> {
  return expectOneRow(
    await db.query<UsageCounts>(
      `SELECT ${sums} FROM key_usage
        WHERE tenant_id = $1 AND environment_id = $2 AND hour = ANY($3::timestamptz[])`,
      [scope.tenantId, scope.environmentId, hours],
    ),
  );
}

/** The keys of an environment that were accepted the most in these hours. */
export async function listMostUsed(
  db: Queryable,
  scope: Scope,
  hours: readonly Date[],
  limit: number,
): Promise<UsedKey[]> {
  const { rows } = await db.query<Row & { accepted: number }>(
    `WITH most AS (
       SELECT key.*, accepted
         FROM (SELECT key_id, sum(key_usage.accepted)::float8 AS accepted FROM key_usage
                WHERE tenant_id = $1 AND environment_id = $2 AND hour = ANY($3::timestamptz[])
                  AND key_usage.accepted > 0
                GROUP BY key_id ORDER BY accepted DESC, key_id) used
        -- Looked up one by one, from the most used on, until there are enough.
        CROSS JOIN LATERAL (SELECT * FROM api_keys WHERE id = used.key_id AND status <> 'deleted' OFFSET 0) key
        ORDER BY accepted DESC, key_id LIMIT $4
     )
     SELECT ${columns}, accepted
       FROM most key LEFT JOIN key_last_uses last ON last.key_id = key.id
      ORDER BY accepted DESC, key.id`,
    [scope.tenantId, scope.environmentId, hours, limit],
  );
  return rows.map((row) => ({ ...keyOf(row), accepted: row.accepted }));
}

interface KeyList {
  total: number;
  items: SummarizedKey[];
}

const listOf = (rows: (Row & { total: number })[]): KeyList => ({
  total: rows[0]?.total ?? 0,
  items: rows.map(keyOf),
});

/** Active keys of an environment that were made before so many days, and not used since; those never used first. */
export async function listUnused(db: Queryable, scope: Scope, days: number, limit: number): Promise<KeyList> {
  const { rows } = await db.query<Row & { total: number }>(
    // Reads only the sort columns of all rows, and looks the rest up for those that are returned.
    `WITH unused AS MATERIALIZED (
       SELECT id, last_used_at FROM api_keys key LEFT JOIN key_last_uses last ON last.key_id = key.id
        WHERE key.tenant_id = $1 AND key.environment_id = $2 AND status = 'active'
          AND (expires_at IS NULL OR expires_at > now())
          AND created_at < now() - make_interval(days => $3)
          AND (last_used_at IS NULL OR last_used_at < now() - make_interval(days => $3))
     ), longest AS (
       SELECT * FROM unused ORDER BY last_used_at NULLS FIRST, id LIMIT $4
     )
     SELECT ${columns}, (SELECT count(*)::int FROM unused) AS total
       FROM longest JOIN api_keys key USING (id) ORDER BY last_used_at NULLS FIRST, key.id`,
    [scope.tenantId, scope.environmentId, days, limit],
  );
  return listOf(rows);
}

/** Active keys of an environment that expire within so many days and that no other replaces, the soonest first. */
export async function listExpiring(
  db: Queryable,
  scope: Scope,
  days: number,
  limit: number,
): Promise<KeyList> {
  const { rows } = await db.query<Row & { total: number }>(
    `SELECT ${columns}, total
       FROM (SELECT *, (count(*) OVER ())::int AS total FROM api_keys
              WHERE tenant_id = $1 AND environment_id = $2 AND status = 'active' AND rotated_to IS NULL
                AND expires_at > now() AND expires_at < now() + make_interval(days => $3)
              ORDER BY expires_at, id LIMIT $4) key
       LEFT JOIN key_last_uses last ON last.key_id = key.id
      ORDER BY expires_at, key.id`,
    [scope.tenantId, scope.environmentId, days, limit],
  );
  return listOf(rows);
}
