import type { Population } from '../population.ts';

/** 100,000 keys without a limit, and as many with one. */
export const smallPopulation: Population = { count: 200_000, limitedFrom: 100_000 };

export const largePopulation: Population = { count: 1_000_000, limitedFrom: 1_000_000 };

export const hugePopulation: Population = { count: 5_000_000, limitedFrom: 5_000_000 };
