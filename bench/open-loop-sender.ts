/**
 * Sends requests at fixed rates, whatever becomes of those before, in a process of its own. Its parent sends it a
 * plan; it says when it begins to measure, and then what came of the requests.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { HttpClient, requestText } from '../test/chaos/http-client.ts';
import type { OpenLoopPlan, SenderMessage, Stream, StreamResult } from './open-loop.ts';
import { plaintextOf } from './population.ts';

const maxConnections = 256;
const randomPrefix = `f${Math.random().toString(16).slice(2, 12).padEnd(11, '0')}`;
let unknownKeys = 0;

/** Well-formed, never issued, and different from all others. */
function nextUnknownKey(): string {
  unknownKeys += 1;
  return randomPrefix + unknownKeys.toString(16).padStart(64 - randomPrefix.length, '0');
}

const nextKey = ({ keys }: Stream): string =>
  keys === 'unknown' ? nextUnknownKey() : plaintextOf(Math.floor(Math.random() * keys));

/** One rate of requests, each sent when it is due, or as soon after as there is a connection. */
class Sender {
  readonly result: StreamResult = { latenciesMs: [], latenessMs: [], answered: 0, wrong: 0 };
  readonly #stream: Stream;
  readonly #client: HttpClient;
  readonly #startMs: number;
  readonly #measureFromMs: number;
  readonly #pending = new Set<Promise<void>>();
  #sent = 0;

  constructor(stream: Stream, client: HttpClient, startMs: number, measureFromMs: number) {
    this.#stream = stream;
    this.#client = client;
    this.#startMs = startMs;
    this.#measureFromMs = measureFromMs;
  }

  sendDue(nowMs: number): void {
    for (;;) {
      const dueMs = this.#startMs + (this.#sent * 1000) / this.#stream.perSecond;
      if (dueMs > nowMs || !this.#client.isFree) return;
      this.#sent += 1;
      const sent: Promise<void> = this.#send(dueMs).finally(() => this.#pending.delete(sent));
      this.#pending.add(sent);
    }
  }

  async untilAnswered(): Promise<void> {
    await Promise.all(this.#pending);
  }

  async #send(dueMs: number): Promise<void> {
    const { path, status } = this.#stream;
    const text = requestText('GET', path, nextKey(this.#stream));
    const latenessMs = performance.now() - dueMs;
    const answer = await this.#client.request(text).catch((): null => null);
    this.result.answered += 1;
    if (answer?.status !== status) this.result.wrong += 1;
    if (dueMs < this.#measureFromMs) return;
    this.result.latenciesMs.push(performance.now() - dueMs);
    this.result.latenessMs.push(latenessMs);
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
  let measuring = false;
  for (let nowMs = startMs; nowMs < measureFromMs + durationMs; nowMs = performance.now()) {
    if (!measuring && nowMs >= measureFromMs) {
      measuring = true;
      tell({ kind: 'measuring' });
    }
    for (const sender of senders) sender.sendDue(nowMs);
    // Timers are a millisecond coarse. This process has a core to spin on.
    await nextTurn();
  }
  for (const sender of senders) await sender.untilAnswered();
  tell({ kind: 'result', streams: senders.map(({ result }) => result) });
}

process.on('message', (plan: OpenLoopPlan) => void run(plan));
process.on('disconnect', () => process.exit());
