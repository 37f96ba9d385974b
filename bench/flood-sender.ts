/**
 * Floods the service with keys that it doesn't know, no two the same, in a process of its own. Its arguments are
 * the port and how many keys a second. It is told `start` and `stop` by its parent, and tells it after a stop
 * what came of the keys since the start.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { HttpClient, requestText } from '../test/chaos/http-client.ts';

export interface FloodResult {
  answered: number;
  /** Answers that were not 401, or never came. */
  wrong: number;
  durationMs: number;
}

const maxConnections = 32;
const tickMs = 1;

const [port = 0, perSecond = 0] = process.argv.slice(2).map(Number);
const client = new HttpClient(port, maxConnections);
const prefix = randomBytes(24).toString('hex');
let made = 0;
let flooding = false;
let flood: Promise<FloodResult> | undefined;

/** Well-formed, random to who doesn't know the others, and different from all others for its count. */
function nextUnknownKey(): string {
  made += 1;
  return prefix + made.toString(16).padStart(16, '0');
}

async function present(result: FloodResult): Promise<void> {
  const answer = await client
    .request(requestText('GET', '/v1/auth/me', nextUnknownKey()))
    .catch((): null => null);
  result.answered += 1;
  if (answer?.status !== 401) result.wrong += 1;
}

/** Sends at the rate, in as small portions as timers allow, and no more than the connections can take. */
async function run(): Promise<FloodResult> {
  const result = { answered: 0, wrong: 0, durationMs: 0 };
  const startMs = performance.now();
  const pending = new Set<Promise<void>>();
  let sent = 0;
  while (flooding) {
    const due = ((performance.now() - startMs) * perSecond) / 1000;
    for (; sent < due && client.isFree; sent++) {
      const presented: Promise<void> = present(result).finally(() => pending.delete(presented));
      pending.add(presented);
    }
    await delay(tickMs);
  }
  result.durationMs = performance.now() - startMs;
  await Promise.all(pending);
  return result;
}

process.on('message', (command) => {
  if (command === 'start') {
    flooding = true;
    flood = run();
  } else {
    flooding = false;
    void flood?.then((result) => process.send?.(result));
  }
});
process.on('disconnect', () => process.exit());
