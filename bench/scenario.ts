import type { Rounds } from './alternate.ts';
import type { Placement } from './cores.ts';
import type { Databases } from './databases.ts';
import type { ScenarioResult } from './results.ts';

/** The context of every scenario. */
export interface Context {
  databases: Databases;
  placement: Placement;
  rounds: Rounds;
  /** For whoever works on the bench: few rounds, small numbers. No result. */
  quick: boolean;
}

/** Measures one thing, and leaves nothing running. */
export type Scenario = (context: Context) => Promise<Omit<ScenarioResult, 'name'>>;
