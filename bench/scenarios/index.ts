import type { Scenario } from '../scenario.ts';
import { floor } from './floor.ts';
import { hot } from './hot.ts';
import { logging } from './logging.ts';
import { peers } from './peers.ts';
import { unknown } from './unknown.ts';

/** By the name that `SCENARIO` takes, in the order that they run in. */
export const scenarios: Readonly<Record<string, Scenario>> = { floor, hot, logging, unknown, peers };
