import { hash } from 'node:crypto';
import { Client, type ClientConfig, type Pool } from 'pg';
import type { Queryable } from '../database/database.ts';
import type { FeedRow } from '../events/decode-event.ts';
import { decodeEvent, type EventKinds, understoodVersion } from '../events/event-kinds.ts';
import type {
  Position,
  ReplicaDatabase,
  ReplicasBehind,
  SyncResult,
  WriterDatabase,
} from '../replication/ports.ts';
import { ReplicaOutdatedError } from '../replication/replica-outdated-error.ts';
import { loadState } from './load-state.ts';
import type { ReservedConnection } from './reserved-connection.ts';
import type { StateChange } from './state-change.ts';

/** The channel of notifications that a replica has applied something. Only a hint. */
export const appliedChannel = 'latchkey_applied';

export interface LoadingOptions {
  /** How to connect; without a `query_timeout`, which would be that of all keys together. */
  config: ClientConfig;
  /** How long a load may read nothing before it is given up. */
  standstillMs: number;
}

/**
 * The number of replicas up to which they notify writers of what they have applied. PostgreSQL wakes every connection that listens, to whatever
 * it be, for each notification, and each commit with one waits for the others: among many replicas that takes longer
 * than the writers' poll.
 */
const maxNotifyingReplicas = 32;

/** The replica's statements: the syncs on a connection that nothing else uses, the load on one of its own. */
export class PostgresReplicaDatabase implements ReplicaDatabase<StateChange> {
  readonly #connection: ReservedConnection;
  readonly #loading: LoadingOptions;
  readonly #kinds: EventKinds;
  #acknowledgedSeq = 0;

  /** @param kinds the kinds of events that this release knows */
  constructor(connection: ReservedConnection, loading: LoadingOptions, kinds: EventKinds) {
    this.#connection = connection;
    this.#loading = loading;
    this.#kinds = kinds;
  }

