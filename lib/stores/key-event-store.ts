import type { Actor, Scope } from '../auth/scope.ts';
import { expectOneRow, type Queryable, type Statement } from '../database/database.ts';
import { rolesOfKey } from './user-store.ts';

/** An event in its stored form. */
export interface StoredEvent {
  kind: string;
  /** True if it changes what an authentication answers. */
  decides: boolean;
  /** The version of the stored form that a replica must understand. */
  version: number;
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

/** The channel of notifications that the feed has something new. Only a hint. */
export const changedChannel = 'latchkey_changed';

/**
 * Allocates $1 consecutive numbers; fails if `event` has another number of rows. The count forces `event` to be computed
 * first: from the counter's update on, every other change waits.
 */
const allocateSeqs = `
  head AS (
    UPDATE key_event_counter
       SET seq = seq + (SELECT CASE WHEN count(*) = $1 THEN $1 END FROM event), event_id = gen_random_uuid(),
           changed_at = greatest(changed_at, clock_timestamp())
    RETURNING seq, event_id, changed_at
  ),
  hint AS (SELECT pg_notify('${changedChannel}', '') FROM head)`;
const number = 'head.seq - $1 + place, CASE WHEN place = $1 THEN head.event_id ELSE gen_random_uuid() END';

/** The row that a statement returns which appends to the feed. */
export interface AppendedHead {
  /** The number of the last event. */
  seq: string;
}

/**
 * The statement that appends changes to the feed, and answers `Recorded`. To be the last one of the transaction that
 * makes them: it takes the lock that all changes share.
 */
export function appendEventsSql(events: readonly StoredEvent[]): Statement {
  return {
    text: `WITH event AS MATERIALIZED (
       SELECT * FROM ROWS FROM (jsonb_to_recordset($2) AS (
                kind text, decides boolean, version smallint, tenant_id text, environment_id text, subject_id text, key_hash bytea, before jsonb,
                after jsonb, actor_tenant_id text, actor_key_id text, actor_user_id text, actor_address text,
                request_id text
              )) WITH ORDINALITY AS event(kind, decides, version, tenant_id, environment_id, subject_id, key_hash, before,
                                          after, actor_tenant_id, actor_key_id, actor_user_id, actor_address,
                                          request_id, place)
     ), ${allocateSeqs}, added AS (
       INSERT INTO key_events (seq, event_id, kind, decides, version, tenant_id, environment_id, subject_id,
                               key_hash, before, after,
                               actor_tenant_id, actor_key_id, actor_user_id, actor_address, request_id, created_at)
       SELECT ${number}, kind, decides, version, tenant_id, environment_id, subject_id, key_hash, before, after,
              actor_tenant_id, actor_key_id, actor_user_id, actor_address, request_id, head.changed_at
         FROM event LEFT JOIN head ON true
     )
     SELECT head.seq FROM head, hint`,
    values: [events.length, JSON.stringify(events.map(rowOf))],
  };
}

/** As `recordingOf`, for the creation of keys that have just been inserted and aren't here, in the order of `ids`. */
export function appendInsertedKeysSql(
  { tenantId, environmentId }: Scope,
  ids: readonly string[],
  actor: Actor,
  { decides, version }: Pick<StoredEvent, 'decides' | 'version'>,
): Statement {
  return {
    text: `WITH event AS MATERIALIZED (
       SELECT place, id, hash, jsonb_build_object(
                'id', id, 'name', name, 'description', description, 'type', type, 'provider', provider,
                'display_id', display_id, 'tenant_id', tenant_id, 'environment_id', environment_id,
                'user_id', user_id, 'user_type', user_type, 'roles', ${rolesOfKey}, 'permissions', permissions,
                'rate_limit', rate_limit, 'metadata', metadata, 'status', status,
                'expires_at', ${asTold('expires_at')}, 'last_used_at', NULL,
                'created_at', ${asTold('created_at')}, 'updated_at', ${asTold('updated_at')},
                'rotated_to', rotated_to, 'rotated_from', rotated_from) AS after
         FROM unnest($2::text[]) WITH ORDINALITY AS inserted(id, place) JOIN api_keys USING (id)
        WHERE tenant_id = $3 AND environment_id = $4
     ), ${allocateSeqs}, added AS (
       INSERT INTO key_events (seq, event_id, kind, decides, version, tenant_id, environment_id, subject_id, key_hash, after,
                               actor_tenant_id, actor_key_id, actor_user_id, actor_address, request_id, created_at)
       SELECT ${number}, 'key.created', $10, $11, $3, $4, id, hash, after, $5, $6, $7, $8, $9, head.changed_at
         FROM event LEFT JOIN head ON true
     )
     SELECT head.seq FROM head, hint`,
    values: [
      ids.length,
      ids,
      tenantId,
      environmentId,
      actor.tenantId,
      actor.keyId,
      actor.userId,
      actor.address,
      actor.requestId,
      decides,
      version,
    ],
  };
}

/** Formats a time as the API does. */
const asTold = (column: string): string =>
  `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

const rowOf = ({ actor, ...event }: StoredEvent) => ({
  kind: event.kind,
  decides: event.decides,
  version: event.version,
  tenant_id: event.tenantId,
  environment_id: event.environmentId,
  subject_id: event.subjectId,
  key_hash: event.keyHash && `\\x${event.keyHash.toString('hex')}`,
  before: event.before,
  after: event.after,
  actor_tenant_id: actor.tenantId,
  actor_key_id: actor.keyId,
  actor_user_id: actor.userId,
  actor_address: actor.address,
  request_id: actor.requestId,
});

/** The number of the latest change that has been committed. */
export async function readHeadSeq(db: Queryable): Promise<number> {
  return Number(expectOneRow(await db.query<{ seq: string }>('SELECT seq FROM key_event_counter')).seq);
}

/** Returns the newest version that any deciding event of the feed has needed. */
export async function readRequiredVersion(db: Queryable): Promise<number> {
  const result = await db.query<{ required: number }>(
    'SELECT required_version AS required FROM key_event_counter',
  );
  return expectOneRow(result).required;
}

/** Raises the version that the feed needs, and holds the row that announcements of replicas read until the commit. */
export async function raiseRequiredVersion(db: Queryable, version: number): Promise<void> {
  await db.query('UPDATE key_event_counter SET required_version = greatest(required_version, $1)', [version]);
}

/** Returns the id of a replica that doesn't understand this version of events, or `null`. */
export async function findReplicaBelow(db: Queryable, version: number): Promise<string | null> {
  const { rows } = await db.query<{ id: string }>(
    'SELECT id FROM replicas WHERE event_version < $1 ORDER BY id LIMIT 1',
    [version],
  );
  return rows[0]?.id ?? null;
}
