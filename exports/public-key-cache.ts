import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { createLocalJWKSet, errors, type JWTVerifyGetKey } from 'jose';
import { keysMaxAgeSeconds } from '../lib/signed-identity/identity-token.ts';
import { baseOf } from './service-options.ts';

/** How long an answer is waited for. */
const timeoutMs = 2_000;

/** How long nothing is asked after an answer, whatever keys are named that it didn't have. */
const cooldownMs = 10_000;

/** How long nothing is asked after a failure. */
const retryMs = 1_000;

/** Nobody can say which keys a service signs with. */
export class PublicKeysUnavailableError extends Error {
  constructor(cause: unknown) {
    super('The public keys of the service can not be had', { cause });
    this.name = 'PublicKeysUnavailableError';
  }
}

/**
 * The public keys of a service. They are fetched when they are needed and older than five minutes, or when a key is
 * named that isn't among them; never twice at a time, nor more often than each 10 s, or each second while that fails.
 */
export class PublicKeyCache {
  readonly #url: URL;
  #keyOf: JWTVerifyGetKey | null = null;
  #freshUntilMs = Number.NEGATIVE_INFINITY;
  #failure: PublicKeysUnavailableError | null = null;
  /** When it may be asked again. */
  #nextMs = Number.NEGATIVE_INFINITY;
  #pending: Promise<JWTVerifyGetKey> | null = null;

  /**
   * @param url of the service
   * @throws if there can be none, without repeating it
   */
  constructor(url: string) {
    this.#url = new URL('.well-known/jwks.json', baseOf(url));
  }

  /**
   * The key that a token names in its header, for `jwtVerify`.
   * @throws PublicKeysUnavailableError
   * @throws JWKSNoMatchingKey if it isn't one of the service's
   */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    const keyOf = await this.current();
    try {
      return await keyOf(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || !this.#mayHaveOthers()) throw error;
    }
    const newer = await this.#fetchOnce();
    return newer(header, token);
  };

  /** @throws PublicKeysUnavailableError if there are none that are fresh */
  async current(): Promise<JWTVerifyGetKey> {
    if (this.#keyOf !== null && performance.now() < this.#freshUntilMs) return this.#keyOf;
    return this.#fetchOnce();
  }

  /** Returns whether the service could know a key that isn't here. */
  #mayHaveOthers(): boolean {
    return this.#pending !== null || this.#failure !== null || performance.now() >= this.#nextMs;
  }

  async #fetchOnce(): Promise<JWTVerifyGetKey> {
    if (this.#pending !== null) return this.#pending;
    if (this.#failure !== null && performance.now() < this.#nextMs) throw this.#failure;
    this.#pending = this.#fetch();
    try {
      return await this.#pending;
    } finally {
      this.#pending = null;
    }
  }

  async #fetch(): Promise<JWTVerifyGetKey> {
    try {
      const startMs = performance.now();
      this.#keyOf = await fetchKeys(this.#url);
      this.#freshUntilMs = startMs + keysMaxAgeSeconds * 1000;
      this.#failure = null;
      this.#nextMs = startMs + cooldownMs;
      return this.#keyOf;
    } catch (error) {
      this.#failure = new PublicKeysUnavailableError(error);
      this.#nextMs = performance.now() + retryMs;
      throw this.#failure;
    }
  }
}

/** Of whatever kind: newer services may have more than this package knows. */
const KeySet = Type.Object({ keys: Type.Array(Type.Object({ kty: Type.String() })) });

async function fetchKeys(url: URL): Promise<JWTVerifyGetKey> {
  // Whoever a redirect leads to could name keys of their own.
  const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(timeoutMs) });
  const keys: unknown = await response.json().catch(() => null);
  if (response.status !== 200) throw new Error(`The service answers ${response.status}`);
  if (!Value.Check(KeySet, keys)) throw new Error('The service answers with something else than keys');
  return createLocalJWKSet(keys);
}
