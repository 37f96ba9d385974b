import { setRateLimitHeaders } from '../rate-limits/rate-limit-headers.ts';
import type { AuthResult } from './auth-result.ts';

interface Reply {
  header(name: string, value: string | number): unknown;
}

/** Sets the headers that inform a client about its key: what is left of its limit, and until when a rotated key works. */
export function setAuthHeaders(reply: Reply, result: AuthResult): void {
  const isAccepted = result.outcome === 'accepted';
  const identity = isAccepted ? result.identity : (result.key?.identity ?? null);
  if (identity === null) return;
  if (identity.sunsetAtMs !== null) setDeprecationHeaders(reply, identity.sunsetAtMs);
  if (result.limit !== null) setRateLimitHeaders(reply, result.limit);
}

/**
 * Sets `Deprecation` (RFC 9745) and `Sunset` (RFC 8594) for a key that was rotated. Memory doesn't hold since when it
 * is deprecated: any past date says that it is already, and this one can't be mistaken for the true one.
 */
function setDeprecationHeaders(reply: Reply, sunsetAtMs: number): void {
  reply.header('deprecation', '@0');
  if (Number.isFinite(sunsetAtMs)) reply.header('sunset', new Date(sunsetAtMs).toUTCString());
}
