/**
 * Runs many schedules of the model: `run.ts [count] [first seed]`. Without a first seed it takes one from the
 * time. Prints the seeds, and for the first schedule that breaks the promise everything that happened in it.
 */
import { SOUND_PARTS } from './schedule.ts';
import { explain, search } from './search.ts';

const REPORT_EVERY = 10_000;

const count = Number(process.argv[2] ?? 100_000);
const firstSeed = Number(process.argv[3] ?? Date.now() % 1_000_000_000);
const startMs = performance.now();

console.log(`${count} schedules from seed ${firstSeed}`);
for (let done = 0; done < count; done += REPORT_EVERY) {
  const batch = Math.min(REPORT_EVERY, count - done);
  const { found } = await search(SOUND_PARTS, firstSeed + done, batch);
  if (found !== null) {
    console.log(await explain(SOUND_PARTS, found.seed));
    process.exit(1);
  }
  const perSecond = (done + batch) / ((performance.now() - startMs) / 1_000);
  console.log(`${done + batch} schedules, ${perSecond.toFixed(0)}/s, none guilty`);
}
