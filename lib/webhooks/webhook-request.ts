import { createHmac, timingSafeEqual } from 'node:crypto';

/** A request from a stranger, who may be a provider. */
export interface WebhookRequest {
  /** Names and values in turn, as received. */
  rawHeaders: readonly string[];
  body: Buffer;
  nowMs: number;
}

/** How far the time that a provider signed may be from ours, as Standard Webhooks and Stripe recommend. */
const toleranceSeconds = 5 * 60;

/** The value of a header; `''` if there is none, or several of which each could be meant. */
export function headerOf({ rawHeaders }: WebhookRequest, name: string): string {
  const wanted = name.toLowerCase();
  const values = rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === wanted);
  return values.length === 1 ? (values[0] ?? '') : '';
}

/** Headers that the provider didn't set, or that must not be stored: GitLab sends its secret as it is in `X-Gitlab-Token`. */
const notKept = /signature|hmac|token|secret|password|^x-(api-key|auth-|environment-id|forwarded-|real-ip)/;

/** The headers that describe a delivery, in lower case, without signatures and secrets. */
export function keptHeaders(
  { rawHeaders }: WebhookRequest,
  signatureHeader: string | null,
): Record<string, string> {
  const kept = new Map<string, string>();
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? '').toLowerCase();
    if (!/^(content-type|content-encoding|user-agent|(webhook|x)-.*)$/.test(name)) continue;
    if (notKept.test(name) || name === signatureHeader?.toLowerCase()) continue;
    const before = kept.get(name);
    const value = rawHeaders[i + 1] ?? '';
    kept.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return Object.fromEntries(kept);
}

/** Returns whether the text is a Unix time in seconds, and close to now. */
export const isRecent = (seconds: string, { nowMs }: WebhookRequest): boolean =>
  /^\d{1,12}$/.test(seconds) && Math.abs(nowMs / 1000 - Number(seconds)) <= toleranceSeconds;

/** Returns whether one of the signatures is the HMAC of the parts, compared in constant time. */
export function isSignedBy(
  secret: string | Buffer,
  parts: readonly (string | Buffer)[],
  signatures: readonly string[],
  { algorithm, encoding }: { algorithm: 'sha256' | 'sha512'; encoding: 'hex' | 'base64' },
): boolean {
  const hmac = createHmac(algorithm, secret);
  for (const part of parts) hmac.update(part);
  const expected = Buffer.from(hmac.digest(encoding));
  return signatures.some((signature) => {
    const given = Buffer.from(encoding === 'hex' ? signature.toLowerCase() : signature);
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
}
