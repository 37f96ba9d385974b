import type { Pool } from 'pg';

/** Returns contradictions in the database; none if a change is always whole. */
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
  const users = await pool.query<{ id: string }>(
    `SELECT coalesce(u.id, e.subject_id) AS id
       FROM users u
       FULL JOIN (SELECT DISTINCT ON (tenant_id, subject_id) tenant_id, subject_id, after FROM key_events
                   WHERE kind LIKE 'user.%' ORDER BY tenant_id, subject_id, seq DESC) e
         ON e.tenant_id = u.tenant_id AND e.subject_id = u.id
      WHERE u.id IS NULL OR e.subject_id IS NULL OR e.after->>'status' <> u.status`,
  );
  const revocations = await pool.query<{ id: string }>(
    `SELECT coalesce(r.customer_id || ' ' || r.session_id, e.subject_id) AS id
       FROM session_revocations r
       FULL JOIN (SELECT DISTINCT ON (subject_id) subject_id, after FROM key_events
                   WHERE kind IN ('session.revoked', 'customer.sessions_revoked') ORDER BY subject_id, seq DESC) e
         ON e.after->>'customer_id' = r.customer_id AND e.after->>'session_id' = r.session_id
      WHERE r.customer_id IS NULL OR e.subject_id IS NULL OR (e.after->>'generation')::int <> r.generation`,
  );
  const [feed] = gaps.rows;
  const isWhole = feed !== undefined && feed.count === feed.last + 1 && feed.head === feed.last;
  return [
    ...(isWhole ? [] : [`the feed has gaps: ${JSON.stringify(feed)}`]),
    ...[halves, users, revocations]
      .flatMap(({ rows }) => rows)
      .map(({ id }) => `${id} and its last event differ`),
  ];
}
