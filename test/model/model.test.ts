import t from 'tap';
import { lateAnnouncement } from './late-announcement.ts';
import { MUTANTS, TWO_STATEMENTS } from './mutants.ts';
import { Schedule, SOUND_PARTS } from './schedule.ts';
import { explain, search } from './search.ts';

const SCHEDULES = 10_000;

t.setTimeout(300_000);

t.test(`${SCHEDULES} schedules keep the promise and come to rest`, async (t) => {
  const { found, answers, comparisons } = await search(SOUND_PARTS, 1, SCHEDULES);
  if (found !== null) t.comment(await explain(SOUND_PARTS, found.seed));
  t.equal(found, null);
  t.ok(answers > SCHEDULES, 'changes were answered');
  t.ok(comparisons > 100 * SCHEDULES, 'decisions were compared with what had been answered');
});

t.test('a seed always gives the same schedule', async (t) => {
  const [first, second] = [await explain(SOUND_PARTS, 7), await explain(SOUND_PARTS, 7)];
  t.equal(first, second);
  t.ok(first.length > 1_000);
});

t.test('the same schedules find guilty the protocol', async (t) => {
  for (const { without, breaks, parts } of MUTANTS) {
    t.test(`without ${without}`, async (t) => {
      const { found, schedules } = await search(parts, 1, SCHEDULES, breaks);
      t.comment(`schedule ${schedules}: ${found?.how ?? 'not found'}`);
      t.not(found, null);
    });
  }
});

t.test('an announcement that comes late, between the read and the renewal', async (t) => {
  t.equal(await lateAnnouncement(SOUND_PARTS), false, 'is harmless');
  t.equal(await lateAnnouncement(TWO_STATEMENTS.parts), true, `but not without ${TWO_STATEMENTS.without}`);
});

t.test('a schedule that is found guilty can be read', async (t) => {
  const mutant = MUTANTS.find(({ breaks }) => breaks === 'promise');
  if (mutant === undefined) throw new Error('there is no such mutant');
  const { found } = await search(mutant.parts, 1, SCHEDULES, 'promise');
  const verdict = await new Schedule(found?.seed ?? 0, mutant.parts, true).run();
  t.match(verdict.trace.at(-1), /promise broken: replica \d+ decides by edit/);
});
