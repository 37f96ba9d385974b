/** The middle of some values, and what half of them lie between. */
export interface Spread {
  median: number;
  lowerQuartile: number;
  upperQuartile: number;
}

/** The value that `share` (0 to 1) of the values don't exceed: 0.5 is the median, 1 the largest. NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  return quantileOfSorted(
    values.toSorted((a, b) => a - b),
    share,
  );
}

/** As `quantile`, of values in ascending order. */
export const quantileOfSorted = (sorted: readonly number[], share: number): number =>
  sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;

export const spreadOf = (values: readonly number[]): Spread => ({
  median: quantile(values, 0.5),
  lowerQuartile: quantile(values, 0.25),
  upperQuartile: quantile(values, 0.75),
});
