import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'pg';
import { handleConnectionErrors } from '../../lib/database/database.ts';
import { eventKinds } from '../../lib/events/event-kinds.ts';
import { KeyReplica } from '../../lib/replica/key-replica.ts';
import { DatabaseMeter } from '../database-meter.ts';
import { KeyChanger } from '../key-changer.ts';
import type { Figure } from '../results.ts';
import type { Scenario } from '../scenario.ts';
import { startServer } from '../server-process.ts';
import { accessLog, latchkey } from '../settings.ts';
import { quantile, spreadOf } from '../statistics.ts';

const counts = [50, 100, 200];
const idleMs = 8_000;
const changingMs = 10_000;
/** Time for every replica to load, and to fall into its rhythm. */
const settleMs = 2_000;
const changePauseMs = 500;

/**
 * PostgreSQL under many replicas: the replication of the service itself, statements and timers, with no keys, as
 * often as wanted in this process. Changes come from a service beside them, and are answered when all have them.
 */
export const replicas: Scenario = async ({ placement, quick }) => {
  const meter = await DatabaseMeter.start(300);
  const server = await startServer(latchkey(meter.databaseUrl, accessLog.off), placement);
  const crowd = new Crowd(meter.databaseUrl);
  const figures: Figure[] = [];
  const notes: string[] = [];
  const figure = (label: string, unit: string, ...values: number[]) =>
    figures.push({ label, unit, value: spreadOf(values), goal: null });
  try {
    for (const count of quick ? [20] : counts) {
      crowd.grow(count, true);
      await delay(settleMs);
      const { seconds, syncs, meanMs, cores, walBytes } = await observe(meter, () => delay(idleMs));
      const label = `${count} replicas, idle`;
      figure(`syncs a second, ${label}`, '', syncs / seconds);
      figure(`time of a sync in PostgreSQL, ${label}`, 'ms', meanMs);
      figure(`cores that PostgreSQL takes, ${label}`, '', cores);
      figure(`WAL, ${label}`, 'kB/s', walBytes / 1_000 / seconds);
    }
    for (const notifications of [true, false]) {
      const count = crowd.size;
      if (!notifications) {
        await crowd.leave();
        crowd.grow(count, false);
        await delay(settleMs);
      }
      const changer = new KeyChanger(server.port);
      const endMs = performance.now() + changingMs;
      const { seconds, syncs, cores } = await observe(meter, async () => {
        while (performance.now() < endMs) await changer.change(1, changePauseMs);
      });
      const { timesMs } = changer;
      const label = `${count} replicas ${notifications ? 'with' : 'without'} notifications`;
      figure(`time of a change, ${label}`, 'ms', ...timesMs);
      figure(`slowest change, ${label}`, 'ms', quantile(timesMs, 1));
      figure(`cores that PostgreSQL takes, ${label}, changing`, '', cores);
      notes.push(
        `${label}: ${timesMs.length} changes in ${seconds.toFixed(1)} s, ${(syncs / seconds).toFixed(0)} syncs a second.`,
      );
    }
    notes.push(`${crowd.failures} statements failed, and replicas were fenced ${crowd.timesFenced} times.`);
  } finally {
    await crowd.leave();
    await server.stop();
    await meter.close();
  }
  return { figures, comparisons: [], curves: [], notes };
};

/** Returns the usage while `work` ran, by syncs above all. */
async function observe(meter: DatabaseMeter, work: () => Promise<void>) {
  await meter.takeStatements();
  const before = await meter.usage();
  await work();
  const after = await meter.usage();
  const sync = (await meter.takeStatements()).find(({ text }) => /^\s*WITH known/.test(text));
  const seconds = (after.atMs - before.atMs) / 1_000;
  return {
    seconds,
    syncs: sync?.calls ?? 0,
    meanMs: sync?.meanMs ?? Number.NaN,
    cores: (after.cpuSeconds - before.cpuSeconds) / seconds,
    walBytes: after.walBytes - before.walBytes,
  };
}

/** Replicas that decide on nothing. */
class Crowd {
  readonly #databaseUrl: string;
  /** For changes made by them, of which there are none. */
  readonly #pool: Pool;
  #members: KeyReplica[] = [];
  failures = 0;
  timesFenced = 0;

  constructor(databaseUrl: string) {
    this.#databaseUrl = databaseUrl;
    this.#pool = new Pool({ connectionString: databaseUrl, max: 1 });
    handleConnectionErrors(this.#pool, () => {});
  }

  get size(): number {
    return this.#members.length;
  }

  grow(size: number, notifications: boolean): void {
    while (this.#members.length < size) {
      const member = new KeyReplica({
        pool: this.#pool,
        databaseUrl: this.#databaseUrl,
        notifications,
        eventKinds,
        staleIfErrorMs: 0,
        onError: () => {
          this.failures += 1;
        },
      });
      this.#members.push(member);
      member.start();
    }
  }

  async leave(): Promise<void> {
    for (const member of this.#members) this.timesFenced += member.status().timesFenced;
    await Promise.all(this.#members.splice(0).map((member) => member.stop()));
  }
}
