import { randomUUID } from 'node:crypto';
import { Client, type ClientConfig, DatabaseError, type QueryResult, type QueryResultRow } from 'pg';

export interface ReservedConnectionOptions {
  config: ClientConfig;
  /** The channels to listen to; may be empty. */
  channels: readonly string[];
  onNotification: (channel: string) => void;
  /** Told when a connection that was in no statement is lost: a new one is made with the next statement. */
  onLost: () => void;
}

/**
 * A connection for one user, who runs one statement at a time on it, and for notifications. It is made anew
 * when it is lost or has failed; a statement that failed is not repeated.
 */
export class ReservedConnection {
  readonly #options: ReservedConnectionOptions;
  #client: Client | null = null;
  #closed = false;
  #keepsPlans = true;

  constructor(options: ReservedConnectionOptions) {
    this.#options = options;
  }

  /**
   * @param name under which the connection keeps the statement's plan; none, and it is planned each time. So it is
   * behind a pooler that gives each transaction another connection to the server
   */
  async query<Row extends QueryResultRow>(
    text: string,
    values: unknown[],
    name?: string,
  ): Promise<QueryResult<Row>> {
    const client = this.#client ?? (await this.#connect());
    const named = name !== undefined && this.#keepsPlans;
    try {
      return await client.query<Row>({ text, values, ...(named && { name }) });
    } catch (error) {
      if (named && isPlanLost(error)) this.#keepsPlans = false;
      // Nobody knows what a connection is still doing after a timeout.
      this.#drop(client);
      throw error;
    }
  }

  /**
   * Returns whether notifications arrive: databases without them and poolers that swallow them exist.
   * @param timeoutMs how long to wait for one of our own
   */
  async notificationsArrive(timeoutMs: number): Promise<boolean> {
    if (this.#options.channels.length === 0) return false;
    const channel = `latchkey_probe_${randomUUID().replaceAll('-', '')}`;
    const client = new Client(this.#options.config);
    client.on('error', () => {}); // The statement that runs fails as well.
    try {
      await client.connect();
      await client.query(`LISTEN ${channel}`);
      const arrival = new Promise<boolean>((resolve) => {
        const timer = setTimeout(() => resolve(false), timeoutMs);
        client.once('notification', () => {
          clearTimeout(timer);
          resolve(true);
        });
      });
      await client.query('SELECT pg_notify($1, $2)', [channel, '']);
      return await arrival;
    } catch {
      return false; // A database that knows no LISTEN refuses it.
    } finally {
      client.end().catch(() => {}); // Nothing more is wanted of it.
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    const client = this.#client;
    this.#client = null;
    await client?.end();
  }

  async #connect(): Promise<Client> {
    if (this.#closed) throw new Error('Connection terminated: it was closed');
    const client = new Client(this.#options.config);
    client.on('error', () => this.#lost(client));
    client.on('end', () => this.#lost(client));
    client.on('notification', ({ channel }) => this.#options.onNotification(channel));
    await client.connect();
    this.#client = client;
    for (const channel of this.#options.channels) {
      // A database without LISTEN works as well, only slower.
      await client.query(`LISTEN ${channel}`).catch(() => {});
    }
    return client;
  }

  #lost(client: Client): void {
    if (this.#client !== client) return;
    this.#client = null;
    this.#options.onLost();
  }

  #drop(client: Client): void {
    if (this.#client === client) this.#client = null;
    client.end().catch(() => {}); // It is gone, or it isn't: it is not used again.
  }
}

/** The server knows no statement of that name, or knows one already: it isn't the server that prepared it. */
const isPlanLost = (error: unknown): boolean =>
  error instanceof DatabaseError && (error.code === '26000' || error.code === '42P05');
