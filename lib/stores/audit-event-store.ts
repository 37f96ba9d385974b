import type { AuditEvent } from '../../schemas/audit.ts';
import type { Scope } from '../auth/scope.ts';
import type { Queryable } from '../database/database.ts';

/**
 * The trail that the feed of changes is. What an environment sees of it is its own events and those of its tenant
 * as a whole: never another environment's, nor another tenant's.
 */

interface Row
  extends Pick<AuditEvent, 'kind' | 'tenant_id' | 'environment_id' | 'subject_id' | 'before' | 'after'> {
  seq: string;
  /** True if the key that made the change is the tenant's own. */
  own_actor: boolean | null;
  actor_key_id: string;
  actor_user_id: string;
  actor_address: string;
  request_id: string;
  created_at: Date;
}

/** Everything but the hash of the key. */
const columns = `seq, kind, tenant_id, environment_id, subject_id, before, after, actor_tenant_id = tenant_id AS own_actor,
  actor_key_id, actor_user_id, actor_address, request_id, created_at`;

/** A key, user and address of the operator's belong to the operator's tenant, which no other sees. */
const nobody = { key_id: null, user_id: null, address: null };

const eventOf = (row: Row): AuditEvent => ({
  seq: Number(row.seq),
  kind: row.kind,
  tenant_id: row.tenant_id,
  environment_id: row.environment_id,
  subject_id: row.subject_id,
  before: row.before,
  after: row.after,
  actor: row.own_actor
    ? { key_id: row.actor_key_id, user_id: row.actor_user_id, address: row.actor_address }
    : nobody,
  request_id: row.request_id === '' ? null : row.request_id,
  created_at: row.created_at.toISOString(),
});

/** Which events of a trail; what is undefined lets all through. */
export interface EventFilter {
  kind?: string | undefined;
  actorKeyId?: string | undefined;
  actorUserId?: string | undefined;
  subjectId?: string | undefined;
  /** The first instant. */
  from?: Date | undefined;
  /** The first instant after. */
  to?: Date | undefined;
}

/** The place of an instant in the feed, whose times follow its numbers. */
const firstSince = (instant: string) =>
  `SELECT seq FROM key_events WHERE created_at >= ${instant} ORDER BY created_at, seq LIMIT 1`;

/**
 * Of each half of what an environment sees an index gives the events in order, and it takes no more of them than
 * there can be in the answer. By an actor that isn't shown nothing is found either.
 */
const half = (environment: string) => `
  SELECT * FROM key_events
   WHERE tenant_id = $1 AND ${environment} AND seq < $3
     AND ($5::text IS NULL OR kind = $5)
     AND ($6::text IS NULL OR actor_key_id = $6 AND actor_tenant_id = tenant_id)
     AND ($7::text IS NULL OR actor_user_id = $7 AND actor_tenant_id = tenant_id)
     AND ($8::text IS NULL OR subject_id = $8)
     AND ($9::timestamptz IS NULL OR seq >= (${firstSince('$9')}))
     AND ($10::timestamptz IS NULL OR seq < coalesce((${firstSince('$10')}), $3))
   ORDER BY seq DESC LIMIT $4`;

/** The newest events before the number `before` of what an environment sees, the newest first. */
export async function listEvents(
  db: Queryable,
  scope: Scope,
  filter: EventFilter,
  before: number,
  limit: number,
): Promise<AuditEvent[]> {
  const { rows } = await db.query<Row>(
    `SELECT ${columns} FROM ((${half('environment_id = $2')}) UNION ALL (${half('environment_id IS NULL')})) trail
      ORDER BY seq DESC LIMIT $4`,
    [
      scope.tenantId,
      scope.environmentId,
      before,
      limit,
      filter.kind,
      filter.actorKeyId,
      filter.actorUserId,
      filter.subjectId,
      filter.from,
      filter.to,
    ],
  );
  return rows.map(eventOf);
}

/** As `listEvents`, of one thing in the environment, which may be gone. */
export async function listEventsOf(
  db: Queryable,
  scope: Scope,
  subjectId: string,
  before: number,
  limit: number,
): Promise<AuditEvent[]> {
  const { rows } = await db.query<Row>(
    `SELECT ${columns} FROM key_events
      WHERE tenant_id = $1 AND subject_id = $2 AND environment_id = $3 AND seq < $4
      ORDER BY seq DESC LIMIT $5`,
    [scope.tenantId, subjectId, scope.environmentId, before, limit],
  );
  return rows.map(eventOf);
}

const halfAfter = (environment: string) => `
  SELECT * FROM key_events WHERE tenant_id = $1 AND ${environment} AND seq > $3 AND seq <= $4 ORDER BY seq LIMIT $5`;

/** The first events after one number, up to another one, of what an environment sees, in order. */
export async function readEventsAfter(
  db: Queryable,
  scope: Scope,
  after: number,
  upTo: number,
  limit: number,
): Promise<AuditEvent[]> {
  const { rows } = await db.query<Row>(
    `SELECT ${columns}
       FROM ((${halfAfter('environment_id = $2')}) UNION ALL (${halfAfter('environment_id IS NULL')})) trail
      ORDER BY seq LIMIT $5`,
    [scope.tenantId, scope.environmentId, after, upTo, limit],
  );
  return rows.map(eventOf);
}

/** As `readEventsAfter`, of several tenants at once: not to be shown before it is known who may see it. */
export async function readEventsOfTenants(
  db: Queryable,
  tenantIds: readonly string[],
  after: number,
  upTo: number,
  limit: number,
): Promise<AuditEvent[]> {
  const { rows } = await db.query<Row>(
    `SELECT ${columns} FROM key_events
      WHERE seq > $2 AND seq <= $3 AND tenant_id = ANY($1) ORDER BY seq LIMIT $4`,
    [tenantIds, after, upTo, limit],
  );
  return rows.map(eventOf);
}
