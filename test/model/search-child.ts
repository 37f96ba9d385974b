import { MUTANTS } from './mutants.ts';
import { SOUND_PARTS } from './schedule.ts';
import { search } from './search.ts';
import type { SearchOrder } from './searcher.ts';

process.on('message', ({ without, firstSeed, count }: SearchOrder) => {
  const mutant = MUTANTS.find((one) => one.without === without);
  if (without !== null && mutant === undefined) throw new Error(`there is no mutant without ${without}`);
  const result = search(mutant?.parts ?? SOUND_PARTS, firstSeed, count, mutant?.breaks ?? null);
  void result.then((found) => process.send?.(found));
});
