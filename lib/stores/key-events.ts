import type { Actor } from '../scope.ts';
import { only, type Queryable } from './database.ts';

type Subject = 'key' | 'tenant' | 'environment';

export interface KeyEvent {
  kind: `${Subject}.${'created' | 'updated' | 'activated' | 'deactivated' | 'deleted'}`;
  tenantId: string;
  /** `null` for a change of the tenant itself. */
  environmentId: string | null;
  subjectId: string;
  before: object | null;
  after: object | null;
  actor: Actor;
}

/**
 * Appends a change to the feed. Call it last in the transaction that makes the change: it takes the lock
 * that all changes share.
 * @returns the number of the change
 */
export async function recordKeyEvent(connection: Queryable, event: KeyEvent): Promise<number> {
  const { actor } = event;
  const result = await connection.query<{ seq: string }>(
    `WITH counter AS (UPDATE key_event_counter SET seq = seq + 1 RETURNING seq)
     INSERT INTO key_events (seq, kind, tenant_id, environment_id, subject_id, before, after,
                             actor_key_id, actor_user_id, actor_address, request_id)
     SELECT counter.seq, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10 FROM counter
     RETURNING seq`,
    [
      event.kind,
      event.tenantId,
      event.environmentId,
      event.subjectId,
      event.before,
      event.after,
      actor.keyId,
      actor.userId,
      actor.address,
      actor.requestId,
    ],
  );
  return Number(only(result).seq);
}

/** The kind of change that turning `before` into `after` is. */
export function updateKind<S extends Subject>(
  subject: S,
  before: { status: string },
  after: { status: string },
): `${S}.${'updated' | 'activated' | 'deactivated'}` {
  if (before.status === after.status) return `${subject}.updated`;
  return after.status === 'active' ? `${subject}.activated` : `${subject}.deactivated`;
}
