import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { BenchResults } from '../results.ts';
import { repository } from '../server-process.ts';
import { htmlReport } from './html.ts';
import { markdownTable, replaceTable } from './table.ts';

/**
 * Writes the results as JSON and as a page, and the README's table: that one only of all scenarios, measured in
 * full, so that its lines are always of one run.
 */
export async function writeReports(results: BenchResults, complete: boolean): Promise<void> {
  const folder = path.join(repository, 'bench/results');
  await mkdir(folder, { recursive: true });
  const name = [results.date, results.commit, ...(results.quick || !complete ? ['part'] : [])].join('-');
  const file = path.join(folder, name);
  await writeFile(`${file}.json`, `${JSON.stringify(results, roundNumbers, 1)}\n`);
  await writeFile(`${file}.html`, htmlReport(results));
  console.log(`\nWritten after ${results.durationSeconds} s: bench/results/${name}.json and .html`);
  if (results.quick || !complete) return;
  const readme = path.join(repository, 'bench/README.md');
  await writeFile(readme, replaceTable(await readFile(readme, 'utf8'), markdownTable(results)));
  console.log('The table of bench/README.md is of this run now');
}

/** More digits than anybody believes make the file twice as long. */
const roundNumbers = (_key: string, value: unknown): unknown =>
  typeof value === 'number' ? Number(value.toPrecision(5)) : value;
