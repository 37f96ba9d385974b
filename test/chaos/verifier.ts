import { setTimeout as delay } from 'node:timers/promises';
import type { Cluster } from './cluster.ts';
import type { HttpClient } from './http-client.ts';
import type { Oracle, Watched } from './oracle.ts';
import type { Replica } from './replica.ts';

/** How long a change waits for the verifications that follow it; a paused replica answers them later. */
const checkPatienceMs = 100;

/** Presents keys and sessions, and has the oracle judge what is answered. */
export class Verifier {
  readonly #cluster: Cluster;
  readonly #oracle: Oracle;

  constructor(cluster: Cluster, oracle: Oracle) {
    this.#cluster = cluster;
    this.#oracle = oracle;
  }

  async verify(replica: Replica, client: HttpClient, watched: Watched): Promise<void> {
    const beginning = this.#oracle.begin();
    const answer = await client.request(watched.request).catch(() => null);
    if (answer === null) this.#oracle.counts.broken += 1;
    else this.#oracle.judge(watched, beginning, answer, replica.name);
  }

  /** Presents them to every replica at once, right after a change of them was answered. */
  async check(watched: readonly Watched[]): Promise<void> {
    const all = this.#cluster.replicas.flatMap((replica) =>
      watched.map((one) => (replica.control.isFree ? this.verify(replica, replica.control, one) : undefined)),
    );
    await Promise.race([Promise.all(all), delay(checkPatienceMs, undefined, { ref: false })]);
  }
}
