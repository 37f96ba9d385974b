import type { BenchResults } from '../results.ts';
export const htmlReport = (results: BenchResults): string => JSON.stringify(results);
