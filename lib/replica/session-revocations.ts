import type { Session } from '../sessions/session.ts';

/** Sessions that are accepted no more, as it stands in the feed. */
export type SessionRevocation = {
  customerId: string;
  /** Milliseconds since the epoch: no session that it is about is valid from then on. */
  expiresAtMs: number;
} & (
  | { kind: 'session'; sessionId: string }
  /** All sessions of the customer that were issued in an earlier generation. */
  | { kind: 'customer'; generation: number }
);

interface Entry {
  readonly generation: number;
  readonly expiresAtMs: number;
}

/** So few are not worth looking through. */
const minSweepSize = 1_000;

/**
 * The revoked sessions. What they are about expires, and they are forgotten then: about 200 bytes each, and
 * never more than twice as many as there were, at the last look, of sessions that have not expired.
 */
export class SessionRevocations {
  readonly #entries = new Map<string, Entry>();
  readonly #wallMs: () => number;
  #sweepSize = minSweepSize;
  #forgottenUntilMs = Number.NEGATIVE_INFINITY;

  /** @param wallMs the time of day, in milliseconds since the epoch */
  constructor(wallMs: () => number = Date.now) {
    this.#wallMs = wallMs;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Repeating it changes nothing. */
  add(revocation: SessionRevocation): void {
    if (this.#entries.size >= this.#sweepSize) this.#sweep();
    const isOne = revocation.kind === 'session';
    const key = isOne ? nameOf(revocation.customerId, revocation.sessionId) : revocation.customerId;
    const before = this.#entries.get(key);
    this.#entries.set(key, {
      generation: Math.max(isOne ? Number.POSITIVE_INFINITY : revocation.generation, before?.generation ?? 0),
      expiresAtMs: Math.max(revocation.expiresAtMs, before?.expiresAtMs ?? 0),
    });
  }

  isRevoked({ id, customerId, generation }: Session): boolean {
    if (this.#entries.has(nameOf(customerId, id))) return true;
    const ofAll = this.#entries.get(customerId);
    return ofAll !== undefined && generation < ofAll.generation;
  }

  /**
   * Returns whether revocations of a session that expires at that instant have been forgotten. It has expired, whatever a
   * clock says that was set back since.
   */
  hasForgotten(expiresAtMs: number): boolean {
    return expiresAtMs <= this.#forgottenUntilMs;
  }

  #sweep(): void {
    const nowMs = this.#wallMs();
    for (const [key, { expiresAtMs }] of this.#entries) {
      if (nowMs < expiresAtMs) continue;
      this.#entries.delete(key);
      this.#forgottenUntilMs = Math.max(this.#forgottenUntilMs, expiresAtMs);
    }
    this.#sweepSize = Math.max(minSweepSize, 2 * this.#entries.size);
  }
}

/** No id has a line break. */
const nameOf = (customerId: string, sessionId: string): string => `${customerId}\n${sessionId}`;
