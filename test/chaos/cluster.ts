import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import { openPool } from './database-server.ts';
import { Replica } from './replica.ts';
import type { ReplicaSettings } from './replica-settings.ts';

const pollMs = 20;

/** The replicas on one database: real processes, which may be killed, paused and replaced. */
export class Cluster {
  readonly pool: Pool;
  readonly #settings: ReplicaSettings;
  readonly #children = new Set<ChildProcess>();
  #listening: Replica[] = [];
  #started = 0;
  #stopping = false;

  constructor(settings: ReplicaSettings) {
    this.#settings = settings;
    this.pool = openPool(settings.databaseUrl);
  }

  /** Those that listen; paused ones among them. */
  get replicas(): readonly Replica[] {
    return this.#listening;
  }

  /** Starts one more, and resolves when it listens. */
  async add(): Promise<Replica> {
    this.#started += 1;
    const replica = await Replica.start(`replica-${this.#started}`, this.#settings, (child) => {
      this.#children.add(child);
      child.once('exit', () => this.#children.delete(child));
      if (this.#stopping) child.kill('SIGKILL');
    });
    this.#listening.push(replica);
    replica.ended.then(() => this.#remove(replica)).catch(() => {});
    return replica;
  }

  async addAll(count: number): Promise<void> {
    await Promise.all(Array.from({ length: count }, () => this.add()));
  }

  /** Resolves when each replica can decide. */
  async untilReady(timeoutMs: number): Promise<void> {
    const deadlineMs = performance.now() + timeoutMs;
    for (const replica of this.#listening) {
      while ((await replica.control.request(readiness)).status !== 200) {
        if (performance.now() > deadlineMs) throw new Error(`${replica.name} did not become ready`);
        await delay(pollMs);
      }
    }
  }

  /** Ends every process that was started. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const ends = [...this.#children].map((child) => once(child, 'exit'));
    for (const child of this.#children) child.kill('SIGKILL');
    await Promise.all(ends);
    await this.pool.end();
  }

  #remove(replica: Replica): void {
    this.#listening = this.#listening.filter((other) => other !== replica);
    replica.close();
  }
}

const readiness = 'GET /health/ready HTTP/1.1\r\nHost: localhost\r\n\r\n';
