import { type ChildProcess, fork } from 'node:child_process';
import { on, once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { keepTrack } from './running.ts';

/** Requests at a fixed rate. */
export interface Stream {
  path: string;
  perSecond: number;
  /** How many keys are in random rotation; `unknown`: none that was ever issued, and no two the same. */
  keys: number | 'unknown';
  /** The expected status of every answer. */
  status: number;
}

export interface OpenLoopPlan {
  port: number;
  streams: Stream[];
  /** Milliseconds at the start that aren't measured. */
  leadInMs: number;
  durationMs: number;
}

export interface StreamResult {
  /**
   * From the instant that each request was due to its answer. One that had to wait until it was sent, because those
   * before it were slow, counts the wait: nothing is omitted because the server was busy.
   */
  latenciesMs: number[];
  /** How much later than due each was sent: the share of the latency that the sender is to blame for. */
  latenessMs: number[];
  /** Requests that waited mostly because the sender itself stood still, and aren't in the lists for that. */
  leftOut: number;
  answered: number;
  /** Answers of another status, and those that never came. */
  wrong: number;
}

export type SenderMessage = { kind: 'measuring' } | { kind: 'result'; streams: StreamResult[] };

export interface OpenLoopSender {
  /**
   * @param onMeasuring is called when the lead-in is over
   * @returns a result for each stream. @throws when an answer was wrong
   */
  run(plan: OpenLoopPlan, onMeasuring?: () => Promise<void>): Promise<StreamResult[]>;
  stop(): Promise<void>;
}

/** Starts the process that sends. */
export function startSender(): OpenLoopSender {
  const program = fileURLToPath(new URL('open-loop-sender.ts', import.meta.url));
  // With room for what a slice leaves behind: the sender's own pauses would look like the server's.
  const execArgv = [...process.execArgv, '--max-semi-space-size=128'];
  const sender = fork(program, { execArgv, serialization: 'advanced' });
  const ended = once(sender, 'exit');
  const stop = keepTrack(async () => {
    sender.disconnect();
    await ended;
  });
  return { run: (plan, onMeasuring) => run(sender, plan, onMeasuring), stop };
}

async function run(
  sender: ChildProcess,
  plan: OpenLoopPlan,
  onMeasuring: (() => Promise<void>) | undefined,
): Promise<StreamResult[]> {
  const messages: AsyncIterable<SenderMessage[]> = on(sender, 'message', { close: ['exit'] });
  sender.send(plan);
  const edges: Promise<void>[] = [];
  for await (const [message] of messages) {
    if (message?.kind === 'measuring' && onMeasuring !== undefined) edges.push(onMeasuring());
    if (message?.kind !== 'result') continue;
    await Promise.all(edges);
    for (const { wrong, answered } of message.streams) {
      if (wrong > 0)
        throw new Error(`${wrong} of ${answered} answers of the open loop were wrong or missing`);
    }
    return message.streams;
  }
  throw new Error('The sender ended');
}
