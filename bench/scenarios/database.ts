import { setTimeout as delay } from 'node:timers/promises';
import { DatabaseMeter, type DatabaseUsage } from '../database-meter.ts';
import { KeyChanger } from '../key-changer.ts';
import type { Figure } from '../results.ts';
import type { Scenario } from '../scenario.ts';
import { type ServerProcess, startServer } from '../server-process.ts';
import { accessLog, latchkey } from '../settings.ts';
import { spreadOf } from '../statistics.ts';

const replicaCounts = [1, 2, 4];
const idleMs = 10_000;
const changes = 50;
const settleMs = 1_000;

/** Measures PostgreSQL's load by idle replicas and by each change. */
export const database: Scenario = async ({ placement, quick }) => {
  const meter = await DatabaseMeter.start(200);
  const servers: ServerProcess[] = [];
  const figures: Figure[] = [];
  const notes: string[] = [];
  try {
    for (const count of quick ? replicaCounts.slice(0, 2) : replicaCounts) {
      while (servers.length < count)
        servers.push(await startServer(latchkey(meter.databaseUrl, accessLog.off), placement));
      await delay(settleMs);
      const label = count === 1 ? '1 replica' : `${count} replicas`;
      const idle = await measure(meter, () => delay(quick ? 2_000 : idleMs));
      figures.push(
        figure(`connections, ${label}`, '', await meter.connections()),
        figure(`statements a second, ${label}, idle`, '', idle.statements / idle.seconds),
        figure(`WAL, ${label}, idle`, 'kB/s', idle.walBytes / 1_000 / idle.seconds),
      );

      const changer = new KeyChanger(servers[0]?.port ?? 0);
      await changer.change(5);
      await meter.takeStatements();
      const busy = await measure(meter, () => changer.change(changes));
      const beyondIdle = (total: number, idleTotal: number) =>
        (total - (idleTotal / idle.seconds) * busy.seconds) / changes;
      figures.push(
        figure(`statements of a change, ${label}`, '', beyondIdle(busy.statements, idle.statements)),
        figure(`WAL of a change, ${label}`, 'kB', beyondIdle(busy.walBytes, idle.walBytes) / 1_000),
      );
      notes.push(`Of ${changes} changes with ${label}, and the syncs beside them:`);
      for (const { text, calls } of await meter.takeStatements())
        if (calls >= changes / 2) notes.push(`${(calls / changes).toFixed(1)} × ${shortened(text)}`);
    }
  } finally {
    for (const server of servers) await server.stop();
    await meter.close();
  }
  return { figures, comparisons: [], curves: [], notes };
};

/** Returns the usage while `work` ran. */
async function measure(
  meter: DatabaseMeter,
  work: () => Promise<void>,
): Promise<Omit<DatabaseUsage, 'atMs'> & { seconds: number }> {
  const before = await meter.usage();
  await work();
  const after = await meter.usage();
  return {
    seconds: (after.atMs - before.atMs) / 1_000,
    statements: after.statements - before.statements,
    walBytes: after.walBytes - before.walBytes,
    cpuSeconds: after.cpuSeconds - before.cpuSeconds,
  };
}

const figure = (label: string, unit: string, value: number): Figure => ({
  label,
  unit,
  value: spreadOf([value]),
  goal: null,
});

const shortened = (text: string): string => text.replace(/\s+/g, ' ').slice(0, 90);
