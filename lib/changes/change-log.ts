import type { Pool } from 'pg';
import {
  commit,
  commitWith,
  expectOneRow,
  type Queryable,
  type Statement,
  transaction,
} from '../database/database.ts';
import { ApiError } from '../http/api-error.ts';
import {
  type AppendedHead,
  appendEventsSql,
  type ChangeEvent,
  readHeadSeq,
} from '../stores/key-event-store.ts';

/** A change that is being made: a transaction, with the events that tell replicas of it. */
export interface Transaction {
  connection: Queryable;
  /** Appends to the feed. All of it is written at the end, for that takes the lock that all changes share. */
  append(event: ChangeEvent): void;
  /** Instead of `record`, for more events than should be held here: by a statement that answers `Recorded`. */
  appendFrom(statement: Statement): void;
  /**
   * Says that an earlier change, perhaps not yet confirmed, has done it. Whatever is answered to that, an error too,
   * is answered when the earlier one is in force.
   */
  confirmUpToHead(): Promise<void>;
}

/**
 * Makes changes of what decides on keys. When `make` has returned, the change is committed and no replica
 * decides by the state before it.
 */
export class ChangeLog {
  readonly pool: Pool;
  readonly #confirm: (seq: number) => Promise<boolean>;

  /** @param confirm waits until no replica decides by a state before the event of that number; `false`: not in time */
  constructor(pool: Pool, confirm: (seq: number) => Promise<boolean>) {
    this.pool = pool;
    this.#confirm = confirm;
  }

  /**
   * Runs `work` in a transaction, and waits until its events are in force everywhere.
   * @throws what `work` throws, with nothing changed; or ApiError `service_unavailable` when the change is
   * committed and can't be confirmed: an update or deletion may be repeated, a creation is there
   */
  async commit<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result> {
    let lastSeq = 0;
    const confirm = async () => {
      if (lastSeq > 0 && !(await this.#confirm(lastSeq))) throw unconfirmed();
    };
    const events: ChangeEvent[] = [];
    let ownRecording: Statement | null = null;
    const run = (connection: Queryable) =>
      work({
        connection,
        append: (event) => void events.push(event),
        appendFrom: (statement) => {
          ownRecording = statement;
        },
        confirmUpToHead: async () => {
          lastSeq = await readHeadSeq(connection);
        },
      });
    const end = async (connection: Queryable) => {
      if (events.length > 0 && ownRecording !== null) throw new Error('A change is recorded in one way only');
      const recording = events.length > 0 ? appendEventsSql(events) : ownRecording;
      if (recording === null) await commit(connection);
      else lastSeq = Number(expectOneRow(await commitWith<AppendedHead>(connection, recording)).seq);
    };
    const result = await transaction(this.pool, run, end).catch(async (error) => {
      // A refusal may say what is so already, which whoever hears it relies on.
      if (error instanceof ApiError) await confirm();
      throw error;
    });
    await confirm();
    return result;
  }
}

const unconfirmed = (): ApiError =>
  new ApiError('service_unavailable', 'The change is stored, but not yet known to be in force everywhere', {
    headers: { 'retry-after': '2' },
  });
