import { setInterval as every } from 'node:timers/promises';
import { alternate, atLeast, type Contender, ratioFigure } from '../alternate.ts';
import { malformedKeys, uniform, unknownKeys } from '../generator.ts';
import { openLogFile } from '../log-file.ts';
import type { Scenario } from '../scenario.ts';
import { startServer } from '../server-process.ts';
import { authenticatedPath, latchkey, operatorKey } from '../settings.ts';
import { quantile } from '../statistics.ts';
import { smallPopulation } from './populations.ts';

const changesPerSecond = 10;
const hotLabel = '100 k keys';
const unknownLabel = 'unknown keys';
const malformedLabel = 'malformed keys';
const mixedLabel = 'mixed';
const changingLabel = 'mixed, while keys change';

/** Measures the cost of a refusal, and of changes to the requests beside them. */
export const unknown: Scenario = async ({ databases, placement, rounds }) => {
  const databaseUrl = await databases.withKeys(smallPopulation);
  const log = await openLogFile();
  const server = await startServer({ ...latchkey(databaseUrl), output: log.descriptor }, placement);
  try {
    const changer = await createChanger(server.port);
    const base = { server, path: authenticatedPath };
    const mixed = {
      ...base,
      sources: [
        { ...uniform(100_000), weight: 90 },
        { ...unknownKeys, weight: 5 },
        { ...malformedKeys, weight: 5 },
      ],
      refusedShare: 0.1,
    };
    const contenders: Contender[] = [
      { ...base, label: hotLabel, sources: [uniform(100_000)] },
      { ...base, label: unknownLabel, sources: [unknownKeys], refusedShare: 1 },
      { ...base, label: malformedLabel, sources: [malformedKeys], refusedShare: 1 },
      { ...mixed, label: mixedLabel },
      { ...mixed, label: changingLabel, beside: changer.start },
    ];
    const comparison = await alternate('keys that are refused', contenders, rounds);
    const { count, medianMs } = changer.report();
    return {
      figures: [
        ratioFigure(comparison, 'unknown keys, answered 401 / hot', unknownLabel, hotLabel, atLeast(0.9)),
        ratioFigure(comparison, 'malformed keys, answered 401 / hot', malformedLabel, hotLabel),
        ratioFigure(comparison, 'mixed, 10 changes a second beside it / none', changingLabel, mixedLabel),
      ],
      comparisons: [comparison],
      curves: [],
      notes: [
        'Each refusal is a line in the log, which goes to a file.',
        'Mixed: 90 % of the requests with one of 100 k keys, 5 % unknown, 5 % malformed.',
        `${count} changes, each answered when in force everywhere, in ${medianMs.toFixed(1)} ms (median).`,
      ],
    };
  } finally {
    await server.stop();
    await log.remove();
  }
};

/** Deactivates and activates one key in turns, over HTTP as an operator would. */
async function createChanger(port: number) {
  const url = `http://127.0.0.1:${port}/v1/secrets/api/keys`;
  const headers = { 'x-api-key': operatorKey, 'content-type': 'application/json' };
  const send = async (method: string, to: string, body: object): Promise<string> => {
    const response = await fetch(to, { method, headers, body: JSON.stringify(body) });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} of a key was answered ${response.status} ${text}`);
    return text;
  };
  const created: { secret: { id: string } } = JSON.parse(await send('POST', url, { name: 'Changing' }));
  const timesMs: number[] = [];

  async function change(active: boolean): Promise<void> {
    const startMs = performance.now();
    await send('PATCH', `${url}/${created.secret.id}`, { status: active ? 'active' : 'inactive' });
    timesMs.push(performance.now() - startMs);
  }

  async function run(signal: AbortSignal): Promise<void> {
    const pending: Promise<void>[] = [];
    try {
      for await (const _ of every(1000 / changesPerSecond, undefined, { signal })) {
        pending.push(change(pending.length % 2 === 1));
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    await Promise.all(pending);
  }

  return {
    start() {
      const controller = new AbortController();
      const running = run(controller.signal);
      return async () => {
        controller.abort();
        await running;
      };
    },
    report: () => ({ count: timesMs.length, medianMs: quantile(timesMs, 0.5) }),
  };
}
