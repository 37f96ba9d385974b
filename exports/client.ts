import createFetchClient, { type Client } from 'openapi-fetch';
import type { paths } from './client-types.ts';
import { sendableKey } from './service-options.ts';

export type { paths };

export interface LatchkeyClientOptions {
  /** The service's URL: `https://keys.example.com`. */
  url: string;
  /** The key that every request sends in `X-API-Key`. Routes that require no key work without it. */
  apiKey?: string;
}

/** A function for each method, which takes a route's path and knows what it takes and answers. */
export type LatchkeyClient = Client<paths>;

/**
 * A client of the service's API, typed by its description, on Node's `fetch` with its kept connections. Its functions
 * return `{data, error, response}` for whatever the service answers, and reject when no answer comes.
 * @throws if no header can say the key
 */
export function createClient({ url, apiKey }: LatchkeyClientOptions): LatchkeyClient {
  return createFetchClient<paths>({
    baseUrl: url,
    ...(apiKey !== undefined && { headers: { 'x-api-key': sendableKey(apiKey) } }),
    // The service never redirects, and the key must not follow a redirect.
    redirect: 'error',
  });
}
