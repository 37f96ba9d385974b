import { operatorKey } from './settings.ts';

/** Makes one key after another over HTTP, as an operator would, each when the last is in force everywhere. */
export class KeyChanger {
  readonly #url: string;
  /** How long each took to be answered. */
  readonly timesMs: number[] = [];

  constructor(port: number) {
    this.#url = `http://127.0.0.1:${port}/v1/secrets/api/keys`;
  }

  /** @param pauseMs between an answer and the next change */
  async change(count: number, pauseMs = 0): Promise<void> {
    for (let n = 0; n < count; n++) {
      const startMs = performance.now();
      const response = await fetch(this.#url, {
        method: 'POST',
        headers: { 'x-api-key': operatorKey, 'content-type': 'application/json' },
        body: '{"name": "Bench"}',
      });
      const text = await response.text();
      if (response.status !== 201) throw new Error(`A change was answered ${response.status} ${text}`);
      this.timesMs.push(performance.now() - startMs);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}
