/**
 * Runs many schedules of the model on all cores: `run.ts [count] [first seed]`. Without a first seed it takes
 * one from the time. Prints the seeds, and for a schedule that breaks a rule everything that happened in it.
 */
import { availableParallelism } from 'node:os';
import { SOUND_PARTS } from './schedule.ts';
import { explain } from './search.ts';
import { Searcher } from './searcher.ts';

const BATCH = 5_000;

const count = Number(process.argv[2] ?? 100_000);
const firstSeed = Number(process.argv[3] ?? Date.now() % 1_000_000_000);
const startMs = performance.now();
let given = 0;
let done = 0;

async function work(searcher: Searcher): Promise<void> {
  while (given < count) {
    const order = { without: null, firstSeed: firstSeed + given, count: Math.min(BATCH, count - given) };
    given += order.count;
    const { found } = await searcher.search(order);
    if (found !== null) {
      console.log(await explain(SOUND_PARTS, found.seed));
      process.exit(1);
    }
    done += order.count;
    const perSecond = done / ((performance.now() - startMs) / 1_000);
    console.log(`${done} schedules, ${perSecond.toFixed(0)}/s, the promise kept in all`);
  }
  searcher.close();
}

console.log(`${count} schedules from seed ${firstSeed}`);
await Promise.all(Array.from({ length: availableParallelism() }, () => work(new Searcher())));
