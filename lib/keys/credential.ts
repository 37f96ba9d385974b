import { isWellFormed } from './secret.ts';

/** What a request presents: nothing, one well-formed key, or something that can't be a key. */
export type Credential = { kind: 'none' } | { kind: 'key'; key: string } | { kind: 'malformed' };

const none: Credential = { kind: 'none' };
const malformed: Credential = { kind: 'malformed' };

/**
 * Reads the key from `X-API-Key` or `Authorization: Bearer`.
 * @param rawHeaders names and values in turn, as received: Node joins a repeated `X-API-Key` and drops a
 * second `Authorization`, and a request that says two things must not pass as saying one.
 */
export function readCredential(rawHeaders: readonly string[]): Credential {
  let apiKey: string | undefined;
  let bearer: string | undefined;
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]?.toLowerCase();
    const value = rawHeaders[i + 1] ?? '';
    if (name === 'x-api-key') {
      if (apiKey !== undefined) return malformed;
      apiKey = value;
    } else if (name === 'authorization') {
      if (bearer !== undefined) return malformed;
      bearer = bearerTokenOf(value);
    }
  }
  return credentialOf(apiKey || undefined, bearer || undefined);
}

function credentialOf(apiKey: string | undefined, bearer: string | undefined): Credential {
  const key = apiKey ?? bearer;
  if (key === undefined) return none;
  if (bearer !== undefined && bearer !== key) return malformed;
  return isWellFormed(key) ? { kind: 'key', key } : malformed;
}

/** The token of `Bearer <token>` (RFC 6750; the scheme's case is free), `''` for any other scheme. */
function bearerTokenOf(authorization: string): string {
  const [scheme, token = '', ...rest] = authorization.trim().split(/ +/);
  if (scheme?.toLowerCase() !== 'bearer') return '';
  return [token, ...rest].join(' ');
}
