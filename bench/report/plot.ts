/** Plots as SVG, without any script or style from elsewhere. */

export interface Line {
  label: string;
  points: { x: number; y: number }[];
}

export interface Axis {
  label: string;
  /** Returns the position of a value between the two ends: 0 to 1. */
  place(value: number): number;
  ticks: { at: number; text: string }[];
}

const colours = ['#1f6feb', '#d1242f', '#1a7f37', '#9a6700', '#8250df', '#bc4c00', '#0a7ea4', '#57606a'];

const width = 860;
const height = 300;
const margin = { left: 70, right: 20, top: 10, bottom: 45 };

export const escapeText = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const colourOf = (index: number): string => colours[index % colours.length] ?? '#000';

/** Ticks at round numbers, about five of them. */
export function linearAxis(label: string, from: number, to: number): Axis {
  const span = to - from || 1;
  const rough = span / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  const ticks = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) {
    ticks.push({ at, text: Number(at.toPrecision(6)).toLocaleString('en') });
  }
  return { label, place: (value) => (value - from) / span, ticks };
}

/** A tick at each power of ten. */
export function logarithmicAxis(label: string, from: number, to: number): Axis {
  const low = Math.floor(Math.log10(from));
  const high = Math.ceil(Math.log10(to));
  const ticks = Array.from({ length: high - low + 1 }, (_, i) => ({
    at: 10 ** (low + i),
    text: String(Number((10 ** (low + i)).toPrecision(1))),
  }));
  const span = high - low || 1;
  return { label, place: (value) => (Math.log10(value) - low) / span, ticks };
}

/** By how rare what lies beyond is: 90, 99 and 99.9 % are equally far apart. */
export function percentileAxis(label: string, to: number): Axis {
  const rarity = (percentile: number) => -Math.log10(1 - percentile / 100);
  const shown = [0, 50, 90, 99, 99.9, 99.99, 99.999].filter((percentile) => percentile <= to);
  return {
    label,
    place: (value) => rarity(value) / rarity(to),
    ticks: shown.map((at) => ({ at, text: `${at} %` })),
  };
}

export function linePlot(lines: readonly Line[], x: Axis, y: Axis): string {
  const left = (value: number) => margin.left + x.place(value) * (width - margin.left - margin.right);
  const top = (value: number) =>
    height - margin.bottom - y.place(value) * (height - margin.top - margin.bottom);
  const grid = [
    ...y.ticks.map(
      ({ at, text }) =>
        `<line x1="${margin.left}" x2="${width - margin.right}" y1="${top(at)}" y2="${top(at)}" class="grid"/>` +
        `<text x="${margin.left - 8}" y="${top(at) + 4}" text-anchor="end">${text}</text>`,
    ),
    ...x.ticks.map(
      ({ at, text }) =>
        `<line x1="${left(at)}" x2="${left(at)}" y1="${margin.top}" y2="${height - margin.bottom}" class="grid"/>` +
        `<text x="${left(at)}" y="${height - margin.bottom + 16}" text-anchor="middle">${text}</text>`,
    ),
  ];
  const paths = lines.map(({ points }, i) => {
    const text = points.map(({ x, y }) => `${left(x).toFixed(1)},${top(y).toFixed(1)}`).join(' ');
    return `<polyline points="${text}" fill="none" stroke="${colourOf(i)}" stroke-width="2"/>`;
  });
  const names =
    `<text x="${(margin.left + width) / 2}" y="${height - 8}" text-anchor="middle">${escapeText(x.label)}</text>` +
    `<text transform="translate(14 ${height / 2}) rotate(-90)" text-anchor="middle">${escapeText(y.label)}</text>`;
  const legend = lines.map(
    ({ label }, i) => `<span><i style="background:${colourOf(i)}"></i>${escapeText(label)}</span>`,
  );
  return (
    `<svg viewBox="0 0 ${width} ${height}" role="img">${grid.join('')}${paths.join('')}${names}</svg>` +
    `<p class="legend">${legend.join('')}</p>`
  );
}

export interface Bar {
  label: string;
  /** One on top of the other. */
  parts: number[];
  text: string;
}

/** Bars from left to right, each of parts. */
export function barPlot(bars: readonly Bar[]): string {
  const rowHeight = 26;
  const labelWidth = 340;
  const textWidth = 120;
  const total = ({ parts }: Bar) => parts.reduce((sum, part) => sum + part, 0);
  const scale = (width - labelWidth - textWidth) / Math.max(...bars.map(total));
  const rows = bars.map((bar, row) => {
    let x = labelWidth;
    const rects = bar.parts.map((part, i) => {
      const rect = `<rect x="${x.toFixed(1)}" y="${row * rowHeight + 4}" width="${(part * scale).toFixed(1)}" height="18" fill="${colourOf(i)}"/>`;
      x += part * scale;
      return rect;
    });
    const y = row * rowHeight + 17;
    return (
      `<text x="${labelWidth - 8}" y="${y}" text-anchor="end">${escapeText(bar.label)}</text>${rects.join('')}` +
      `<text x="${(x + 6).toFixed(1)}" y="${y}">${escapeText(bar.text)}</text>`
    );
  });
  return `<svg viewBox="0 0 ${width} ${bars.length * rowHeight + 4}" role="img">${rows.join('')}</svg>`;
}
