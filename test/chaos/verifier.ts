import { setTimeout as delay } from 'node:timers/promises';
import type { Cluster } from './cluster.ts';
import type { HttpClient } from './http-client.ts';
import type { Oracle, WatchedKey } from './oracle.ts';
import type { Replica } from './replica.ts';

/** How long a change waits for the verifications that follow it; a paused replica answers them later. */
const checkPatienceMs = 100;

/** Presents keys, and has the oracle judge what is answered. */
export class Verifier {
  readonly #cluster: Cluster;
  readonly #oracle: Oracle;

  constructor(cluster: Cluster, oracle: Oracle) {
    this.#cluster = cluster;
    this.#oracle = oracle;
  }

  async verify(replica: Replica, client: HttpClient, key: WatchedKey): Promise<void> {
    const beginning = this.#oracle.begin();
    const answer = await client.request(key.request).catch(() => null);
    if (answer === null) this.#oracle.counts.broken += 1;
    else this.#oracle.judge(key, beginning, answer, replica.name);
  }

  /** Presents keys to every replica at once, right after a change of them was answered. */
  async check(keys: readonly WatchedKey[]): Promise<void> {
    const all = this.#cluster.replicas.flatMap((replica) =>
      keys.map((key) => (replica.control.isFree ? this.verify(replica, replica.control, key) : undefined)),
    );
    await Promise.race([Promise.all(all), delay(checkPatienceMs, undefined, { ref: false })]);
  }
}
