/**
 * The parameters of the parts of this folder: time, timers and the database. The service hands in real
 * ones, the model test simulated ones; the code between is the same.
 */

/** The two clocks of a machine. */
export interface Clock {
  /** Milliseconds since some start; never set, never steps. May stand still while the machine is suspended. */
  monotonicMs(): number;
  /** Milliseconds of the time of day. May be set, forwards or backwards. */
  wallMs(): number;
}

export interface Timers {
  /**
   * Calls `run` once, not before `delayMs` have passed on the monotonic clock: a caller woken early finds nothing due and
   * would loop. Returns a function that cancels it.
   */
  after(delayMs: number, run: () => void): () => void;
}

/** A number from 0 (inclusive) to 1 (exclusive). */
export type Random = () => number;

/**
 * A place in the feed: the number of an event and its random id. The number says how far; the id says in which
 * history, for a restored backup gives the same numbers to other events. Two equal positions mean that
 * everything up to them is equal too.
 */
export interface Position {
  readonly seq: number;
  readonly eventId: string;
}

export interface FeedEvent<Change> extends Position {
  readonly change: Change;
}

/** The result of a replica's sync; see {@link ReplicaDatabase.sync}. */
export type SyncResult<Change> =
  /** It is in the row. `events` follow the position that was sent; `head` is the last event in the feed. */
  | {
      readonly outcome: 'synced';
      readonly head: Position;
      readonly events: readonly FeedEvent<Change>[];
    }
  /** The feed knows the position, but the replica has no row: a writer has removed it. */
  | { readonly outcome: 'fenced' }
  /** The feed doesn't know the position (rewound, cut, another database): nothing was renewed. */
  | { readonly outcome: 'diverged' };

/**
 * The statements of a replica. Every method is one statement or one transaction on the primary, never in a
 * transaction of the caller's, and rejects within a time that the implementation bounds, after which it uses
 * another connection. A statement whose answer was lost may nevertheless be executed, even later.
 */
export interface ReplicaDatabase<Change> {
  /**
   * Reads, in one repeatable-read transaction, the head of the feed and everything that the events up to it
   * amount to, as changes. Calls `onChange` for each, in any order, and returns the head.
   */
  load(onChange: (change: Change) => void): Promise<Position>;

  /**
   * Inserts or replaces the row of this replica, with nothing acknowledged (`applied_seq` 0), so that a
   * statement that comes late can never acknowledge what isn't so. Returns after the commit.
   * @throws ReplicaOutdatedError when a deciding event of the feed needs a version that this replica doesn't understand
   */
  announce(replicaId: string, leaseMs: number): Promise<void>;

  /**
   * In one statement with one snapshot: if the feed has the event `applied`, acknowledges it in the row (`applied_seq`),
   * renews the lease there (a new random `lease_id`, `lease_ms`), and reads the head and the first `maxEvents` events
   * after `applied`.
   *
   * With `leaseMs` null it leaves the lease as it is, and a crash of the server may undo it. A renewal is durable.
   * @throws ReplicaOutdatedError when one of the events decides and this replica can't decode it
   */
  sync(
    replicaId: string,
    applied: Position,
    leaseMs: number | null,
    maxEvents: number,
  ): Promise<SyncResult<Change>>;

  /** Deletes the row of this replica, if there is one. */
  leave(replicaId: string): Promise<void>;
}

/** A row of `replicas`, as a writer sees it. */
export interface ReplicaRow {
  readonly id: string;
  readonly appliedSeq: number;
  /** Random and new with each renewal: identifies the lease, so that a renewal can be distinguished from it. */
  readonly leaseId: string;
  readonly leaseMs: number;
}

/** The rows that one look at `replicas` found. */
export interface ReplicasBehind {
  /**
   * Names the server that answered and its start (`pg_postmaster_start_time()`). After a failover or a restore
   * an older lease can stand in a row again, while its replica still holds a newer one: what was seen on
   * another server, or before its start, says nothing.
   */
  readonly server: string;
  readonly rows: readonly ReplicaRow[];
}

/** The statements of a process that waits for its changes to be known everywhere. */
export interface WriterDatabase {
  /** Every row whose `applied_seq` is below `seq`, on the primary, from a snapshot begun after the call. */
  replicasBehind(seq: number): Promise<ReplicasBehind>;

  /**
   * Deletes the row if it still holds that lease and the server is still the one named. Waits for a renewal in
   * flight, and then sees its new lease. True if the row was deleted.
   */
  fence(replicaId: string, leaseId: string, server: string): Promise<boolean>;
}
