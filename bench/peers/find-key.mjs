import { createHash } from 'node:crypto';
import pg from 'pg';

// As many connections as the pool has unless told otherwise.
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL });

/** The tenant, environment and user of a key that is active and hasn't expired; by one prepared statement. */
export async function findKey(key) {
  const hash = createHash('sha256').update(key).digest();
  const { rows } = await pool.query({
    name: 'find-key',
    text: `SELECT tenant_id, environment_id, user_id FROM api_keys
            WHERE hash = $1 AND status = 'active' AND (expires_at IS NULL OR expires_at > now())`,
    values: [hash],
  });
  return rows[0];
}
