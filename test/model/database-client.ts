import type {
  Position,
  Renewal,
  ReplicaDatabase,
  ReplicaRow,
  WriterDatabase,
} from '../../lib/replication/ports.ts';
import type { CommittedEdit, Edit, Reply, SimulatedDatabase } from './simulated-database.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { Timeline } from './timeline.ts';

/** What becomes of a statement on its way. */
export type Fate = 'answered' | 'request lost' | 'answer lost';

export interface Network {
  delayMs(): number;
  fate(): Fate;
  /** How long the rows of a load take. */
  loadMs(): number;
}

export interface ClientOptions {
  readonly timeline: Timeline;
  readonly network: Network;
  readonly database: SimulatedDatabase;
  readonly process: SimulatedProcess;
  readonly keys: number;
}

/** One object for all: thousands of errors with stack traces would cost more than the rest of a schedule. */
const CONNECTION_LOST = new Error('connection lost');

/**
 * The database as one process reaches it. Requests and answers take their time and get lost; a statement
 * whose caller has been told that the connection is lost may still be executed, and much later.
 */
export class DatabaseClient implements ReplicaDatabase<Edit>, WriterDatabase {
  protected readonly options: ClientOptions;

  constructor(options: ClientOptions) {
    this.options = options;
  }

  async load(onChange: (change: Edit) => void): Promise<Position> {
    const { database, network, keys } = this.options;
    const { head, edits } = await this.send<{ head: Position; edits: readonly number[] }>(
      (reply) => database.load(reply, keys),
      network.loadMs(),
    );
    for (const [key, edit] of edits.entries()) onChange({ key, edit });
    return head;
  }

  announce(replicaId: string, leaseMs: number): Promise<void> {
    return this.send<void>((reply) => this.options.database.announce(reply, replicaId, leaseMs));
  }

  renewAndRead(
    replicaId: string,
    applied: Position,
    leaseMs: number,
    maxEvents: number,
  ): Promise<Renewal<Edit>> {
    return this.send<Renewal<Edit>>((reply) =>
      this.options.database.renewAndRead(reply, replicaId, applied, leaseMs, maxEvents),
    );
  }

  leave(replicaId: string): Promise<void> {
    return this.send<void>((reply) => this.options.database.leave(reply, replicaId));
  }

  replicasBehind(seq: number): Promise<readonly ReplicaRow[]> {
    return this.send<readonly ReplicaRow[]>((reply) => this.options.database.replicasBehind(reply, seq));
  }

  fence(replicaId: string, leaseId: string): Promise<boolean> {
    return this.send<boolean>((reply) => this.options.database.fence(reply, replicaId, leaseId));
  }

  /** The transaction of a change. */
  change(key: number): Promise<CommittedEdit> {
    return this.send<CommittedEdit>((reply) => this.options.database.change(reply, key));
  }

  /** Sends a statement, whose answer takes `transferMs` longer than the network's delay. */
  protected send<T>(statement: (reply: Reply<T>) => void, transferMs = 0): Promise<T> {
    const { timeline, network, database, process } = this.options;
    return new Promise<T>((resolve, reject) => {
      const fate = network.fate();
      const fail = (): void => {
        timeline.after(network.delayMs(), () => process.deliver(() => reject(CONNECTION_LOST)));
      };
      if (fate !== 'answered') fail();
      if (fate === 'request lost') return;
      const done = (value: T): void => {
        if (fate === 'answer lost') return;
        timeline.after(network.delayMs() + transferMs, () => process.deliver(() => resolve(value)));
      };
      const reply = { done, fail: fate === 'answered' ? fail : () => {} };
      timeline.after(network.delayMs(), () => database.execute(statement, reply));
    });
  }
}
