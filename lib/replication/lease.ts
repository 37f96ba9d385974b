import type { Clock } from './ports.ts';

/** One reading of both clocks. */
export interface Instant {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

export interface LeaseTimes {
  /** How long writers wait for a replica that they no longer hear from. */
  readonly leaseMs: number;
  /**
   * How much earlier the replica itself stops. It has to cover what two monotonic clocks can drift apart in
   * one lease.
   */
  readonly marginMs: number;
}

/**
 * The right to decide from memory, for a limited time (Gray and Cheriton, "Leases", SOSP 1989).
 *
 * It is valid only while both clocks say so. The monotonic clock can't be set back, but stands still while the
 * machine is suspended; the wall clock goes on meanwhile.
 */
export class Lease {
  readonly leaseMs: number;
  readonly #clock: Clock;
  readonly #usableMs: number;
  #monotonicUntilMs = Number.NEGATIVE_INFINITY;
  #wallUntilMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, times: LeaseTimes) {
    this.leaseMs = times.leaseMs;
    this.#clock = clock;
    this.#usableMs = times.leaseMs - times.marginMs;
  }

  /** Returns whether a decision may be made from memory at this instant. Called for each request: allocates nothing. */
  isValid(): boolean {
    return this.#clock.monotonicMs() < this.#monotonicUntilMs && this.#clock.wallMs() < this.#wallUntilMs;
  }

  /** The instant to keep while a renewing statement is on its way, read before the statement is sent. */
  now(): Instant {
    return { monotonicMs: this.#clock.monotonicMs(), wallMs: this.#clock.wallMs() };
  }

  /**
   * Makes the lease count from `sentAt`, the instant before its renewing statement was sent. Counted from the
   * answer it would outlast the lease that writers see, by as long as the answer took.
   */
  grantFrom(sentAt: Instant): void {
    this.#monotonicUntilMs = sentAt.monotonicMs + this.#usableMs;
    this.#wallUntilMs = sentAt.wallMs + this.#usableMs;
  }

  /** Ends the lease at this instant, if it hasn't ended before. */
  end(): void {
    this.#monotonicUntilMs = Math.min(this.#monotonicUntilMs, this.#clock.monotonicMs());
    this.#wallUntilMs = Math.min(this.#wallUntilMs, this.#clock.wallMs());
  }

  /** For how long there has been no valid lease, by the clock that says longer: 0 while valid, Infinity before the first. */
  expiredForMs(): number {
    return Math.max(
      0,
      this.#clock.monotonicMs() - this.#monotonicUntilMs,
      this.#clock.wallMs() - this.#wallUntilMs,
    );
  }
}
