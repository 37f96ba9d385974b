import type { Spread } from './statistics.ts';

export interface Goal {
  kind: 'at least' | 'at most';
  value: number;
}

/** A result that is worth a line in the table. */
export interface Figure {
  label: string;
  /** The unit of the value; `''` for a ratio. */
  unit: string;
  value: Spread;
  goal: Goal | null;
}

/** One slice of time under load. */
export interface Slice {
  /** When it began, from the beginning of the comparison. */
  atSeconds: number;
  requestsPerSecond: number;
  /** CPU time of the server's processes for each request, garbage collection and compilation included. */
  cpuMicros: number;
  /** How many cores' time the server took: near 1, one process was the bottleneck. */
  coresBusy: number;
}

/** One of the things that took turns. */
export interface Variant {
  label: string;
  requestsPerSecond: Spread;
  cpuMicros: Spread;
  coresBusy: Spread;
  slices: Slice[];
}

/** Things that took turns, the first of which the others are measured against. */
export interface Comparison {
  title: string;
  variants: Variant[];
}

export interface LatencyCurve {
  label: string;
  samples: number;
  points: { percentile: number; ms: number }[];
}

export interface ScenarioResult {
  name: string;
  figures: Figure[];
  comparisons: Comparison[];
  curves: LatencyCurve[];
  /** Notes for readers of the figures. */
  notes: string[];
}

export interface Machine {
  cpu: string;
  cores: number;
  memoryGb: number;
  system: string;
  node: string;
  generator: string;
  /** The cores of server and generator; `null`: the system placed them. */
  pinning: { server: string; generator: string } | null;
}

export interface BenchResults {
  commit: string;
  date: string;
  quick: boolean;
  durationSeconds: number;
  machine: Machine;
  scenarios: ScenarioResult[];
}

/** The note of a scenario whose figures are none. */
export const disturbed =
  'NOT TO BE BELIEVED: the server did not get its core all the time. Something else was running.';

/** Returns whether a figure reaches its goal; `null` if it has none. */
export function isMet({ value, goal }: Figure): boolean | null {
  if (goal === null) return null;
  return goal.kind === 'at least' ? value.median >= goal.value : value.median <= goal.value;
}
