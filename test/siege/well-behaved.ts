import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { Latencies, type Quantiles } from '../chaos/latencies.ts';

/** The experience of a tenant that does nothing wrong. */
export interface Experience {
  /** Times of verifications and changes. */
  times: Record<string, Quantiles>;
  /** Requests that were not answered as they should be. */
  errors: string[];
}

/** A tenant that verifies keys at a steady rate and changes some, on each replica. */
export class WellBehaved {
  readonly #ports: number[];
  readonly #key: string;
  readonly #agent = new Agent({ keepAlive: true });

  constructor(ports: number[], key: string) {
    this.#ports = ports;
    this.#key = key;
  }

  /** Verifies 200 times a second, and creates and deletes 5 keys a second, until it is told to stop. */
  async run(signal: AbortSignal): Promise<Experience> {
    const latencies = new Latencies();
    const errors: string[] = [];
    const pending = new Set<Promise<unknown>>();
    const timed = (kind: string, work: () => Promise<unknown>) => {
      const startMs = performance.now();
      const done = work().then(
        () => latencies.add(kind, performance.now() - startMs),
        (error) => errors.push(String(error)),
      );
      pending.add(done.finally(() => pending.delete(done)));
    };
    for (let tick = 0; !signal.aborted; tick += 1) {
      const port = this.#ports[tick % this.#ports.length] ?? 0;
      for (let i = 0; i < 2; i += 1)
        timed('verification', () => this.#expect(port, 200, 'GET', '/v1/auth/me'));
      if (tick % 20 === 0) timed('change', () => this.#changeKey(port));
      await delay(10, undefined, { signal }).catch(() => {});
    }
    await Promise.all(pending);
    this.#agent.destroy();
    return { times: latencies.quantiles(), errors };
  }

  /** A change is the deletion: it is in force everywhere when it is answered. */
  async #changeKey(port: number): Promise<void> {
    const body = JSON.stringify({ name: 'Well behaved', permissions: [] });
    const created = await this.#expect(port, 201, 'POST', '/v1/secrets/api/keys', body);
    const { secret, api_key } = JSON.parse(created);
    await this.#expect(port, 204, 'DELETE', `/v1/secrets/api/keys/${secret.id}`);
    // 429 where strangers at the same address have sent many unknown keys, of which this is one now.
    for (const other of this.#ports) await this.#expect(other, [401, 429], 'GET', '/v1/auth/me', '', api_key);
  }

  #expect(
    port: number,
    expected: number | number[],
    method: string,
    path: string,
    body = '',
    key = this.#key,
  ): Promise<string> {
    return new Promise((resolve, reject) => {
      const headers = { 'x-api-key': key, ...(body !== '' && { 'content-type': 'application/json' }) };
      const sent = request({ agent: this.#agent, host: '127.0.0.1', port, method, path, headers });
      sent.on('error', reject);
      sent.on('response', (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part) => {
          text += part;
        });
        response.on('close', () =>
          [expected].flat().includes(response.statusCode ?? 0)
            ? resolve(text)
            : reject(
                new Error(`${method} ${path.slice(0, 25)} was answered ${response.statusCode}: ${text}`),
              ),
        );
      });
      sent.end(body);
    });
  }
}
