import type { Random } from './ports.ts';

const FIRST_MS = 50;
const LONGEST_MS = 2_000;

/**
 * How long to wait after the given number of failures in a row (1 and up): doubling from 50 ms to 2 s, of which
 * the second half is random, so that replicas that lost the database together don't come back together.
 */
export function backoffMs(failures: number, random: Random): number {
  const ceilingMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** (failures - 1));
  return ceilingMs * (0.5 + random() / 2);
}
