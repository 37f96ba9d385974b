import { setTimeout as delay } from 'node:timers/promises';
import { Client, Pool } from 'pg';
import { systemActor } from '../../lib/auth/scope.ts';
import { ChangeLog } from '../../lib/changes/change-log.ts';
import { handleConnectionErrors } from '../../lib/database/database.ts';
import { createChangesPool } from '../../lib/database/pools.ts';
import { type EventKinds, eventKinds } from '../../lib/events/event-kinds.ts';
import { ApiError } from '../../lib/http/api-error.ts';
import { PostgresReplicaDatabase, PostgresWriterDatabase } from '../../lib/replica/postgres-replication.ts';
import { ReservedConnection } from '../../lib/replica/reserved-connection.ts';
import type { FeedEvent, Position, ReplicasBehind, SyncResult } from '../../lib/replication/ports.ts';
import { ReplicaOutdatedError } from '../../lib/replication/replica-outdated-error.ts';
import type { User } from '../../schemas/users.ts';
import { decodeEdit } from './database-client.ts';
import { type Edit, type Form, type Release, type Reply, SimulatedDatabase } from './simulated-database.ts';
import { Timeline } from './timeline.ts';

/** One statement of the protocol. */
export type Step =
  | { readonly kind: 'announce'; readonly id: string; readonly release: Release; readonly leaseMs: number }
  | {
      readonly kind: 'sync';
      readonly id: string;
      readonly release: Release;
      readonly seq: number;
      /** True if the position's event is one of another history. */
      readonly diverged: boolean;
      readonly leaseMs: number | null;
      readonly maxEvents: number;
    }
  | {
      readonly kind: 'fence';
      readonly id: string;
      readonly lease: 'same' | 'another';
      readonly server: 'same' | 'another';
    }
  | { readonly kind: 'leave'; readonly id: string };

/** One of the two databases, whose answers are compared: plain values without random ids. */
interface Side {
  /** @param seen what a look at the replicas returned last */
  run(step: Step, seen: ReplicasBehind): Promise<unknown>;
  /** Commits an event of this form. @returns whether it was committed */
  change(form: Form): Promise<boolean>;
  look(seq: number): Promise<ReplicasBehind>;
  /** Locks the row of a replica. @returns the function that unlocks it */
  hold(id: string): Promise<() => Promise<void>>;
}

const nobody = '00000000-0000-0000-0000-000000000000';

/** The lease that a fencing names: that of the row, or another one. */
function leaseOf({ rows }: ReplicasBehind, { id, lease }: Extract<Step, { kind: 'fence' }>): string {
  return (lease === 'same' && rows.find((row) => row.id === id)?.leaseId) || nobody;
}

const serverOf = ({ server }: ReplicasBehind, step: Extract<Step, { kind: 'fence' }>): string =>
  step.server === 'same' ? server : 'another';

const plainSync = (result: SyncResult<unknown>): unknown =>
  result.outcome === 'synced'
    ? { head: result.head.seq, events: result.events.map(({ seq }) => seq) }
    : result.outcome;

/** Replaces the refusal of an older release by a value. */
async function orOutdated(answer: Promise<unknown>): Promise<unknown> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ReplicaOutdatedError) return 'outdated';
    throw error;
  }
}

/** The model's database. It never stalls: a statement answers at once unless it waits for a lock. */
class HoldableDatabase extends SimulatedDatabase {
  constructor() {
    super(new Timeline(), {
      stallMs: () => 0,
      interleavingPoint: () => {},
      feedGrown: () => {},
      acknowledged: () => {},
      trace: () => {},
    });
  }

  position(seq: number): Position {
    return { seq, eventId: seq === 0 ? 'origin' : (this.feed[seq - 1]?.eventId ?? nobody) };
  }

  hold(id: string): () => void {
    let unlock = (): void => {};
    this.locked({ fail: () => {} }, 'fence', id, (release) => {
      unlock = release;
    });
    return () => unlock();
  }
}

export class ModelSide implements Side {
  readonly #database = new HoldableDatabase();

