/** What became of a request's key. */
export const outcomes = [
  'accepted',
  'missing',
  'unknown',
  'expired',
  'inactive',
  'environment',
  'permission',
  'limited',
  'undecidable',
] as const;
export type Outcome = (typeof outcomes)[number];
