/**
 * Runs the benchmark: `node --import=tsx bench/run.ts [--scenario=name,name] [--quick]`. `make bench` does it.
 * bench/README.md says what is measured, and how.
 */
import { parseArgs } from 'node:util';
import { buildServers } from './build.ts';
import { placeProcesses } from './cores.ts';
import { startDatabases } from './databases.ts';
import { generatorVersion } from './generator.ts';
import { describeMachine } from './machine.ts';
import { printFigure } from './report/figure-text.ts';
import { writeReports } from './report/write-reports.ts';
import { type BenchResults, disturbed, type ScenarioResult } from './results.ts';
import { isInterrupted, stopEverything, stopOnSignals } from './running.ts';
import type { Context } from './scenario.ts';
import { onlyByName, scenarios } from './scenarios/index.ts';

const full = { rounds: 15, sliceSeconds: 1 };
const short = { rounds: 3, sliceSeconds: 1 };

/** A mistake of whoever called, told in a sentence. */
class UsageError extends Error {}

const everything = Object.keys(scenarios).filter((name) => !onlyByName.includes(name));

function chooseScenarios(names: string): string[] {
  const chosen = names === '' ? everything : names.split(',');
  const strange = chosen.filter((name) => !(name in scenarios));
  if (strange.length > 0) {
    throw new UsageError(`No scenario ${strange.join(', ')}: there are ${Object.keys(scenarios).join(', ')}`);
  }
  return chosen;
}

function checkRequirements(): string {
  const version = generatorVersion();
  if (version !== null) return version;
  throw new UsageError(
    'wrk is missing: `apt-get install wrk` on Debian and Ubuntu, `brew install wrk` on macOS',
  );
}

/** A server that comparisons are made with never waits for anything. */
const wasDisturbed = ({ comparisons }: ScenarioResult): boolean =>
  comparisons.some(({ variants }) => (variants[0]?.coresBusy.median ?? 1) < 0.9);

async function runScenarios(names: readonly string[], context: Context): Promise<ScenarioResult[]> {
  const results: ScenarioResult[] = [];
  for (const name of names) {
    const scenario = scenarios[name];
    if (scenario === undefined) continue;
    console.log(`\n${name}`);
    const result = { name, ...(await scenario(context)) };
    if (wasDisturbed(result)) result.notes.push(disturbed);
    for (const figure of result.figures) printFigure(figure);
    for (const note of result.notes) console.log(`  ${note}`);
    results.push(result);
  }
  return results;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      scenario: { type: 'string', default: '' },
      quick: { type: 'boolean', default: false },
    },
  });
  const { quick } = values;
  const names = chooseScenarios(values.scenario);
  const generator = checkRequirements();
  const startMs = performance.now();
  const placement = placeProcesses();
  if (placement.pinning === null)
    console.log('No taskset, or one core: server and generator are not kept apart');
  buildServers();
  const databases = await startDatabases();
  const context = { databases, placement, rounds: quick ? short : full, quick };
  const results: BenchResults = {
    ...describeMachine(generator, placement),
    quick,
    scenarios: await runScenarios(names, context),
    durationSeconds: Math.round((performance.now() - startMs) / 1000),
  };
  await writeReports(results, names === everything);
}

stopOnSignals();

try {
  await main();
} catch (error) {
  if (!isInterrupted()) console.error(error instanceof UsageError ? error.message : error);
  process.exitCode = 1;
} finally {
  await stopEverything();
}