  run(step: Step, seen: ReplicasBehind): Promise<unknown> {
    const database = this.#database;
    switch (step.kind) {
      case 'announce':
        return this.#announce(step);
      case 'sync':
        return orOutdated(this.#sync(step));
      case 'fence':
        return ask((reply) => database.fence(reply, step.id, leaseOf(seen, step), serverOf(seen, step)));
      case 'leave':
        return ask<void>((reply) => database.leave(reply, step.id));
    }
  }

  change(form: Form): Promise<boolean> {
    return ask((reply: Reply<readonly unknown[]>) => this.#database.change(reply, [0], form)).then(
      () => true,
      () => false,
    );
  }

  look(seq: number): Promise<ReplicasBehind> {
    return ask((reply) => this.#database.replicasBehind(reply, seq));
  }

  async hold(id: string): Promise<() => Promise<void>> {
    const release = this.#database.hold(id);
    return async () => release();
  }

  async #announce({ id, leaseMs, release }: Extract<Step, { kind: 'announce' }>): Promise<unknown> {
    const isAdmitted = await ask<boolean>((reply) => this.#database.announce(reply, id, leaseMs, release));
    return isAdmitted ? undefined : 'outdated';
  }

  async #sync(step: Extract<Step, { kind: 'sync' }>): Promise<unknown> {
    const position = step.diverged ? { seq: step.seq, eventId: nobody } : this.#database.position(step.seq);
    const result = await ask<SyncResult<Edit>>((reply) =>
      this.#database.sync(reply, step.id, position, step.leaseMs, step.maxEvents),
    );
    const decode = (event: FeedEvent<Edit>) => decodeEdit(event, step.release);
    return plainSync(result.outcome === 'synced' ? { ...result, events: result.events.map(decode) } : result);
  }
}

/** Sends a statement to the model. */
function ask<T>(statement: (reply: Reply<T>) => void): Promise<T> {
  return new Promise((resolve, reject) =>
    statement({ done: resolve, fail: () => reject(new Error('refused')) }),
  );
}

/** How the forms of the model are stored: by kinds, of which the older release lacks one and has one older. */
const kindOfForm = { known: 'user.updated', renamed: 'user.activated', newer: 'user.deactivated' } as const;

const kindsOfRelease: Record<Release, EventKinds> = {
  1: new Map([...eventKinds].filter(([name]) => name !== kindOfForm.renamed)),
  2: new Map(
    [...eventKinds].map(([name, kind]) => [name, name === kindOfForm.newer ? { ...kind, version: 2 } : kind]),
  ),
};

const user: User = {
  ...{
    id: 'user',
    type: 'user',
    name: 'User',
    email: null,
    roles: [],
    status: 'active',
    tenant_id: 'tenant',
  },
  ...{ created_at: '2026-01-01T00:00:00.000Z', updated_at: '2026-01-01T00:00:00.000Z' },
};

/** PostgreSQL with the service's own statements, each on a connection of its own. */
export class PostgresSide implements Side {
  readonly #databaseUrl: string;
  readonly #pool: Pool;
  readonly #changesPool: Pool;
  readonly #log: ChangeLog;
  readonly #writer: PostgresWriterDatabase;

  constructor(databaseUrl: string) {
    this.#databaseUrl = databaseUrl;
    this.#pool = new Pool({ connectionString: databaseUrl, max: 8 });
    handleConnectionErrors(this.#pool, () => {});
    this.#changesPool = createChangesPool(databaseUrl, () => {});
    const confirmer = { confirm: async () => true, fenceDeadReplicas: async () => {} };
    this.#log = new ChangeLog(this.#changesPool, confirmer, kindsOfRelease[2]);
    this.#writer = new PostgresWriterDatabase(this.#pool);
  }

  async close(): Promise<void> {
    await this.#pool.end();
    await this.#changesPool.end();
  }

  /**
   * Waits until a statement is answered, or waits for a lock, as `before` others do.
   * @returns how many wait now
   */
  async waitingAfter(answer: Promise<unknown>, before: number): Promise<number> {
    const settled = Promise.allSettled([answer]).then(() => before);
    for (;;) {
      const waiting = await Promise.race([settled, this.#countWaiting()]);
      if (waiting !== before || (await Promise.race([settled, delay(2, null)])) !== null) return waiting;
    }
  }

  async #countWaiting(): Promise<number> {
    const { rows } = await this.#pool.query<{ count: number }>(
      `SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return rows[0]?.count ?? 0;
  }

  async run(step: Step, seen: ReplicasBehind): Promise<unknown> {
    if (step.kind === 'fence') return this.#writer.fence(step.id, leaseOf(seen, step), serverOf(seen, step));
    const config = { connectionString: this.#databaseUrl };
    const connection = new ReservedConnection({
      ...{ config, channels: [], onNotification: () => {}, onLost: () => {} },
    });
    const kinds = kindsOfRelease[step.kind === 'leave' ? 2 : step.release];
    const database = new PostgresReplicaDatabase(connection, { config, standstillMs: 1_000 }, kinds);
    try {
      return await orOutdated(this.#runOn(database, step));
    } finally {
      await connection.close();
    }
  }

  async change(form: Form): Promise<boolean> {
    try {
      await this.#log.commit(async (transaction) =>
        transaction.append({
          ...{
            kind: kindOfForm[form],
            tenantId: 'tenant',
            environmentId: null,
            subjectId: user.id,
            keyHash: null,
          },
          ...{ before: null, after: user, actor: systemActor },
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof ApiError) return false;
      throw error;
    }
  }

  look(seq: number): Promise<ReplicasBehind> {
    return this.#writer.replicasBehind(seq);
  }

  async hold(id: string): Promise<() => Promise<void>> {
    const client = new Client({ connectionString: this.#databaseUrl });
    await client.connect();
    await client.query('BEGIN');
    await client.query('SELECT FROM replicas WHERE id = $1 FOR UPDATE', [id]);
    return () => client.end();
  }

  async #runOn(database: PostgresReplicaDatabase, step: Exclude<Step, { kind: 'fence' }>): Promise<unknown> {
    if (step.kind === 'announce') return database.announce(step.id, step.leaseMs);
    if (step.kind === 'leave') return database.leave(step.id);
    const position = { seq: step.seq, eventId: step.diverged ? nobody : await this.#eventId(step.seq) };
    return plainSync(await database.sync(step.id, position, step.leaseMs, step.maxEvents));
  }

  async #eventId(seq: number): Promise<string> {
    const { rows } = await this.#pool.query<{ event_id: string }>(
      'SELECT event_id FROM key_events WHERE seq = $1',
      [seq],
    );
    return rows[0]?.event_id ?? nobody;
  }
}
