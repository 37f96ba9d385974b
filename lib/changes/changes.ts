import type { Pool } from 'pg';
import { ApiError } from '../errors.ts';
import { type Queryable, transaction } from '../stores/database.ts';
import { type KeyEvent, readHeadSeq, recordKeyEvent } from '../stores/key-events.ts';

/** A change that is being made: a transaction, with the events that tell replicas of it. */
export interface Change {
  connection: Queryable;
  /** Appends to the feed. Call it last, it takes the lock that all changes share. */
  record(event: KeyEvent): Promise<void>;
  /** Says that there was nothing to do, because an earlier change, perhaps not yet confirmed, has done it. */
  repeat(): Promise<void>;
}

/**
 * Makes changes of what decides on keys. When `make` has returned, the change is committed and no replica
 * decides by the state before it.
 */
export class Changes {
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
  async make<Result>(work: (change: Change) => Promise<Result>): Promise<Result> {
    let lastSeq = 0;
    const result = await transaction(this.pool, (connection) =>
      work({
        connection,
        record: async (event) => {
          lastSeq = await recordKeyEvent(connection, event);
        },
        repeat: async () => {
          lastSeq = await readHeadSeq(connection);
        },
      }),
    );
    if (lastSeq > 0 && !(await this.#confirm(lastSeq))) throw unconfirmed();
    return result;
  }
}

const unconfirmed = (): ApiError =>
  new ApiError('service_unavailable', 'The change is stored, but not yet known to be in force everywhere', {
    headers: { 'retry-after': '2' },
  });
