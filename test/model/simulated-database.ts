import type {
  FeedEvent,
  Position,
  ReplicaRow,
  ReplicasBehind,
  SyncResult,
} from '../../lib/replication/ports.ts';
import type { Statement } from './database-client.ts';
import type { Timeline } from './timeline.ts';

/**
 * How an edit is stored. Release 1 knows only `known` events. It can load what a `renamed` one amounts to, but not
 * decode the event; a `newer` one, whose event says that it needs version 2, it can neither load nor decode.
 */
export type Form = 'known' | 'renamed' | 'newer';

/** A program that the processes of the model run. Release 2 knows every form. */
export type Release = 1 | 2;

/** A change in the model: the key with this number now has this edit. A later commit has a higher edit. */
export interface Edit {
  readonly key: number;
  readonly edit: number;
  readonly form: Form;
}

export interface CommittedEdit extends Edit {
  readonly seq: number;
}

/** Takes the outcome of a statement; called once, when the outcome is committed or the server has gone. */
export interface Reply<T> {
  done(value: T): void;
  fail(): void;
}

type Unanswered = Pick<Reply<never>, 'fail'>;

/** A row of `replicas`. The object stands for the row through all its updates; a new insert is a new object. */
interface Row {
  readonly id: string;
  appliedSeq: number;
  leaseId: string;
  leaseMs: number;
  /** The newest version of events that the replica understands. */
  eventVersion: Release;
  /** By the clock of the server, which can be set; only a mutant decides by it. */
  leaseUntilWallMs: number;
}

/** The state that one statement sees: everything that was committed when it began. */
export interface Snapshot {
  readonly feed: readonly FeedEvent<Edit>[];
  readonly headSeq: number;
}

interface Backup {
  readonly feed: readonly FeedEvent<Edit>[];
  readonly rows: readonly Row[];
  readonly requiredVersion: Release;
}

export interface DatabaseObserver {
  /** How long the next stage of a statement takes: mostly 0, now and then very long. */
  stallMs(statement: Statement): number;
  /** A statement is at a point where something else may well come between. */
  interleavingPoint(name: string): void;
  feedGrown(): void;
  acknowledged(): void;
  trace(text: () => string): void;
}

const ORIGIN_ID = 'origin';

/**
 * PostgreSQL as far as the protocol needs it: committed rows, row locks, one snapshot for each statement
 * (READ COMMITTED: an update waits for the row's lock and then sees the newest version, or that it was
 * deleted; a row inserted after the snapshot isn't found), restart, and restore from an older backup.
 */
export class SimulatedDatabase {
  protected readonly timeline: Timeline;
  protected readonly observer: DatabaseObserver;
  protected feed: FeedEvent<Edit>[] = [];
  protected readonly rows = new Map<string, Row>();
  #locks = new Map<string, (() => void)[]>();
  #generation = 0;
  #starts = 0;
  #up = true;
  #identifiers = 0;
  #edits = 0;
  #backup: Backup = { feed: [], rows: [], requiredVersion: 1 };
  /** The newest version that an event of the feed has needed. */
  protected requiredVersion: Release = 1;
  /** The rows as they are on disk. */
  #durableRows: readonly Row[] = [];
  wallOffsetMs = 0;

  constructor(timeline: Timeline, observer: DatabaseObserver) {
    this.timeline = timeline;
    this.observer = observer;
  }

