import type { Pool } from 'pg';
import type { Actor } from '../auth/scope.ts';
import {
  commit,
  commitWith,
  expectOneRow,
  type Queryable,
  type Statement,
  transaction,
} from '../database/database.ts';
import {
  type EventKindName,
  type EventKinds,
  type ResourceOf,
  storeResource,
} from '../events/event-kinds.ts';
import { ApiError } from '../http/api-error.ts';
import {
  type AppendedHead,
  appendEventsSql,
  findReplicaBelow,
  raiseRequiredVersion,
  readHeadSeq,
  readRequiredVersion,
  type StoredEvent,
} from '../stores/key-event-store.ts';

/** A change of one resource. */
interface ChangeEvent<Kind extends EventKindName> {
  kind: Kind;
  tenantId: string;
  /** `null` for a change of the tenant itself. */
  environmentId: string | null;
  subjectId: string;
  /** SHA-256 of the key, for a change of a key. */
  keyHash: Buffer | null;
  before: ResourceOf<Kind> | null;
  after: ResourceOf<Kind> | null;
  actor: Actor;
}

/** The flag and the version of a kind of event. */
type EventForm = Pick<StoredEvent, 'decides' | 'version'>;

/** A change in the making: a transaction, with the events that replicas apply. */
export interface Transaction {
  connection: Queryable;
  /** Appends an event to the feed. All are written at the end, because that takes the lock that all changes share. */
  append<Kind extends EventKindName>(event: ChangeEvent<Kind>): void;
  /** Replaces `append` for more events than should be held here: the statement appends them and returns `AppendedHead`. */
  appendFrom(kind: EventKindName, statementOf: (form: EventForm) => Statement): void;
  /**
   * Says that an earlier change, perhaps not yet confirmed, has done it. The answer, even an error, waits until the
   * earlier change is in force.
   */
  confirmUpToHead(): Promise<void>;
}

/** The part of the replica that the log needs. */
export interface Confirmer {
  /** Waits until no replica decides by a state before the event `seq`. @returns `false` if that isn't known in time */
  confirm(seq: number): Promise<boolean>;
  /** Removes the rows of replicas that have stopped without leaving. */
  fenceDeadReplicas(): Promise<void>;
}

/** The events of one transaction, as they are collected. */
class CollectedEvents {
  readonly #kinds: EventKinds;
  readonly #events: StoredEvent[] = [];
  #statement: Statement | null = null;
  /** The highest version that the deciding ones need, and a kind that needs it. */
  required = { version: 1, kind: '' };

  constructor(kinds: EventKinds) {
    this.#kinds = kinds;
  }

  append<Kind extends EventKindName>({ before, after, ...event }: ChangeEvent<Kind>): void {
    this.#events.push({
      ...event,
      ...this.#formOf(event.kind),
      before: before && storeResource(event.kind, before),
      after: after && storeResource(event.kind, after),
    });
  }

  appendFrom(kind: EventKindName, statementOf: (form: EventForm) => Statement): void {
    this.#statement = statementOf(this.#formOf(kind));
  }

  /** The statement that appends them, or `null` if there are none. */
  toStatement(): Statement | null {
    if (this.#events.length === 0) return this.#statement;
    if (this.#statement !== null) throw new Error('A change appends its events in one way only');
    return appendEventsSql(this.#events);
  }

  #formOf(name: EventKindName): EventForm {
    const kind = this.#kinds.get(name);
    if (kind === undefined) throw new Error(`This release doesn't know the kind ${name}`);
    if (kind.decides && kind.version > this.required.version)
      this.required = { version: kind.version, kind: name };
    return kind;
  }
}

/**
 * Makes changes of what decides on keys. When `commit` has returned, the change is committed and no replica
 * decides by the state before it.
 */
export class ChangeLog {
  readonly pool: Pool;
  readonly #confirmer: Confirmer;
  readonly #kinds: EventKinds;

  constructor(pool: Pool, confirmer: Confirmer, kinds: EventKinds) {
    this.pool = pool;
    this.#confirmer = confirmer;
    this.#kinds = kinds;
  }

  /**
   * Runs `work` in a transaction, and waits until its events are in force everywhere.
   * @throws what `work` throws, with nothing changed; ApiError `service_unavailable` when a live replica doesn't
   * understand the events, with nothing changed; or ApiError `service_unavailable` when the change is committed and
   * can't be confirmed: an update or deletion may be repeated, a creation is there
   */
  async commit<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result> {
    let lastSeq = 0;
    const confirm = async () => {
      if (lastSeq > 0 && !(await this.#confirmer.confirm(lastSeq))) throw unconfirmed();
    };
    const events = new CollectedEvents(this.#kinds);
    const run = (connection: Queryable) =>
      work({
        connection,
        append: (event) => events.append(event),
        appendFrom: (kind, statementOf) => events.appendFrom(kind, statementOf),
        confirmUpToHead: async () => {
          lastSeq = await readHeadSeq(connection);
        },
      });
    const end = async (connection: Queryable) => {
      const statement = events.toStatement();
      if (statement === null) return commit(connection);
      await this.#requireUnderstood(connection, events.required);
      lastSeq = Number(expectOneRow(await commitWith<AppendedHead>(connection, statement)).seq);
    };
    const result = await transaction(this.pool, run, end).catch(async (error) => {
      // A refusal may describe an earlier change, so it waits until that change is in force.
      if (error instanceof ApiError) await confirm();
      throw error;
    });
    await confirm();
    return result;
  }

  /**
   * Refuses events that a live replica doesn't understand. The raise holds the counter's row until the commit, and an
   * announcement reads it under a lock: a replica that is announced before is seen here, and one that comes later
   * is refused. Once a version has been required, no replica below it can have a row.
   */
  async #requireUnderstood(
    connection: Queryable,
    { version, kind }: CollectedEvents['required'],
  ): Promise<void> {
    if (version === 1 || (await readRequiredVersion(connection)) >= version) return;
    await raiseRequiredVersion(connection, version);
    const replica = await findReplicaBelow(connection, version);
    if (replica === null) return;
    // It may be one that was killed: then the next attempt succeeds.
    void this.#confirmer.fenceDeadReplicas();
    throw notUnderstood(replica, kind);
  }
}

const unconfirmed = (): ApiError =>
  new ApiError(
    'service_unavailable',
    'The change is stored, but not yet confirmed to be in force everywhere',
    {
      headers: { 'retry-after': '2' },
    },
  );

const notUnderstood = (replica: string, kind: string): ApiError =>
  new ApiError(
    'service_unavailable',
    `Replica ${replica} runs a release that does not understand ${kind}: finish the upgrade first`,
    { headers: { 'retry-after': '3' } },
  );
