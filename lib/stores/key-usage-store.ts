import { expectOneRow, type Queryable } from '../database/database.ts';
import type { UsageBatch } from '../usage/usage-counter.ts';

/** How many addresses of a key are kept: those that were seen last. */
const addressesOfKeyMax = 100;

/**
 * One statement for a whole batch. What the writer has written under this number or a later one is left alone; if an
 * earlier attempt is still at it, this one waits for its end. Rows are taken in the order of their keys, so that
 * two writers don't wait for one another. Nothing is later than the database's own clock.
 */
const addition = `
  WITH claimed AS (
    INSERT INTO usage_writers AS writer (id, batch) VALUES ($1, $2)
    ON CONFLICT (id) DO UPDATE SET batch = excluded.batch, written_at = now() WHERE writer.batch < excluded.batch
    RETURNING id
  ), counted AS MATERIALIZED (
    SELECT key.id AS key_id, tenant_id, environment_id,
           date_trunc('hour', least(to_timestamp(at), now()), 'UTC') AS hour,
           least(to_timestamp(max(at) FILTER (WHERE accepted > 0)), now()) AS last_used_at,
           sum(accepted) AS accepted, sum(limited) AS limited, sum(permission) AS permission,
           sum(expired) AS expired, sum(inactive) AS inactive
      FROM unnest($3::text[], $4::float8[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[])
             AS batch(id, at, accepted, limited, permission, expired, inactive)
      JOIN api_keys key USING (id)
     WHERE EXISTS (SELECT FROM claimed)
     GROUP BY key.id, 4
  ), seen AS MATERIALIZED (
    SELECT key.id AS key_id, tenant_id, environment_id, address, least(to_timestamp(max(at)), now()) AS at
      FROM unnest($10::text[], $11::text[], $12::float8[]) AS batch(id, address, at)
      JOIN api_keys key USING (id)
     WHERE EXISTS (SELECT FROM claimed)
     GROUP BY key.id, address
  ), hours AS (
    INSERT INTO key_usage AS known (key_id, hour, tenant_id, environment_id, accepted, limited, permission, expired,
                                    inactive)
    SELECT key_id, hour, tenant_id, environment_id, accepted, limited, permission, expired, inactive
      FROM counted ORDER BY key_id, hour
    ON CONFLICT (key_id, hour) DO UPDATE
       SET accepted = known.accepted + excluded.accepted, limited = known.limited + excluded.limited,
           permission = known.permission + excluded.permission, expired = known.expired + excluded.expired,
           inactive = known.inactive + excluded.inactive
  ), last_uses AS (
    INSERT INTO key_last_uses AS known (key_id, tenant_id, environment_id, last_used_at)
    SELECT key_id, tenant_id, environment_id, max(last_used_at)
      FROM counted WHERE last_used_at IS NOT NULL
     GROUP BY key_id, tenant_id, environment_id ORDER BY key_id
    ON CONFLICT (key_id) DO UPDATE SET last_used_at = greatest(known.last_used_at, excluded.last_used_at)
  ), addresses AS (
    INSERT INTO key_addresses AS known (key_id, address, tenant_id, environment_id, first_seen_at, last_seen_at,
                                        last_seen_on)
    SELECT key_id, address, tenant_id, environment_id, at, at, (at AT TIME ZONE 'UTC')::date
      FROM seen ORDER BY key_id, address
    ON CONFLICT (key_id, address) DO UPDATE
       SET first_seen_at = least(known.first_seen_at, excluded.first_seen_at),
           last_seen_at = greatest(known.last_seen_at, excluded.last_seen_at),
           last_seen_on = greatest(known.last_seen_on, excluded.last_seen_on)
  ), crowded AS (
    SELECT key_id, count(*) AS sent FROM seen
     GROUP BY key_id
    HAVING count(*) > (SELECT count(*) FROM key_addresses known
                        WHERE known.key_id = seen.key_id AND known.address = ANY (array_agg(seen.address)))
  ), forgotten AS (
    DELETE FROM key_addresses WHERE (key_id, address) IN (
      SELECT key_id, address
        FROM (SELECT key_id, known.address, sent, row_number() OVER (PARTITION BY key_id ORDER BY last_seen_at DESC) AS place
                FROM crowded JOIN key_addresses known USING (key_id)
               WHERE NOT EXISTS (SELECT FROM seen WHERE (seen.key_id, seen.address) = (known.key_id, known.address))
             ) others
       WHERE place > ${addressesOfKeyMax} - sent)
  )
  SELECT count(*)::int AS claimed FROM claimed`;

/**
 * Adds what was counted to what was written before, unless it has been added already. Of keys that the database
 * doesn't know, as after the restoration of a backup, nothing is written.
 * @param writer names the process
 * @param number of the batch: each is higher than the one before
 * @returns `false`: it had been added before
 */
export async function addUsage(
  db: Queryable,
  writer: string,
  number: number,
  { counts, addresses }: UsageBatch,
): Promise<boolean> {
  const result = await db.query<{ claimed: number }>(addition, [
    writer,
    number,
    arrayOf(counts.map(({ keyId }) => keyId)),
    arrayOf(counts.map(({ atSeconds }) => atSeconds)),
    arrayOf(counts.map(({ accepted }) => accepted)),
    arrayOf(counts.map(({ limited }) => limited)),
    arrayOf(counts.map(({ permission }) => permission)),
    arrayOf(counts.map(({ expired }) => expired)),
    arrayOf(counts.map(({ inactive }) => inactive)),
    arrayOf(addresses.map(({ keyId }) => keyId)),
    arrayOf(addresses.map(({ address }) => address)),
    arrayOf(addresses.map(({ lastSeenSeconds }) => lastSeenSeconds)),
  ]);
  return expectOneRow(result).claimed === 1;
}

/**
 * An array as PostgreSQL writes it, which quotes as JSON does but for control characters: `\t` is read as a `t`.
 * The driver takes three times as long to make one.
 */
const arrayOf = (values: readonly (string | number)[]): string => `{${JSON.stringify(values).slice(1, -1)}}`;

/** How long usage is kept, in days. Writers that have been silent for so long are gone. */
export interface UsageRetention {
  hourDays: number;
  addressDays: number;
  writerDays: number;
}

/**
 * Removes some of what is older than it need be, of all tenants. What another process removes at this moment is left
 * to it.
 * @param max how many of each at most, so that no statement takes long
 * @returns how many were removed
 */
export async function removeOldUsage(
  db: Queryable,
  { hourDays, addressDays, writerDays }: UsageRetention,
  max: number,
): Promise<number> {
  const removals: [string, string, number][] = [
    ['key_usage', 'hour < now() - make_interval(days => $1)', hourDays],
    ['key_addresses', 'last_seen_on < current_date - $1::int', addressDays],
    ['usage_writers', 'written_at < now() - make_interval(days => $1)', writerDays],
  ];
  let removed = 0;
  for (const [table, isOld, days] of removals) {
    const { rowCount } = await db.query(
      `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
         SELECT ctid FROM ${table} WHERE ${isOld} LIMIT $2 FOR UPDATE SKIP LOCKED))`,
      [days, max],
    );
    removed += rowCount ?? 0;
  }
  return removed;
}
