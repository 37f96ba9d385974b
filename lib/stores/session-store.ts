import type { Scope } from '../auth/scope.ts';
import type { Queryable } from '../database/database.ts';
import type { RevocationRow } from '../events/stored-forms.ts';

/** The part of a customer that a new session depends on. */
export interface SessionBeginning {
  customerId: string;
  generation: number;
  expiresAt: Date;
}

/**
 * Notes that a session is issued to an active customer. A later revocation of all of them knows how long they
 * would have been valid, by the database's clock, which all replicas issue by.
 * @returns `null` when the scope has no such customer, or it is inactive
 */
export async function beginSession(
  db: Queryable,
  scope: Scope,
  externalId: string,
  lifetimeSeconds: number,
): Promise<SessionBeginning | null> {
  const { rows } = await db.query<SessionBeginning>(
    `UPDATE customers
        SET sessions_until = greatest(sessions_until, date_trunc('second', now()) + make_interval(secs => $4))
      WHERE tenant_id = $1 AND environment_id = $2 AND external_id = $3 AND status = 'active'
      RETURNING id AS "customerId", session_generation AS generation,
                date_trunc('second', now()) + make_interval(secs => $4) AS "expiresAt"`,
    [scope.tenantId, scope.environmentId, externalId, lifetimeSeconds],
  );
  return rows[0] ?? null;
}

/** A customer, as far as its sessions go. */
export interface SessionHolder {
  id: string;
  /** When the last session expires; `null`: none was ever issued. */
  sessions_until: Date | null;
}

/** Finds a customer, for whom no session is issued until the transaction ends. */
export async function lockSessionHolder(
  db: Queryable,
  scope: Scope,
  externalId: string,
): Promise<SessionHolder | null> {
  const { rows } = await db.query<SessionHolder>(
    `SELECT id, sessions_until FROM customers
      WHERE tenant_id = $1 AND environment_id = $2 AND external_id = $3
      FOR UPDATE`,
    [scope.tenantId, scope.environmentId, externalId],
  );
  return rows[0] ?? null;
}

const columns = 'customer_id, session_id, generation, expires_at';

/** @returns `null` when the session was revoked before */
export async function insertRevocation(
  db: Queryable,
  scope: Scope,
  customerId: string,
  sessionId: string,
  expiresAt: Date,
): Promise<RevocationRow | null> {
  const { rows } = await db.query<RevocationRow>(
    `INSERT INTO session_revocations (tenant_id, environment_id, customer_id, session_id, generation, expires_at)
     VALUES ($1, $2, $3, $4, 0, $5)
     ON CONFLICT (customer_id, session_id) DO NOTHING
     RETURNING ${columns}`,
    [scope.tenantId, scope.environmentId, customerId, sessionId, expiresAt],
  );
  return rows[0] ?? null;
}

/**
 * Begins a new generation of a customer's sessions, and revokes those of the earlier ones.
 * @returns `null` when none was ever issued
 */
export async function revokeGeneration(
  db: Queryable,
  scope: Scope,
  customerId: string,
): Promise<RevocationRow | null> {
  const { rows } = await db.query<RevocationRow>(
    `WITH revoked AS (
       UPDATE customers SET session_generation = session_generation + 1
        WHERE tenant_id = $1 AND environment_id = $2 AND id = $3 AND sessions_until IS NOT NULL
        RETURNING *
     )
     INSERT INTO session_revocations (tenant_id, environment_id, customer_id, session_id, generation, expires_at)
     SELECT tenant_id, environment_id, id, '', session_generation, sessions_until FROM revoked
     ON CONFLICT (customer_id, session_id)
     DO UPDATE SET generation = excluded.generation, expires_at = excluded.expires_at
     RETURNING ${columns}`,
    [scope.tenantId, scope.environmentId, customerId],
  );
  return rows[0] ?? null;
}

/**
 * Removes some revocations, of whatever tenant, of what expired a day ago: a replica whose clock is a day late decides
 * wrongly on every expiry. More are removed than come.
 */
export async function removeExpiredRevocations(db: Queryable): Promise<void> {
  await db.query(
    `DELETE FROM session_revocations WHERE (customer_id, session_id) IN (
       SELECT customer_id, session_id FROM session_revocations WHERE expires_at < now() - interval '1 day'
        ORDER BY expires_at LIMIT 10 FOR UPDATE SKIP LOCKED)`,
  );
}

/** Lists every stored revocation, for a load. */
export async function listRevocations(db: Queryable): Promise<RevocationRow[]> {
  return (await db.query<RevocationRow>(`SELECT ${columns} FROM session_revocations`)).rows;
}
