import { type Parts, type Rule, Schedule, type Violation } from './schedule.ts';

interface Found extends Violation {
  readonly seed: number;
}

export interface Search {
  /** The first schedule that broke the rule, or null. */
  readonly found: Found | null;
  readonly schedules: number;
  readonly answers: number;
  readonly comparisons: number;
}

/** Runs the schedules with the seeds from `firstSeed` on, `count` of them, until one breaks `rule`, or any if null. */
export async function search(
  parts: Parts,
  firstSeed: number,
  count: number,
  rule: Rule | null = null,
): Promise<Search> {
  let answers = 0;
  let comparisons = 0;
  for (let seed = firstSeed; seed < firstSeed + count; seed += 1) {
    const verdict = await new Schedule(seed, parts, false).run();
    answers += verdict.answers;
    comparisons += verdict.comparisons;
    const { guilt } = verdict;
    if (guilt === null || (rule !== null && guilt.broken !== rule)) continue;
    return { found: { ...guilt, seed }, schedules: seed - firstSeed + 1, answers, comparisons };
  }
  return { found: null, schedules: count, answers, comparisons };
}

/** The same schedule once more, with everything that happens in it, for a human to read. */
export async function explain(parts: Parts, seed: number): Promise<string> {
  const { trace } = await new Schedule(seed, parts, true).run();
  return [`seed ${seed}`, ...trace].join('\n');
}
