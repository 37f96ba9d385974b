import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { createRemoteJWKSet, customFetch, type FetchImplementation, type JWTVerifyGetKey } from 'jose';
import { keysMaxAgeSeconds } from '../lib/signed-identity/identity-token.ts';
import { baseOf } from './service-options.ts';

const timeoutMs = 2_000;

/** Shortest time between an answer and the next request, whatever unknown keys tokens name. */
const cooldownMs = 10_000;

/** Shortest time between a failure and the next request. */
const retryMs = 1_000;

/** The service's public keys could not be fetched, so no signature can be verified. */
class PublicKeysUnavailableError extends Error {
  constructor(cause: unknown) {
    super('The public keys of the service are unavailable', { cause });
    this.name = 'PublicKeysUnavailableError';
  }
}

interface PublicKeysOfService {
  /**
   * Finds the key that a token names in its header, for `jwtVerify`.
   * @throws PublicKeysUnavailableError
   * @throws JWKSNoMatchingKey if the service has no such key
   */
  find: JWTVerifyGetKey;
  /** Fetches the keys unless they are fresh. @throws PublicKeysUnavailableError */
  load(): Promise<void>;
}

/**
 * The public keys of a service. They are fetched when a token needs them and they are older than five minutes, or when
 * it names an unknown key: never twice at a time, nor more often than every 10 s, or every second while that fails.
 * @param url of the service
 * @throws Error if it is no URL, without repeating it
 */
export function publicKeysOf(url: string): PublicKeysOfService {
  const keySet = createRemoteJWKSet(new URL('.well-known/jwks.json', baseOf(url)), {
    timeoutDuration: timeoutMs,
    cooldownDuration: cooldownMs,
    cacheMaxAge: keysMaxAgeSeconds * 1000,
    [customFetch]: retryingSeldom(fetchKeySet),
  });
  return {
    find: keySet,
    async load() {
      if (!keySet.fresh) await keySet.reload();
    },
  };
}

/** Returns a fetch that repeats its last failure for a second, instead of asking again. */
function retryingSeldom(fetchKeys: FetchImplementation): FetchImplementation {
  let failure: PublicKeysUnavailableError | null = null;
  let retryAtMs = 0;
  return async (url, options) => {
    if (failure !== null && Date.now() < retryAtMs) throw failure;
    try {
      const response = await fetchKeys(url, options);
      failure = null;
      return response;
    } catch (error) {
      failure = new PublicKeysUnavailableError(error);
      retryAtMs = Date.now() + retryMs;
      throw failure;
    }
  };
}

/** A key set with keys of any type: a newer service may have types that this package doesn't know. */
const KeySet = Type.Object({ keys: Type.Array(Type.Object({ kty: Type.String() })) });

const fetchKeySet: FetchImplementation = async (url, options) => {
  // A redirect could lead to somebody who names keys of their own.
  const response = await fetch(url, { ...options, redirect: 'error' });
  const keys: unknown = await response.json().catch(() => null);
  if (response.status !== 200) throw new Error(`The service answers ${response.status}`);
  if (!Value.Check(KeySet, keys)) throw new Error('The service answers with something else than keys');
  return Response.json(keys);
};
