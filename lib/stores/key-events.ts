import type { Actor } from '../scope.ts';
import { only, type Queryable } from './database.ts';

type Subject = 'key' | 'tenant' | 'environment';

export interface KeyEvent {
  kind: `${Subject}.${'created' | 'updated' | 'activated' | 'deactivated' | 'deleted'}` | 'key.rotated';
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
 * Appends changes to the feed, in one statement. Call it last in the transaction that makes them: it takes the
 * lock that all changes share.
 * @returns the number of the last of them
 */
export async function recordKeyEvents(connection: Queryable, events: readonly KeyEvent[]): Promise<number> {
  const result = await connection.query<{ seq: string }>(
    `WITH head AS (
            UPDATE key_event_counter SET seq = seq + $2, event_id = gen_random_uuid() RETURNING seq, event_id
          ),
          hint AS (SELECT pg_notify('${changedChannel}', '') FROM head),
          added AS (
            INSERT INTO key_events (seq, event_id, kind, tenant_id, environment_id, subject_id, key_hash, before, after,
                                    actor_key_id, actor_user_id, actor_address, request_id)
            SELECT head.seq - $2 + place, CASE WHEN place = $2 THEN head.event_id ELSE gen_random_uuid() END,
                   kind, tenant_id, environment_id, subject_id, key_hash, before, after,
                   actor_key_id, actor_user_id, actor_address, request_id
              FROM head, ROWS FROM (jsonb_to_recordset($1) AS (
                     kind text, tenant_id text, environment_id text, subject_id text, key_hash bytea,
                     before jsonb, after jsonb,
                     actor_key_id text, actor_user_id text, actor_address text, request_id text
                   )) WITH ORDINALITY AS event(kind, tenant_id, environment_id, subject_id, key_hash, before, after,
                                               actor_key_id, actor_user_id, actor_address, request_id, place)
          )
     SELECT head.seq FROM head, hint`,
    [JSON.stringify(events.map(rowOf)), events.length],
  );
  return Number(only(result).seq);
}

const rowOf = ({ actor, ...event }: KeyEvent) => ({
  kind: event.kind,
  tenant_id: event.tenantId,
  environment_id: event.environmentId,
  subject_id: event.subjectId,
  key_hash: event.keyHash && `\\x${event.keyHash.toString('hex')}`,
  before: event.before,
  after: event.after,
  actor_key_id: actor.keyId,
  actor_user_id: actor.userId,
  actor_address: actor.address,
  request_id: actor.requestId,
});

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
