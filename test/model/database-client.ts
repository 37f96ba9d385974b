import type {
  FeedEvent,
  Position,
  ReplicaDatabase,
  ReplicasBehind,
  SyncResult,
  WriterDatabase,
} from '../../lib/replication/ports.ts';
import { ReplicaOutdatedError } from '../../lib/replication/replica-outdated-error.ts';
import type { CommittedEdit, Edit, Form, Release, Reply, SimulatedDatabase } from './simulated-database.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { Timeline } from './timeline.ts';

/** The fate of a statement on its way. */
export type Fate = 'answered' | 'request lost' | 'answer lost';

/** The kinds of statement that a process sends. */
export type Statement = 'load' | 'announce' | 'renew' | 'leave' | 'look' | 'fence' | 'change';

export interface Trip {
  readonly fate: Fate;
  readonly requestMs: number;
  /** Of the answer, or of the news that the connection is lost. */
  readonly answerMs: number;
}

export interface Network {
  trip(statement: Statement): Trip;
  /** How long the rows of a load take. */
  loadMs(): number;
}

export interface ClientOptions {
  readonly timeline: Timeline;
  readonly network: Network;
  readonly database: SimulatedDatabase;
  readonly process: SimulatedProcess;
  readonly keys: number;
  /** The release that the process runs, and how it decodes an event. */
  readonly release: Release;
  decode(event: FeedEvent<Edit>, release: Release): FeedEvent<Edit>;
}

/** Decodes an event. @throws ReplicaOutdatedError when the release doesn't know its form */
export function decodeEdit(event: FeedEvent<Edit>, release: Release): FeedEvent<Edit> {
  if (release === 2 || event.change.form === 'known') return event;
  throw OUTDATED;
}

/** One object for all: thousands of errors with stack traces would cost more than the rest of a schedule. */
const CONNECTION_LOST = new Error('connection lost');
const OUTDATED = new ReplicaOutdatedError('The feed needs a newer release');

/**
 * The database as one process reaches it. Requests and answers take their time and get lost; a statement
 * whose caller has been told that the connection is lost may still be executed, and much later.
 */
export class DatabaseClient implements ReplicaDatabase<Edit>, WriterDatabase {
  protected readonly options: ClientOptions;
  /** While true, no request reaches the database. */
  isCutOff = false;

  constructor(options: ClientOptions) {
    this.options = options;
  }

  async load(onChange: (change: Edit) => void): Promise<Position> {
    const { database, network, keys, release } = this.options;
    const { head, edits } = await this.send<{ head: Position; edits: readonly number[] }>(
      'load',
      (reply) => database.load(reply, keys, release),
      network.loadMs(),
    );
    for (const [key, edit] of edits.entries()) onChange({ key, edit, form: 'known' });
    return head;
  }

  async announce(replicaId: string, leaseMs: number): Promise<void> {
    const { database, release } = this.options;
    const admitted = await this.send<boolean>('announce', (reply) =>
      database.announce(reply, replicaId, leaseMs, release),
    );
    if (!admitted) throw OUTDATED;
  }

  async sync(
    replicaId: string,
    applied: Position,
    leaseMs: number | null,
    maxEvents: number,
  ): Promise<SyncResult<Edit>> {
    const { database, release, decode } = this.options;
    const result = await this.send<SyncResult<Edit>>('renew', (reply) =>
      database.sync(reply, replicaId, applied, leaseMs, maxEvents),
    );
    if (result.outcome !== 'synced') return result;
    return { ...result, events: result.events.map((event) => decode(event, release)) };
  }

  leave(replicaId: string): Promise<void> {
    return this.send<void>('leave', (reply) => this.options.database.leave(reply, replicaId));
  }

  replicasBehind(seq: number): Promise<ReplicasBehind> {
    return this.send<ReplicasBehind>('look', (reply) => this.options.database.replicasBehind(reply, seq));
  }

  fence(replicaId: string, leaseId: string, server: string): Promise<boolean> {
    return this.send<boolean>('fence', (reply) =>
      this.options.database.fence(reply, replicaId, leaseId, server),
    );
  }

  /** The transaction of a change. */
  change(keys: readonly number[], form: Form): Promise<readonly CommittedEdit[]> {
    return this.send<readonly CommittedEdit[]>('change', (reply) =>
      this.options.database.change(reply, keys, form),
    );
  }

  /** Sends a statement, whose answer takes `transferMs` longer than the network's delay. */
  protected send<T>(kind: Statement, statement: (reply: Reply<T>) => void, transferMs = 0): Promise<T> {
    const { timeline, network, database, process } = this.options;
    const trip = network.trip(kind);
    const fate = this.isCutOff ? 'request lost' : trip.fate;
    return new Promise<T>((resolve, reject) => {
      const fail = (): void =>
        timeline.after(trip.answerMs, () => process.deliver(() => reject(CONNECTION_LOST)));
      if (fate !== 'answered') fail();
      if (fate === 'request lost') return;
      const reply: Reply<T> =
        fate === 'answer lost'
          ? { done: () => {}, fail: () => {} }
          : {
              done: (value) =>
                timeline.after(trip.answerMs + transferMs, () => process.deliver(() => resolve(value))),
              fail,
            };
      timeline.after(trip.requestMs, () => database.execute(statement, reply));
    });
  }
}
