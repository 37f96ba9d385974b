/**
 * Sends requests at fixed rates, whatever becomes of those before, in a process of its own. Its parent sends it a
 * plan; it says when it begins to measure, and then what came of the requests.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { HttpClient, requestText } from '../test/chaos/http-client.ts';
import type { OpenLoopPlan, SenderMessage, Stream, StreamResult } from './open-loop.ts';
import { plaintextOf } from './population.ts';

const maxConnections = 256;
/** A turn of this process that takes longer is a pause of its own: for garbage, or because its core was wanted. */
const maxTurnMs = 0.5;
const randomPrefix = `f${Math.random().toString(16).slice(2, 12).padEnd(11, '0')}`;
let unknownKeys = 0;

/** Well-formed, never issued, and different from all others. */
function nextUnknownKey(): string {
  unknownKeys += 1;
  return randomPrefix + unknownKeys.toString(16).padStart(64 - randomPrefix.length, '0');
}

const nextKey = ({ keys }: Stream): string =>
  keys === 'unknown' ? nextUnknownKey() : plaintextOf(Math.floor(Math.random() * keys));

interface Span {
  fromMs: number;
  toMs: number;
}

/** A request that is measured, from when it was due to its answer. */
interface Sample extends Span {
  latenessMs: number;
}

/** How much of a span falls into any of the others, which don't overlap. */
const commonMs = ({ fromMs, toMs }: Span, others: readonly Span[]): number =>
  others.reduce(
    (sum, other) => sum + Math.max(0, Math.min(toMs, other.toMs) - Math.max(fromMs, other.fromMs)),
    0,
  );

/** One rate of requests, each sent when it is due, or as soon after as there is a connection. */
class Sender {
  readonly #stream: Stream;
  readonly #client: HttpClient;
  readonly #startMs: number;
  readonly #measureFromMs: number;
  readonly #pending = new Set<Promise<void>>();
  readonly #samples: Sample[] = [];
  #sent = 0;
  #answered = 0;
  #wrong = 0;

  constructor(stream: Stream, client: HttpClient, startMs: number, measureFromMs: number) {
    this.#stream = stream;
    this.#client = client;
    this.#startMs = startMs;
    this.#measureFromMs = measureFromMs;
  }

  /** @returns whether all that is due has been sent */
  sendDue(nowMs: number): boolean {
    for (;;) {
      const dueMs = this.#startMs + (this.#sent * 1000) / this.#stream.perSecond;
      if (dueMs > nowMs) return true;
      if (!this.#client.isFree) return false;
      this.#sent += 1;
      const sent: Promise<void> = this.#send(dueMs).finally(() => this.#pending.delete(sent));
      this.#pending.add(sent);
    }
  }

  async untilAnswered(): Promise<void> {
    await Promise.all(this.#pending);
  }

  /**
   * Leaves out what waited mostly for this process: no server is to blame for that. What a stop of the server had kept
   * waiting stays, though its answers come all at once, and take this process long enough to look like a pause.
   */
  result(pauses: readonly Span[]): StreamResult {
    const kept = this.#samples.filter(
      (sample) => commonMs(sample, pauses) <= (sample.toMs - sample.fromMs) / 2,
    );
    return {
      latenciesMs: kept.map(({ fromMs, toMs }) => toMs - fromMs),
      latenessMs: kept.map(({ latenessMs }) => latenessMs),
      leftOut: this.#samples.length - kept.length,
      answered: this.#answered,
      wrong: this.#wrong,
    };
  }

  async #send(dueMs: number): Promise<void> {
    const { path, status } = this.#stream;
    const text = requestText('GET', path, nextKey(this.#stream));
    const latenessMs = performance.now() - dueMs;
    const answer = await this.#client.request(text).catch((): null => null);
    this.#answered += 1;
    if (answer?.status !== status) this.#wrong += 1;
    if (dueMs < this.#measureFromMs) return;
    this.#samples.push({ fromMs: dueMs, toMs: performance.now(), latenessMs });
  }
}

/** Kept from one plan to the next, so that no plan pays for opening connections. */
const clients = new Map<number, HttpClient>();

function clientOf(port: number): HttpClient {
  const client = clients.get(port) ?? new HttpClient(port, maxConnections);
  clients.set(port, client);
  return client;
}

const tell = (message: SenderMessage): void => void process.send?.(message);

async function run({ port, streams, leadInMs, durationMs }: OpenLoopPlan): Promise<void> {
  const client = clientOf(port);
  const startMs = performance.now();
  const measureFromMs = startMs + leadInMs;
  const senders = streams.map((stream) => new Sender(stream, client, startMs, measureFromMs));
  const pauses: Span[] = [];
  const endMs = measureFromMs + durationMs;
  let measuring = false;
  let allSent = false;
  let lastMs = startMs;
  // What was due before the end is sent even if it has to wait until after it for a connection.
  for (let nowMs = startMs; nowMs < endMs || !allSent; nowMs = performance.now()) {
    if (nowMs - lastMs > maxTurnMs) pauses.push({ fromMs: lastMs, toMs: nowMs });
    lastMs = nowMs;
    if (!measuring && nowMs >= measureFromMs) {
      measuring = true;
      tell({ kind: 'measuring' });
    }
    allSent = senders.map((sender) => sender.sendDue(Math.min(nowMs, endMs))).every(Boolean);
    // Timers are a millisecond coarse. This process has a core to spin on.
    await nextTurn();
  }
  for (const sender of senders) await sender.untilAnswered();
  tell({ kind: 'result', streams: senders.map((sender) => sender.result(pauses)) });
}

process.on('message', (plan: OpenLoopPlan) => void run(plan));
process.on('disconnect', () => process.exit());
