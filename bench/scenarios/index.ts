import type { Scenario } from '../scenario.ts';
import { database } from './database.ts';
import { decide } from './decide.ts';
import { flood } from './flood.ts';
import { floor } from './floor.ts';
import { hot } from './hot.ts';
import { latency } from './latency.ts';
import { logging } from './logging.ts';
import { memory } from './memory.ts';
import { peers } from './peers.ts';
import { profile } from './profile.ts';
import { replicas } from './replicas.ts';
import { largeStartUp, startUp } from './start-up.ts';
import { unknown } from './unknown.ts';
import { workers } from './workers.ts';

/** By the name that `SCENARIO` takes, in the order that they run in. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  floor,
  hot,
  profile,
  decide,
  logging,
  unknown,
  flood,
  latency,
  peers,
  workers,
  memory,
  'start-up': startUp,
  'large-start-up': largeStartUp,
  database,
  replicas,
};

/** Those that take long, or say nothing of what authentication costs, run when they are named. */
export const onlyByName: readonly string[] = ['flood', 'large-start-up', 'database', 'replicas'];
