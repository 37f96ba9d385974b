import { Value } from '@sinclair/typebox/value';
import { grants } from '../lib/auth/permissions.ts';
import { Me } from '../schemas/auth.ts';
import { KeyVerdict } from '../schemas/key-verification.ts';
import { baseOf, sendableKey } from './service-options.ts';

export interface KeyServiceOptions {
  url: string;
  /** A key with the permission `keys:verify`. */
  apiKey: string;
}

/** How long an answer is waited for, all attempts together. */
const timeoutMs = 2_000;

/** A service that decides on keys, asked over connections that are kept. What it answers is kept nowhere. */
export class KeyService {
  readonly #base: URL;
  readonly #apiKey: string;

  /** @throws if the service can't be asked so, without repeating any of it */
  constructor({ url, apiKey }: KeyServiceOptions) {
    this.#base = baseOf(url);
    this.#apiKey = sendableKey(apiKey);
  }

  /**
   * @param permission that the key must hold; `null`: none
   * @param cost what counts against the limit of the key
   * @throws if there is no verdict in time
   */
  async verify(key: string, permission: string | null, cost: 0 | 1): Promise<KeyVerdict> {
    const question = { api_key: key, ...(permission !== null && { permission }), cost };
    const verdict = await this.#ask('v1/auth/keys/verify', question);
    if (!Value.Check(KeyVerdict, verdict)) throw new Error('The service gives no verdict');
    return verdict;
  }

  /** @throws if it can't be asked about keys, with the reason */
  async requireUsable(): Promise<void> {
    const me = await this.#ask('v1/auth/me');
    if (!Value.Check(Me, me)) throw new Error('The service is another than Latchkey');
    if (!grants(me.permissions, 'keys:verify'))
      throw new Error('The apiKey lacks the permission keys:verify');
  }

  /** Says nothing of the answer in errors: it could be what was sent. */
  async #ask(path: string, question?: object): Promise<unknown> {
    const signal = AbortSignal.timeout(timeoutMs);
    const send = () =>
      fetch(new URL(path, this.#base), {
        ...(question && { method: 'POST', body: JSON.stringify(question) }),
        headers: { 'x-api-key': this.#apiKey, ...(question && { 'content-type': 'application/json' }) },
        // The keys must not follow a redirect.
        redirect: 'error',
        signal,
      });
    // A connection that was kept may end in the instant that it is used again, as when the service is restarted.
    const response = await send().catch(send);
    const answer: unknown = await response.json().catch(() => null);
    if (response.status !== 200) throw new Error(`The service answers ${response.status}`);
    return answer;
  }
}
