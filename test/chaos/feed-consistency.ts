import type { Pool } from 'pg';

/** What in the database contradicts itself; nothing if a change is always whole. */
export async function findContradictions(pool: Pool): Promise<string[]> {
  const gaps = await pool.query<{ count: number; last: number; head: number }>(
    `SELECT count(*)::int AS count, max(seq)::int AS last, (SELECT seq::int FROM key_event_counter) AS head FROM key_events`,
  );
  const halves = await pool.query<{ id: string }>(
    `SELECT coalesce(k.id, e.subject_id) AS id
       FROM api_keys k
       FULL JOIN (SELECT DISTINCT ON (subject_id) subject_id, after, key_hash FROM key_events
                   WHERE kind LIKE 'key.%' ORDER BY subject_id, seq DESC) e ON e.subject_id = k.id
      WHERE k.id IS NULL OR e.subject_id IS NULL OR k.hash <> e.key_hash
         OR (k.status = 'deleted') <> (e.after IS NULL)
         OR (e.after IS NOT NULL AND (e.after->>'status' <> k.status
             OR e.after->'permissions' <> to_jsonb(k.permissions)
             OR (e.after->>'expires_at')::timestamptz IS DISTINCT FROM k.expires_at))`,
  );
  const [feed] = gaps.rows;
  const isWhole = feed !== undefined && feed.count === feed.last + 1 && feed.head === feed.last;
  return [
    ...(isWhole ? [] : [`the feed has gaps: ${JSON.stringify(feed)}`]),
    ...halves.rows.map(({ id }) => `${id} and its last event differ`),
  ];
}
