import { type BenchResults, disturbed, type Figure, type ScenarioResult } from '../results.ts';
import { goalText, metText, quartilesText, valueText } from './figure-text.ts';

const begin = '<!-- results: begin -->';
const end = '<!-- results: end -->';

/** All figures beside their goals. */
export function markdownTable({ scenarios, machine, commit, date }: BenchResults): string {
  const lines = scenarios.flatMap(({ name, figures }) => figures.map((figure) => lineOf(name, figure)));
  const doubtful = scenarios.filter(({ notes }) => notes.includes(disturbed));
  return [
    `Commit ${commit}, ${date}. ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GB, Node ${machine.node}.`,
    '',
    '| scenario | | median | quartiles | goal | |',
    '|---|---|---|---|---|---|',
    ...lines,
    '',
    'The cost of a request:',
    '',
    '| scenario | | requests a second | CPU time of the server, µs | cores busy |',
    '|---|---|---|---|---|',
    ...scenarios.flatMap(costLines),
    ...doubtful.flatMap(({ name }) => ['', `\`${name}\`: ${disturbed}`]),
  ].join('\n');
}

const costLines = ({ name, comparisons }: ScenarioResult): string[] =>
  comparisons.flatMap(({ title, variants }) =>
    variants.map(({ label, requestsPerSecond, cpuMicros, coresBusy }) => {
      const perSecond = Math.round(requestsPerSecond.median).toLocaleString('en');
      const what = `${title}: ${label}`;
      return `| ${name} | ${what} | ${perSecond} | ${cpuMicros.median.toFixed(1)} | ${coresBusy.median.toFixed(2)} |`;
    }),
  );

function lineOf(name: string, figure: Figure): string {
  const goal = figure.goal === null ? '' : goalText(figure.goal);
  const cells = [name, figure.label, valueText(figure), quartilesText(figure), goal, metText(figure)];
  return `| ${cells.join(' | ')} |`;
}

/** @returns the text with another table between the markers */
export function replaceTable(readme: string, table: string): string {
  const from = readme.indexOf(begin);
  const to = readme.indexOf(end);
  if (from < 0 || to < from) throw new Error('The markers of the table are missing');
  return `${readme.slice(0, from + begin.length)}\n\n${table}\n\n${readme.slice(to)}`;
}
