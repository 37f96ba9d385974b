import type { Actor } from '../scope.ts';
import { only, type Queryable } from './database.ts';

type Subject = 'key' | 'tenant' | 'environment' | 'webhook_secret';

export interface KeyEvent {
  kind: `${Subject}.${'created' | 'updated' | 'activated' | 'deactivated' | 'deleted'}`;
  tenantId: string;
  /** `null` for a change of the tenant itself. */
  environmentId: string | null;
  subjectId: string;
  /** SHA-256 of the key, for a change of a key. */
  keyHash: Buffer | null;
  before: object | null;
  after: object | null;
  actor: Actor;
}

/** The channel on which replicas are told that there is something new in the feed. Only a hint. */
export const changedChannel = 'latchkey_changed';

/**
 * Appends a change to the feed. Call it last in the transaction that makes the change: it takes the lock
 * that all changes share.
 * @returns the number of the change
 */
export async function recordKeyEvent(connection: Queryable, event: KeyEvent): Promise<number> {
  const { actor } = event;
  const result = await connection.query<{ seq: string }>(
    `WITH head AS (UPDATE key_event_counter SET seq = seq + 1, event_id = gen_random_uuid() RETURNING seq, event_id),
          hint AS (SELECT pg_notify('${changedChannel}', '') FROM head),
          event AS (
            INSERT INTO key_events (seq, event_id, kind, tenant_id, environment_id, subject_id, key_hash, before, after,
                                    actor_key_id, actor_user_id, actor_address, request_id)
            SELECT head.seq, head.event_id, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11 FROM head
            RETURNING seq
          )
     SELECT event.seq FROM event, hint`,
    [
      event.kind,
      event.tenantId,
      event.environmentId,
      event.subjectId,
      event.keyHash,
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

/** The number of the latest change that has been committed. */
export async function readHeadSeq(db: Queryable): Promise<number> {
  return Number(only(await db.query<{ seq: string }>('SELECT seq FROM key_event_counter')).seq);
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
