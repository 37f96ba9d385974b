import { setTimeout as delay } from 'node:timers/promises';
import type { SeededRandom } from '../model/random.ts';
import type { Cluster } from './cluster.ts';
import type { DatabaseServer } from './database-server.ts';
import type { Replica } from './replica.ts';

/** The faults of the replicas and their database, the gravest first. */
export const faultKinds = [
  'database crashed',
  'database process crashed',
  'database restarted',
  'replica killed',
  'replica paused',
  'connections cut',
  'replica retired',
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** Something that may make changes slow. */
interface Spell {
  kind: FaultKind | 'replica started';
  replica: Replica | null;
  fromMs: number;
  /** Infinity while it lasts. */
  toMs: number;
}

export interface FaultsOptions {
  cluster: Cluster;
  server: DatabaseServer;
  random: SeededRandom;
  onError: (error: unknown) => void;
}

const leaseMs = 2_000;
const gapMs = { min: 300, max: 2_000 };
/** Mostly longer than the lease, and sometimes about as long. */
const pauseMs = { min: leaseMs - 300, max: leaseMs + 1_500 };
/** How long changes may still feel what is over: a lease that is waited out, a delay before the next attempt. */
const aftermathMs = 1_000;
/** The supervisor of the server waits longer with each restart, unless the server ran for a minute. */
const quickRestarts = 3;
const restartGapMs = 61_000;
const maxStarts = 5;

/** Does harm, one thing after the other, each kind at least once. */
export class Faults {
  readonly counts: Record<FaultKind, number>;
  failedStarts = 0;
  readonly #options: FaultsOptions;
  readonly #running = new Set<Promise<void>>();
  #spells: Spell[] = [];
  #lastRestartMs = 0;

  constructor(options: FaultsOptions) {
    this.#options = options;
    this.counts = Object.fromEntries(faultKinds.map((kind) => [kind, 0])) as Record<FaultKind, number>;
  }

  get hadEach(): boolean {
    return Object.values(this.counts).every((count) => count > 0);
  }

  /** Goes on until `isOver` says so, and returns when everything has been put right. */
  async run(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      await delay(this.#options.random.between(gapMs.min, gapMs.max));
      if (!isOver()) await this.#doAny();
    }
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  /** To be called when a change is sent. @returns what to call at its end, which says what it went through */
  watch(replica: Replica): () => string {
    const startMs = performance.now();
    return () => {
      const met = this.#spells.filter(({ toMs }) => toMs >= startMs);
      if (met.some((spell) => spell.kind === 'replica paused' && spell.replica === replica)) {
        return 'sent to the paused replica';
      }
      const kinds = new Set(met.map(({ kind }) => kind));
      return [...faultKinds, 'replica started' as const].find((kind) => kinds.has(kind)) ?? 'calm';
    };
  }

  async #doAny(): Promise<void> {
    const { random } = this.#options;
    const missing = faultKinds.filter((kind) => this.counts[kind] === 0);
    const kind = random.pick(missing.length > 0 ? missing : faultKinds);
    const replica = random.pick(this.#expendable());
    if (kind === undefined || replica === undefined) return;
    if (kind === 'database process crashed') return this.#crashDatabaseProcess();
    if (kind === 'database crashed' || kind === 'database restarted') return this.#restartDatabase(kind);
    if (kind === 'replica paused') return this.#alongside(() => this.#pause(replica));
    if (kind === 'connections cut') return this.#cut(replica);
    return this.#alongside(() => this.#replace(kind, replica));
  }

  /** Of the replicas that run, all if there are several, so that there is always one that answers. */
  #expendable(): Replica[] {
    const running = this.#options.cluster.replicas.filter(({ isPaused }) => !isPaused);
    return running.length > 1 || this.#options.cluster.replicas.length === 1 ? running : [];
  }

  #alongside(work: () => Promise<void>): void {
    const running = work()
      .catch(this.#options.onError)
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  async #restartDatabase(kind: FaultKind): Promise<void> {
    const restarts = this.counts['database crashed'] + this.counts['database restarted'];
    if (restarts >= quickRestarts && performance.now() - this.#lastRestartMs < restartGapMs) return;
    const end = this.#begin(kind, null);
    await this.#options.server.restart(kind === 'database crashed' ? 'SIGQUIT' : 'SIGINT');
    this.#lastRestartMs = performance.now();
    end(aftermathMs);
  }

  async #crashDatabaseProcess(): Promise<void> {
    const end = this.#begin('database process crashed', null);
    await this.#options.server.crash();
    end(aftermathMs);
  }

  async #pause(replica: Replica): Promise<void> {
    const end = this.#begin('replica paused', replica);
    replica.pause();
    await delay(this.#options.random.between(pauseMs.min, pauseMs.max));
    replica.resume();
    end(aftermathMs);
  }

  async #cut(replica: Replica): Promise<void> {
    const end = this.#begin('connections cut', replica);
    // One that is being restarted has cut them itself.
    await this.#options.cluster.pool
      .query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1', [
        replica.name,
      ])
      .catch(() => {});
    end(aftermathMs);
  }

  async #replace(kind: 'replica killed' | 'replica retired', replica: Replica): Promise<void> {
    const end = this.#begin(kind, replica);
    if (kind === 'replica killed') replica.kill();
    else replica.retire();
    await replica.ended;
    end(kind === 'replica killed' ? leaseMs + aftermathMs : 0);
    const endOfStart = this.#begin('replica started', null);
    await this.#start();
    endOfStart(aftermathMs);
  }

  /** As a supervisor does it: a start that fails, as when the database goes away meanwhile, is repeated. */
  async #start(): Promise<void> {
    for (let attempt = 1; attempt <= maxStarts; attempt += 1) {
      try {
        await this.#options.cluster.add();
        return;
      } catch (error) {
        this.failedStarts += 1;
        if (attempt === maxStarts) throw error;
      }
    }
  }

  #begin(kind: Spell['kind'], replica: Replica | null): (aftermathMs: number) => void {
    if (kind !== 'replica started') this.counts[kind] += 1;
    const nowMs = performance.now();
    this.#spells = this.#spells.filter(({ toMs }) => toMs > nowMs - 60_000);
    const spell: Spell = { kind, replica, fromMs: nowMs, toMs: Number.POSITIVE_INFINITY };
    this.#spells.push(spell);
    return (lasting) => {
      spell.toMs = performance.now() + lasting;
    };
  }
}
