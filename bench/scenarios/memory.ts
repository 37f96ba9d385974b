import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { atMost } from '../alternate.ts';
import type { GrowthReport } from '../key-table.ts';
import { keepTrack } from '../running.ts';
import type { Scenario } from '../scenario.ts';
import { spreadOf } from '../statistics.ts';

const count = 5_000_000;
const quickCount = 1_000_000;
const program = fileURLToPath(new URL('../key-table.ts', import.meta.url));

/** The memory of a key, and what the growth of the table stops, in a process that does nothing else. */
export const memory: Scenario = async ({ quick }) => {
  const { sizes, longestStopMs, longestControlMs } = await growTable(quick ? quickCount : count);
  return {
    figures: [
      // Fewer keys fit into what the process had taken before.
      ...sizes
        .filter(({ keys }) => keys >= quickCount)
        .map(({ keys, residentBytesEach }) => ({
          label: `memory of a key, all in, ${keys.toLocaleString('en')} keys`,
          unit: 'bytes',
          value: spreadOf([residentBytesEach]),
          goal: atMost(100),
        })),
      {
        label: 'longest change while the table grew, garbage collections aside',
        unit: 'ms',
        value: spreadOf([longestStopMs]),
        goal: atMost(5),
      },
      {
        label: 'longest of as many rounds of lookups of that length, which grow nothing',
        unit: 'ms',
        value: spreadOf([longestControlMs]),
        goal: null,
      },
    ],
    comparisons: [],
    curves: [],
    notes: ['Five users for a tenant of 500 keys: a user for every key costs a few hundred bytes more.'],
  };
};

async function growTable(keys: number): Promise<GrowthReport> {
  const child = fork(program, [String(keys), 'growth']);
  const ended = once(child, 'exit');
  const stop = keepTrack(async () => {
    child.kill();
    await ended;
  });
  const died = ended.then((): never => {
    throw new Error('The process that grows the table ended');
  });
  const [report]: GrowthReport[] = await Promise.race([once(child, 'message'), died]);
  died.catch(() => {});
  await stop();
  if (report === undefined) throw new Error('The process that grows the table said nothing');
  return report;
}
