import { createHmac, hkdfSync } from 'node:crypto';
import type { Actor, Scope } from '../auth/scope.ts';

/** A request that its author may send again, and what they call it. */
export interface IdempotentRequest {
  /** The `Idempotency-Key`, as it came. */
  key: string;
  /** All that the request asks for: the route, what is in its path, and its body. */
  content: unknown;
}

/** The values derived from a caller's idempotency key. None of them leads back to the key, or to another of these. */
export interface IdempotencyKeys {
  /** Under which the answer is found. The only one that is stored. */
  id: Buffer;
  /** With which the answer is sealed. */
  sealingKey: Buffer;
  /** A MAC of what was asked for. */
  fingerprint: Buffer;
}

const secretBytes = 32;

/**
 * Derives all of it with HKDF (RFC 5869). The same key of another caller, or in another environment, becomes
 * something else. Without salt, since the id must come out the same: only the key's own entropy protects it.
 */
export function deriveIdempotencyKeys(
  { key, content }: IdempotentRequest,
  { tenantId, environmentId, actor }: Scope & { actor: Actor },
): IdempotencyKeys {
  const info = JSON.stringify(['idempotent answer', tenantId, environmentId, actor.keyId]);
  const derived = Buffer.from(hkdfSync('sha256', key, '', info, 3 * secretBytes));
  const secret = (place: number) => derived.subarray(place * secretBytes, (place + 1) * secretBytes);
  return {
    id: secret(0),
    sealingKey: secret(1),
    fingerprint: createHmac('sha256', secret(2)).update(JSON.stringify(content)).digest(),
  };
}