  async load(onChange: (change: StateChange) => void): Promise<Position> {
    const client = new Client(this.#loading.config);
    client.on('error', () => {}); // The running statement fails as well, and reports it.
    const end = () => void client.end().catch(() => {}); // Not waited for: a server that hangs doesn't end it either.
    // It may take as long as it needs, and not stand still.
    const standstill = setTimeout(end, this.#loading.standstillMs);
    try {
      await client.connect();
      return await loadState(client, (change) => {
        standstill.refresh();
        onChange(change);
      });
    } finally {
      clearTimeout(standstill);
      end();
    }
  }

  async announce(replicaId: string, leaseMs: number): Promise<void> {
    this.#acknowledgedSeq = 0;
    const version = understoodVersion(this.#kinds);
    const { rowCount } = await this.#connection.query(announceStatement, [replicaId, leaseMs, version]);
    if (rowCount === 1) return;
    throw new ReplicaOutdatedError(
      `The database has had changes that need a newer release: this one understands events up to version ${version}`,
    );
  }

  async sync(
    replicaId: string,
    applied: Position,
    leaseMs: number | null,
    maxEvents: number,
  ): Promise<SyncResult<StateChange>> {
    const acknowledges = applied.seq > this.#acknowledgedSeq;
    const { rows } = await this.#connection.query<SyncRow>(
      syncStatement,
      [replicaId, applied.seq, applied.eventId, leaseMs, maxEvents, acknowledges],
      syncStatementName,
    );
    const [first] = rows;
    if (first === undefined) throw new Error('key_event_counter has lost its row');
    if (!first.known) return { outcome: 'diverged' };
    if (!first.has_row) return { outcome: 'fenced' };
    this.#acknowledgedSeq = applied.seq;
    return {
      outcome: 'synced',
      head: { seq: Number(first.head_seq), eventId: first.head_event_id },
      events: rows.flatMap((row) =>
        row.seq === null
          ? []
          : { seq: Number(row.seq), eventId: row.event_id, change: decodeEvent(this.#kinds, row) },
      ),
    };
  }

  async leave(replicaId: string): Promise<void> {
    await this.#connection.query('DELETE FROM replicas WHERE id = $1', [replicaId]);
  }
}

interface HeadColumns {
  known: boolean;
  has_row: boolean;
  head_seq: string;
  head_event_id: string;
}
type SyncRow = HeadColumns & ((FeedRow & { event_id: string }) | { seq: null });

/**
 * The lock on the counter's row waits for a change that is raising the version, and then sees what it raised; a change
 * that comes later finds this row. So no event is committed that an announced replica doesn't understand.
 */
const announceStatement = `
  WITH understood AS MATERIALIZED (SELECT FROM key_event_counter WHERE required_version <= $3 FOR SHARE)
  INSERT INTO replicas (id, applied_seq, lease_id, lease_ms, event_version)
  SELECT $1, 0, gen_random_uuid(), $2, $3 FROM understood
  ON CONFLICT (id) DO UPDATE
    SET applied_seq = 0, lease_id = excluded.lease_id, lease_ms = excluded.lease_ms,
        event_version = excluded.event_version`;

/**
 * One statement, and so one snapshot, taken at its start. The update may wait for the row's lock and renew the
 * row after a change was committed that the snapshot doesn't have. That is safe: the row stays behind that
 * change (`applied_seq` is what was applied before the statement was sent), so its writer waits for it; and if
 * the writer has deleted the row, the update finds none, even if it was inserted again meanwhile, for a row
 * inserted after the snapshot isn't visible. Two statements would find it.
 *
 * A position is known by its event, or by the head where old events were pruned. What is large in an event and
 * decides nothing stays behind: a replica that lags must be able to catch up within the time of a statement.
 *
 * An acknowledgement alone doesn't wait for the disk. It is notified under a lock that is held until the commit, and so
 * all replicas would wait for each other's disk writes.
 */
const syncStatement = `
  WITH known AS (
    SELECT FROM key_events WHERE seq = $2 AND event_id = $3
    UNION ALL
    SELECT FROM key_event_counter WHERE seq = $2 AND event_id = $3
  ), updated AS (
    UPDATE replicas
       SET applied_seq = $2,
           lease_id = CASE WHEN $4::int IS NULL THEN lease_id ELSE gen_random_uuid() END,
           lease_ms = coalesce($4::int, lease_ms),
           renewed_at = CASE WHEN $4::int IS NULL THEN renewed_at ELSE clock_timestamp() END
     WHERE id = $1 AND EXISTS (SELECT FROM known)
    RETURNING CASE WHEN $4::int IS NULL THEN set_config('synchronous_commit', 'off', true) END,
              CASE WHEN $6 AND (SELECT count(*) FROM (SELECT FROM replicas LIMIT ${maxNotifyingReplicas + 1}) few)
                                 <= ${maxNotifyingReplicas} THEN pg_notify('${appliedChannel}', '') END
  )
  SELECT EXISTS (SELECT FROM known) AS known, EXISTS (SELECT FROM updated) AS has_row,
         head.seq AS head_seq, head.event_id AS head_event_id,
         event.seq, event.event_id, event.kind, event.decides, event.version, event.key_hash, event.after
    FROM key_event_counter head
    LEFT JOIN LATERAL (
      SELECT seq, event_id, kind, decides, version, key_hash, after - '{metadata,description}'::text[] AS after
        FROM key_events WHERE seq > $2 ORDER BY seq LIMIT $5
    ) event ON EXISTS (SELECT FROM updated)
   ORDER BY event.seq`;

/** By its text: behind a pooler, a replica of another version may have prepared its own on the same connection. */
const syncStatementName = `sync_${hash('sha256', syncStatement).slice(0, 32)}`;

/** Names the server and its start: another one may know older leases. */
const thisServer =
  "concat_ws(' ', extract(epoch FROM pg_postmaster_start_time()), inet_server_addr(), inet_server_port())";

/** The statements of a process that waits for its changes to be known everywhere. */
export class PostgresWriterDatabase implements WriterDatabase {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async replicasBehind(seq: number): Promise<ReplicasBehind> {
    const { rows } = await (this.#pool as Queryable).query<BehindRow>(
      `SELECT server.id AS server, replicas.id, replicas.applied_seq, replicas.lease_id, replicas.lease_ms
         FROM (SELECT ${thisServer} AS id) server
         LEFT JOIN replicas ON replicas.applied_seq < $1`,
      [seq],
    );
    const [first] = rows;
    if (first === undefined) throw new Error('The statement returned no row');
    return {
      server: first.server,
      rows: rows.flatMap((row) =>
        row.id === null
          ? []
          : { id: row.id, appliedSeq: Number(row.applied_seq), leaseId: row.lease_id, leaseMs: row.lease_ms },
      ),
    };
  }

  async fence(replicaId: string, leaseId: string, server: string): Promise<boolean> {
    const { rowCount } = await this.#pool.query(
      `DELETE FROM replicas WHERE id = $1 AND lease_id = $2 AND ${thisServer} = $3`,
      [replicaId, leaseId, server],
    );
    return rowCount === 1;
  }
}

type BehindRow = { server: string } & (
  | { id: string; applied_seq: string; lease_id: string; lease_ms: number }
  | { id: null }
);
