import { type Figure, type Goal, isMet } from '../results.ts';

/** Ratios with two or three digits, large numbers with none. */
function numberText(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en');
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 3);
}

export const goalText = ({ kind, value }: Goal): string => `${kind === 'at least' ? '≥' : '≤'} ${value}`;

export const metText = (figure: Figure): string => {
  const met = isMet(figure);
  if (met === null) return '';
  return met ? 'met' : 'MISSED';
};

export const valueText = ({ value, unit }: Figure): string => `${numberText(value.median)} ${unit}`.trim();

export const quartilesText = ({ value }: Figure): string =>
  value.lowerQuartile === value.upperQuartile
    ? ''
    : `${numberText(value.lowerQuartile)} – ${numberText(value.upperQuartile)}`;

export function printFigure(figure: Figure): void {
  const quartiles = quartilesText(figure);
  console.log(
    `  ${figure.label}: ${valueText(figure)}${quartiles && ` (quartiles ${quartiles})`}` +
      `${figure.goal === null ? '' : `; goal ${goalText(figure.goal)}: ${metText(figure)}`}`,
  );
}