  /** Runs a statement, or fails it if the server is down or goes down before it is done. */
  execute<T>(statement: (reply: Reply<T>) => void, reply: Reply<T>): void {
    if (this.#up) statement(reply);
    else reply.fail();
  }

  load(reply: Reply<{ head: Position; edits: readonly number[] }>, keys: number, release: Release): void {
    const snapshot = this.snapshot();
    const edits = editsOf(snapshot, keys, release);
    this.observer.interleavingPoint('load');
    this.stage(reply, 'load', () => reply.done({ head: headOf(snapshot), edits }));
  }

  /** Answers `false` when the feed needs a newer version than `release` understands. */
  announce(reply: Reply<boolean>, id: string, leaseMs: number, release: Release): void {
    this.observer.interleavingPoint('announce');
    this.locked(reply, 'announce', 'counter', (unlock) => {
      const unlocked = (value: boolean): void => {
        unlock();
        reply.done(value);
      };
      if (!this.admits(release)) return unlocked(false);
      const failed = (): void => {
        unlock();
        reply.fail();
      };
      this.upsert({ fail: failed }, id, 0, leaseMs, () => unlocked(true), release);
    });
  }

  /** Returns whether a replica of this release may have a row. */
  protected admits(release: Release): boolean {
    return release >= this.requiredVersion;
  }

  sync(
    reply: Reply<SyncResult<Edit>>,
    id: string,
    applied: Position,
    leaseMs: number | null,
    maxEvents: number,
  ): void {
    const snapshot = this.snapshot();
    if (!knows(snapshot, applied)) {
      reply.done({ outcome: 'diverged' });
      return;
    }
    this.observer.interleavingPoint('renew');
    this.renew(reply, id, applied.seq, leaseMs, (renewed) =>
      reply.done(renewed ? read(snapshot, applied, maxEvents) : { outcome: 'fenced' }),
    );
  }

  leave(reply: Reply<void>, id: string): void {
    this.locked(reply, 'leave', id, (release) => {
      this.rows.delete(id);
      this.#flush();
      release();
      reply.done();
    });
  }

  replicasBehind(reply: Reply<ReplicasBehind>, seq: number): void {
    const behind: ReplicaRow[] = [];
    for (const { id, appliedSeq, leaseId, leaseMs } of this.rows.values()) {
      if (appliedSeq < seq) behind.push({ id, appliedSeq, leaseId, leaseMs });
    }
    reply.done({ server: this.serverName(), rows: behind });
  }

  fence(reply: Reply<boolean>, id: string, leaseId: string, server: string): void {
    const row = this.rows.get(id);
    this.observer.interleavingPoint('fence');
    if (server !== this.serverName()) {
      reply.done(false);
      return;
    }
    this.locked(reply, 'fence', id, (release) => {
      const same = row !== undefined && this.rows.get(id) === row && row.leaseId === leaseId;
      if (same) {
        this.rows.delete(id);
        this.#flush();
        this.observer.trace(() => `database: ${id} is fenced`);
      }
      release();
      reply.done(same);
    });
  }

  /**
   * One transaction that changes these keys: one, two as a rotation does, or many as an import does. It fails when a
   * replica wouldn't understand it.
   */
  change(reply: Reply<readonly CommittedEdit[]>, keys: readonly number[], form: Form): void {
    this.locked(reply, 'change', 'counter', (release) => {
      if (form === 'newer' && !this.isUnderstood()) {
        release();
        reply.fail();
        return;
      }
      if (form === 'newer') this.requiredVersion = 2;
      const committed = keys.map((key) => this.append(this.feed.length + 1, key, form));
      this.#flush();
      this.observer.feedGrown();
      release();
      reply.done(committed);
    });
  }

  /** Returns whether every replica with a row understands version 2. */
  protected isUnderstood(): boolean {
    return [...this.rows.values()].every(({ eventVersion }) => eventVersion === 2);
  }

  /** Returns whether this edit is in the feed; a restore may have lost it. */
  has(edit: CommittedEdit): boolean {
    return this.feed.some((event) => event.change.edit === edit.edit);
  }

  /** The last edit of each key, as committed. */
  edits(keys: number): readonly number[] {
    return editsOf(this.snapshot(), keys, 2);
  }

  wallMs(): number {
    return this.timeline.nowMs + this.wallOffsetMs;
  }

  takeBackup(): void {
    const { requiredVersion } = this;
    this.#backup = { feed: [...this.feed], rows: this.#copyOfRows(), requiredVersion };
  }

  /** Returns whether every replica that has a row now has one in the backup: then its lease is known after a restore. */
  backupHasAllRows(): boolean {
    const ids = new Set(this.#backup.rows.map((row) => row.id));
    return [...this.rows.keys()].every((id) => ids.has(id));
  }

  /** Puts the backup in place, between {@link goDown} and {@link comeUp}. */
  restore(): void {
    this.feed = [...this.#backup.feed];
    this.requiredVersion = this.#backup.requiredVersion;
    this.#putBack(this.#backup.rows);
    this.#flush();
  }

  /** All statements in flight are lost, and those that come now. */
  goDown(): void {
    this.#halt();
    this.#starts += 1;
  }

  /**
   * As {@link goDown}, and what wasn't on disk is lost. The server goes by the same name afterwards: when one of its
   * processes crashes, PostgreSQL recovers without a start of its own.
   */
  crash(): void {
    this.#halt();
    this.#putBack(this.#durableRows);
  }

  #halt(): void {
    this.#up = false;
    this.#generation += 1;
    const queues = this.#locks.values();
    this.#locks = new Map();
    for (const queue of queues) for (const hold of queue) hold();
  }

  comeUp(): void {
    this.#up = true;
  }

  isUp(): boolean {
    return this.#up;
  }

  /** Makes everything durable, as a commit that waits for the disk does. */
  #flush(): void {
    this.#durableRows = this.#copyOfRows();
  }

  /** Another one after every start. */
  protected serverName(): string {
    return `server ${this.#starts}`;
  }

  protected snapshot(): Snapshot {
    return { feed: this.feed, headSeq: this.feed.length };
  }

  /** `INSERT … ON CONFLICT DO UPDATE`. */
  protected upsert(
    reply: Unanswered,
    id: string,
    appliedSeq: number,
    leaseMs: number,
    then: () => void,
    eventVersion: Release,
  ): void {
    this.locked(reply, 'announce', id, (release) => {
      const row = this.rows.get(id);
      const values = { ...this.#newLease(appliedSeq, leaseMs), eventVersion };
      if (row === undefined) this.rows.set(id, { id, ...values });
      else Object.assign(row, values);
      this.observer.trace(() => `database: ${id} is announced`);
      release();
      then();
    });
  }

  /**
   * `UPDATE … WHERE id = …`, with the snapshot of the moment it is called.
   * @param leaseMs null: acknowledges only, and doesn't wait for the disk
   */
  protected renew(
    reply: Unanswered,
    id: string,
    appliedSeq: number,
    leaseMs: number | null,
    then: (renewed: boolean) => void,
  ): void {
    const row = this.rows.get(id);
    if (row === undefined) {
      then(false);
      return;
    }
    this.locked(reply, 'renew', id, (release) => {
      const found = this.rows.get(id) === row;
      if (found) {
        const advanced = row.appliedSeq < appliedSeq;
        if (leaseMs === null) row.appliedSeq = appliedSeq;
        else {
          Object.assign(row, this.#newLease(appliedSeq, leaseMs));
          this.renewed();
        }
        const what = leaseMs === null ? 'acknowledges' : 'is renewed, acknowledges';
        this.observer.trace(() => `database: ${id} ${what} ${appliedSeq}`);
        if (advanced) this.observer.acknowledged();
      }
      release();
      then(found);
    });
  }

  /** A row has a new lease. */
  protected renewed(): void {
    this.#flush();
  }

  /** Commits an event; those of one transaction are committed in one go. */
  protected append(seq: number, key: number, form: Form): CommittedEdit {
    this.#edits += 1;
    this.#identifiers += 1;
    const committed = { seq, key, edit: this.#edits, form };
    this.feed.push({
      seq,
      eventId: `event ${this.#identifiers}`,
      change: { key, edit: committed.edit, form },
    });
    this.observer.trace(
      () => `database: event ${seq} (${form}) is committed: key ${key} has edit ${committed.edit}`,
    );
    return committed;
  }

  /** Runs `then` when the stage before it has taken its time, unless the server has gone by then. */
  protected stage(reply: Unanswered, statement: Statement, then: () => void): void {
    const stallMs = this.observer.stallMs(statement);
    if (stallMs === 0) {
      then();
      return;
    }
    const generation = this.#generation;
    this.timeline.after(stallMs, () => (generation === this.#generation ? then() : reply.fail()));
  }

  /** Waits for a row's lock, holds it for a stage, and hands on the function that commits and releases it. */
  protected locked(
    reply: Unanswered,
    statement: Statement,
    name: string,
    then: (release: () => void) => void,
  ): void {
    this.stage(reply, statement, () => {
      const locks = this.#locks;
      const release = (): void => {
        const next = locks.get(name)?.shift();
        if (next === undefined) locks.delete(name);
        else next();
      };
      const hold = (): void => {
        if (locks === this.#locks) this.stage(reply, statement, () => then(release));
        else reply.fail();
      };
      const queue = locks.get(name);
      if (queue !== undefined) {
        queue.push(hold);
        return;
      }
      locks.set(name, []);
      hold();
    });
  }

  #copyOfRows(): readonly Row[] {
    return [...this.rows.values()].map((row) => ({ ...row }));
  }

  #putBack(rows: readonly Row[]): void {
    this.rows.clear();
    for (const row of rows) this.rows.set(row.id, { ...row });
  }

  #newLease(appliedSeq: number, leaseMs: number): Omit<Row, 'id' | 'eventVersion'> {
    this.#identifiers += 1;
    return {
      appliedSeq,
      leaseMs,
      leaseId: `lease ${this.#identifiers}`,
      leaseUntilWallMs: this.wallMs() + leaseMs,
    };
  }
}

/** The events after `applied`, as the snapshot has them. */
export function read(snapshot: Snapshot, applied: Position, maxEvents: number): SyncResult<Edit> {
  const events = snapshot.feed.slice(applied.seq, Math.min(snapshot.headSeq, applied.seq + maxEvents));
  return { outcome: 'synced', head: headOf(snapshot), events };
}

export function knows(snapshot: Snapshot, position: Position): boolean {
  if (position.seq > snapshot.headSeq) return false;
  if (position.seq === 0) return position.eventId === ORIGIN_ID;
  return snapshot.feed[position.seq - 1]?.eventId === position.eventId;
}

export function headOf(snapshot: Snapshot): Position {
  const last = snapshot.feed[snapshot.headSeq - 1];
  return { seq: last?.seq ?? 0, eventId: last?.eventId ?? ORIGIN_ID };
}

/** The last edit of each key, as far as this release finds it in the tables. */
function editsOf(snapshot: Snapshot, keys: number, release: Release): readonly number[] {
  const edits = new Array<number>(keys).fill(0);
  for (const { change } of snapshot.feed.slice(0, snapshot.headSeq)) {
    if (release === 2 || change.form !== 'newer') edits[change.key] = change.edit;
  }
  return edits;
}
