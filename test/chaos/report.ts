import type { ChaosReport } from './chaos.ts';
import type { Quantiles } from './latencies.ts';

/** A report as lines to read. */
export function textOf(title: string, report: ChaosReport): string {
  const { changes, verifications } = report;
  const lines = [
    `${title}: ${report.verifications.violations} violations in ${seconds(report.durationMs)}`,
    `  changes: ${countsOf(changes)}`,
    `  of which: ${countsOf(report.kinds)}`,
    ...timesOf('  answered as made', report.changeTimes),
    ...(changes.unavailable > 0 ? timesOf('  answered 503', report.unavailableTimes) : []),
    `  verifications: ${verifications.decided} decided, ${verifications.unavailable} answered 503, ` +
      `${verifications.broken} broken, ${verifications.skipped} not sent; ` +
      `${verifications.unjudged.answered} more not judged, and ${verifications.unjudged.lost} of them lost; ` +
      `capacity with this harness ${Math.round(verifications.capacityPerSecond)}/s`,
    `  faults: ${countsOf({ ...report.faults, 'failed starts': report.failedStarts })}`,
    ...report.violations.map((violation) => `  VIOLATION ${JSON.stringify(violation)}`),
    ...report.unexpected.map((unexpected) => `  UNEXPECTED ${unexpected}`),
    ...report.contradictions.map((contradiction) => `  CONTRADICTION ${contradiction}`),
  ];
  return `${lines.join('\n')}\n`;
}

const seconds = (durationMs: number): string => `${(durationMs / 1_000).toFixed(1)} s`;

const countsOf = (counts: Record<string, number>): string =>
  Object.entries(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');

function timesOf(title: string, times: Record<string, Quantiles>): string[] {
  const rows = Object.entries(times).map(
    ([weather, { count, p50Ms, p99Ms, maxMs }]) =>
      `    ${weather.padEnd(28)}${String(count).padStart(7)}` +
      [p50Ms, p99Ms, maxMs].map((timeMs) => timeMs.toFixed(1).padStart(9)).join(''),
  );
  return [`${title.padEnd(32)}  count   p50 ms   p99 ms   max ms`, ...rows];
}
