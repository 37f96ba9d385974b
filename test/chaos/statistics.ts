import type { Answer } from './http-client.ts';
import { Latencies } from './latencies.ts';

const maxUnexpectedKept = 10;

/** The results of the requests that change something. */
export class ChangeStatistics {
  readonly counts = { answered: 0, unavailable: 0, broken: 0, expiryPassed: 0, unexpected: 0 };
  /** How many of which kind were answered as made. */
  readonly kinds: Record<string, number> = {};
  /** From the request to the answer that it was made. */
  readonly answered = new Latencies();
  /** From the request to the answer that it can't be made or confirmed. */
  readonly unavailable = new Latencies();
  /** The first few that are neither. */
  readonly unexpected: string[] = [];

  /**
   * @param kind what was to be changed; `null`: nothing
   * @param answer `null`: the connection broke
   */
  count(
    kind: string | null,
    request: string,
    weather: string,
    latencyMs: number,
    answer: Answer | null,
  ): void {
    if (answer === null) {
      this.counts.broken += 1;
    } else if (answer.status >= 200 && answer.status < 300) {
      if (kind === null) return;
      this.counts.answered += 1;
      this.kinds[kind] = (this.kinds[kind] ?? 0) + 1;
      this.answered.add(weather, latencyMs);
    } else if (answer.status === 503 && /\r\nretry-after: \d/i.test(answer.headers)) {
      this.counts.unavailable += 1;
      this.unavailable.add(weather, latencyMs);
    } else if (answer.status === 400 && answer.body.includes('/expires_at')) {
      // It was in the future when it was sent.
      this.counts.expiryPassed += 1;
    } else {
      this.counts.unexpected += 1;
      if (this.unexpected.length < maxUnexpectedKept) {
        this.unexpected.push(`${request}: ${answer.status} ${answer.body}`);
      }
    }
  }
}
