import { randomBytes } from 'node:crypto';
import type { SeededRandom } from '../model/random.ts';
import type { Cluster } from './cluster.ts';
import type { Oracle, Watched } from './oracle.ts';
import { sendAtRate } from './send-at-rate.ts';
import type { Verifier } from './verifier.ts';

const maxWatched = 500;
const connectionsPerReplica = 8;
const unknownShare = 0.05;
/** Few: their route reads the customer from the database, which a verification doesn't. */
const sessionShare = 0.01;

/** Verifications of all keys and sessions through all replicas, in the background. */
export class Load {
  readonly #cluster: Cluster;
  readonly #verifier: Verifier;
  readonly #random: SeededRandom;
  readonly #keys: Watched[] = [];
  readonly #sessions: Watched[] = [];
  readonly #unknown: Watched;
  /** Verifications that found no free connection, as those to a paused replica. */
  skipped = 0;

  constructor(cluster: Cluster, oracle: Oracle, verifier: Verifier, random: SeededRandom) {
    this.#cluster = cluster;
    this.#verifier = verifier;
    this.#random = random;
    const nobody = { exists: false, active: false, expiresAtMs: null, permissions: [] };
    this.#unknown = oracle.watch('unknown', randomBytes(32).toString('hex'), nobody, []);
  }

  get watched(): readonly Watched[] {
    return [...this.#keys, ...this.#sessions];
  }

  /** Presents it from now on; the longest known is dropped in turn when there are many. */
  watchKey(key: Watched): void {
    remember(this.#keys, key);
  }

  /** As {@link watchKey}. */
  watchSession(session: Watched): void {
    remember(this.#sessions, session);
  }

  /** As many verifications as come back: what the machine makes with this harness on it. @returns a second's number */
  async measureCapacity(durationMs: number): Promise<number> {
    const startMs = performance.now();
    const endMs = startMs + durationMs;
    let count = 0;
    const loops = this.#cluster.replicas.flatMap((replica) =>
      Array.from({ length: connectionsPerReplica }, async () => {
        while (performance.now() < endMs) {
          await this.#verifier.verify(replica, replica.load, this.#any());
          count += 1;
        }
      }),
    );
    await Promise.all(loops);
    return (count * 1_000) / (performance.now() - startMs);
  }

  /** Sends so many verifications a second, whatever is answered, until `signal` says stop. */
  async run(perSecond: number, signal: AbortSignal): Promise<void> {
    await sendAtRate(
      perSecond,
      () => signal.aborted,
      (number) => this.#send(number),
    );
  }

  #send(number: number): void {
    const { replicas } = this.#cluster;
    const replica = replicas[number % replicas.length];
    if (!replica?.load.isFree) {
      this.skipped += 1;
      return;
    }
    void this.#verifier.verify(replica, replica.load, this.#any());
  }

  #any(): Watched {
    if (this.#random.chance(unknownShare)) return this.#unknown;
    const watched = this.#random.chance(sessionShare) ? this.#sessions : this.#keys;
    return this.#random.pick(watched) ?? this.#unknown;
  }
}

function remember(all: Watched[], watched: Watched): void {
  all.push(watched);
  if (all.length > maxWatched) all.shift();
}
