import type { IncomingHttpHeaders } from 'node:http';

/** The credential of a request: nothing, one key, or something that can't be a key. */
export type Credential = { kind: 'none' } | { kind: 'key'; key: string } | { kind: 'malformed' };

const none: Credential = { kind: 'none' };
const malformed: Credential = { kind: 'malformed' };

/** Longer than any key, and short enough to be hashed in no time. */
const maxKeyLength = 512;

interface Headers {
  /** As Node has read them: a repeated `X-API-Key` is joined with `, `, and so is no key. */
  headers: IncomingHttpHeaders;
  /** Names and values in turn, as received. */
  rawHeaders: readonly string[];
}

/**
 * Reads the key from `X-API-Key` or `Authorization: Bearer`. What a key looks like isn't asked: only one whose
 * SHA-256 is known is accepted.
 */
export function readCredential({ headers, rawHeaders }: Headers): Credential {
  const apiKey = textOf(headers['x-api-key']);
  if (headers.authorization === undefined) return apiKey === '' ? none : toCredential(apiKey);
  // Node drops a second one, and a request that says two things must not pass as saying one.
  if (timesIn(rawHeaders, 'authorization') > 1) return malformed;
  const bearer = bearerTokenOf(headers.authorization);
  if (apiKey !== '' && bearer !== '' && apiKey !== bearer) return malformed;
  const key = apiKey === '' ? bearer : apiKey;
  return key === '' ? none : toCredential(key);
}

const textOf = (value: string | string[] | undefined): string => (typeof value === 'string' ? value : '');

const toCredential = (key: string): Credential =>
  key.length <= maxKeyLength ? { kind: 'key', key } : malformed;

const timesIn = (rawHeaders: readonly string[], name: string): number =>
  rawHeaders.filter((text, at) => at % 2 === 0 && text.toLowerCase() === name).length;

/** The token of `Bearer <token>` (RFC 6750; the scheme's case is free), `''` for any other scheme. */
function bearerTokenOf(authorization: string): string {
  const [scheme, token = '', ...rest] = authorization.trim().split(/ +/);
  if (scheme?.toLowerCase() !== 'bearer') return '';
  return [token, ...rest].join(' ');
}
