import { setTimeout as delay } from 'node:timers/promises';
import type { HttpClient } from '../test/chaos/http-client.ts';

export interface OpenLoopResult {
  /** From the instant that each request was due to its answer: one that had to wait to be sent counts the wait. */
  latenciesMs: number[];
  /** How much later than due each was sent: the share of the latency that the sender is to blame for. */
  latenessMs: number[];
  /** Answers that were not 200, or never came. */
  wrong: number;
}

export interface OpenLoopOptions {
  client: HttpClient;
  /** The request as it goes over the wire. */
  text: string;
  /** How far requests are apart, whatever becomes of those before. */
  intervalMs: number;
  /** What is sent for this long at first isn't measured. */
  leadInMs: number;
  durationMs: number;
  /** Called when the measurement begins, and when it has ended. */
  onEdge: () => Promise<void>;
}

/** Sends requests when they are due, and times them. */
export async function runOpenLoop(options: OpenLoopOptions): Promise<OpenLoopResult> {
  const { client, text, intervalMs, leadInMs, durationMs, onEdge } = options;
  const result: OpenLoopResult = { latenciesMs: [], latenessMs: [], wrong: 0 };
  const pending: Promise<unknown>[] = [];
  const skipped = Math.ceil(leadInMs / intervalMs);
  const count = skipped + Math.ceil(durationMs / intervalMs);
  const startMs = performance.now();
  for (let n = 0; n < count; n++) {
    const dueMs = startMs + n * intervalMs;
    await waitUntil(dueMs);
    const latenessMs = performance.now() - dueMs;
    const answered = client.request(text).catch((): null => null);
    if (n === skipped) pending.push(onEdge());
    const timed = answered.then((answer) => {
      if (answer?.status !== 200) result.wrong += 1;
      if (n < skipped) return;
      result.latenciesMs.push(performance.now() - dueMs);
      result.latenessMs.push(latenessMs);
    });
    pending.push(timed);
  }
  await Promise.all(pending);
  await onEdge();
  return result;
}

/** How early timers, which may come a millisecond late, are told to come. */
const timerSlackMs = 2;
const nobodyNotifies = new Int32Array(new SharedArrayBuffer(4));

/** Waits by a timer, and for the rest by blocking: after most answers have come, and to a fraction of a millisecond. */
async function waitUntil(dueMs: number): Promise<void> {
  const timerMs = Math.floor(dueMs - performance.now()) - timerSlackMs;
  if (timerMs > 0) await delay(timerMs);
  const restMs = dueMs - performance.now();
  if (restMs > 0) Atomics.wait(nobodyNotifies, 0, 0, restMs);
}
