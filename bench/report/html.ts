import type { BenchResults, Comparison, LatencyCurve, Machine, ScenarioResult } from '../results.ts';
import { goalText, metText, quartilesText, valueText } from './figure-text.ts';
import { barPlot, escapeText, linearAxis, linePlot, logarithmicAxis, percentileAxis } from './plot.ts';

const style = `
  body { font: 15px/1.5 system-ui, sans-serif; max-width: 920px; margin: 2rem auto; padding: 0 1rem; color: #1f2328; background: #fff }
  table { border-collapse: collapse; width: 100% } td, th { border-bottom: 1px solid #d1d9e0; padding: .3rem .5rem; text-align: left }
  td.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums }
  .met { color: #1a7f37 } .MISSED { color: #d1242f; font-weight: bold }
  svg { width: 100%; height: auto } svg text { font: 12px system-ui, sans-serif; fill: #59636e } .grid { stroke: #e6eaef }
  .legend span { margin-right: 1.2em; white-space: nowrap; display: inline-block } .legend i { display: inline-block; width: 1em; height: .7em; margin-right: .4em }
`;

/** One page that needs nothing else: all figures, and what they were taken from as plots. */
export function htmlReport(results: BenchResults): string {
  const { commit, date, machine, quick, durationSeconds, scenarios } = results;
  const title = `Latchkey: what authentication costs, ${date}, ${commit}`;
  return [
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escapeText(title)}</title><style>${style}</style>`,
    `<h1>${escapeText(title)}</h1>`,
    quick ? '<p class="MISSED">A quick run: few rounds, no result.</p>' : '',
    `<p>${escapeText(machineText(machine))} The run took ${durationSeconds} s.</p>`,
    ...scenarios.map(scenarioHtml),
    '</html>\n',
  ].join('\n');
}

const machineText = ({ cpu, cores, memoryGb, system, node, generator, pinning }: Machine): string =>
  `${cpu}, ${cores} cores, ${memoryGb} GB, ${system}, Node ${node}, ${generator}. ` +
  (pinning === null
    ? 'The system placed the processes.'
    : `The server ran on core ${pinning.server}, generator and PostgreSQL on ${pinning.generator}.`);

const scenarioHtml = ({ name, figures, notes, comparisons, curves }: ScenarioResult): string =>
  [
    `<h2>${escapeText(name)}</h2>`,
    '<table><tr><th></th><th>median</th><th>quartiles</th><th>goal</th><th></th></tr>',
    ...figures.map(
      (figure) =>
        `<tr><td>${escapeText(figure.label)}</td><td class="number">${escapeText(valueText(figure))}</td>` +
        `<td class="number">${quartilesText(figure)}</td>` +
        `<td class="number">${figure.goal === null ? '' : goalText(figure.goal)}</td>` +
        `<td class="${metText(figure)}">${metText(figure)}</td></tr>`,
    ),
    '</table>',
    ...notes.map((note) => `<p>${escapeText(note)}</p>`),
    ...comparisons.map(comparisonHtml),
    curves.length === 0 ? '' : curvesHtml(curves),
  ].join('\n');

/** The cost of a request, as that of the first variant and what comes on top of it; and the throughput over time. */
function comparisonHtml({ title, variants }: Comparison): string {
  const base = variants[0]?.cpuMicros.median ?? 0;
  const bars = variants.map(({ label, cpuMicros: { median }, requestsPerSecond }) => ({
    label,
    parts: [Math.min(base, median), Math.max(0, median - base)],
    text: `${median.toFixed(1)} µs, ${Math.round(requestsPerSecond.median).toLocaleString('en')}/s`,
  }));
  const lines = variants.map(({ label, slices }) => ({
    label,
    points: slices.map(({ atSeconds, requestsPerSecond }) => ({ x: atSeconds, y: requestsPerSecond })),
  }));
  const all = lines.flatMap(({ points }) => points);
  return [
    `<h3>${escapeText(title)}: CPU time of the server for a request, and requests a second</h3>`,
    barPlot(bars),
    `<h3>${escapeText(title)}: throughput over time, in turns</h3>`,
    linePlot(
      lines,
      linearAxis('seconds', 0, Math.max(...all.map(({ x }) => x))),
      linearAxis('requests a second', 0, Math.max(...all.map(({ y }) => y))),
    ),
  ].join('\n');
}

function curvesHtml(curves: readonly LatencyCurve[]): string {
  const lines = curves.map(({ label, samples, points }) => ({
    label: `${label} (${samples.toLocaleString('en')} requests)`,
    points: points.map(({ percentile, ms }) => ({ x: percentile, y: ms })),
  }));
  const all = lines.flatMap(({ points }) => points);
  const ms = all.map(({ y }) => y);
  return [
    '<h3>Latency by percentile, from the instant that a request was due, in an open loop</h3>',
    linePlot(
      lines,
      percentileAxis('requests that are as fast, of all', Math.max(...all.map(({ x }) => x))),
      logarithmicAxis('ms', Math.min(...ms), Math.max(...ms)),
    ),
  ].join('\n');
}
