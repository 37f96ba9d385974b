import t from 'tap';
import { lateAnnouncement } from './late-announcement.ts';
import { MUTANTS, RARE_MUTANTS } from './mutants.ts';
import { SOUND_PARTS } from './schedule.ts';
import { explain } from './search.ts';
import { Searcher } from './searcher.ts';

const SCHEDULES = 10_000;

t.setTimeout(300_000);

const searcher = new Searcher();
const secondSearcher = new Searcher();
t.teardown(() => {
  searcher.close();
  secondSearcher.close();
});

t.test(`${SCHEDULES} schedules keep the promise and come to rest`, async (t) => {
  const half = SCHEDULES / 2;
  const halves = await Promise.all([
    searcher.search({ without: null, firstSeed: 1, count: half }),
    secondSearcher.search({ without: null, firstSeed: 1 + half, count: half }),
  ]);
  for (const { found, answers, comparisons } of halves) {
    if (found !== null) t.comment(await explain(SOUND_PARTS, found.seed));
    t.equal(found, null);
    t.ok(answers > half, 'changes were answered');
    t.ok(comparisons > 100 * half, 'decisions were compared with what had been answered');
  }
});

t.test('a seed always gives the same schedule', async (t) => {
  const [first, second] = [await explain(SOUND_PARTS, 7), await explain(SOUND_PARTS, 7)];
  t.equal(first, second);
  t.ok(first.length > 1_000);
});

t.test('the same schedules find guilty the protocol', async (t) => {
  for (const { without, parts } of MUTANTS) {
    t.test(`without ${without}`, async (t) => {
      const { found, schedules } = await searcher.search({ without, firstSeed: 1, count: SCHEDULES });
      t.comment(`schedule ${schedules}: ${found?.how}`);
      const trace = found === null ? 'not found' : await explain(parts, found.seed);
      t.match(trace, / broken: /, 'and it can be read how');
    });
  }
});

t.test('an announcement that comes late, between the read and the renewal', async (t) => {
  t.equal(await lateAnnouncement(SOUND_PARTS), false, 'is harmless');
  for (const { without, parts } of RARE_MUTANTS) {
    t.equal(await lateAnnouncement(parts), true, `but not without ${without}`);
  }
});
