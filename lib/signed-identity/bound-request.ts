import { hash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** The request that a signed identity is for. */
export interface BoundRequest {
  method: string;
  /** The name that the client asked for, in lower case, without a port and a final dot. */
  host: string;
  /** Path and query, as the client sent them. */
  uri: string;
}

/**
 * The original request, as a proxy describes it.
 * @returns `null` if it leaves something out, or says something that no request has
 */
export function forwardedRequest(headers: IncomingHttpHeaders): BoundRequest | null {
  // Node joins repeated headers with a comma and a space, which none of these can have.
  const method = textOf(headers['x-forwarded-method']);
  const host = hostOf(textOf(headers['x-forwarded-host']));
  const uri = textOf(headers['x-forwarded-uri']);
  // Letters that a client hasn't escaped come as bytes, one of which (in à, for example) `\S` takes for a space.
  if (!/^[A-Z-]{1,32}$/.test(method) || host === null || !/^\/[!-~\x80-\xff]*$/.test(uri)) return null;
  return { method, host, uri };
}

const textOf = (value: string | string[] | undefined): string => (typeof value === 'string' ? value : '');

/** @returns the name in a `Host` header, in lower case, without its port and a final dot; `null` if there is none */
export function hostOf(text: string): string | null {
  const [, name = null] =
    /^([a-z0-9._-]{0,252}[a-z0-9_-]|\[[0-9a-f:.]{2,45}\])\.?(?::\d{1,5})?$/.exec(text.toLowerCase()) ?? [];
  return name;
}

/** The SHA-256 of a header or a URI in base64url. Node has read them with a character for each byte. */
export const sha256Of = (text: string): string => hash('sha256', Buffer.from(text, 'latin1'), 'base64url');
