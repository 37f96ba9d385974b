import type { Clock, Timers } from '../../lib/replication/ports.ts';
import type { Timeline } from './timeline.ts';

export type ProcessCondition = 'running' | 'stopped' | 'suspended' | 'dead';

export interface MachineClocks {
  /** Monotonic milliseconds for each millisecond that passes. */
  readonly rate: number;
  readonly wallOffsetMs: number;
}

/**
 * A process on a machine of its own. While it is stopped or its machine is suspended nothing reaches it; what
 * came meanwhile reaches it afterwards. When it is dead nothing ever does.
 */
export class SimulatedProcess implements Clock, Timers {
  readonly #timeline: Timeline;
  readonly #rate: number;
  /** Called after everything that reached the process. */
  readonly #reached: () => void;
  #condition: ProcessCondition = 'running';
  #inbox: (() => void)[] = [];
  #wallOffsetMs: number;
  #suspendedMs = 0;
  #suspendedAtMs = 0;

  constructor(timeline: Timeline, clocks: MachineClocks, reached: () => void) {
    this.#timeline = timeline;
    this.#rate = clocks.rate;
    this.#wallOffsetMs = clocks.wallOffsetMs;
    this.#reached = reached;
  }

  get condition(): ProcessCondition {
    return this.#condition;
  }

  monotonicMs(): number {
    const nowMs = this.#condition === 'suspended' ? this.#suspendedAtMs : this.#timeline.nowMs;
    return (nowMs - this.#suspendedMs) * this.#rate;
  }

  wallMs(): number {
    return this.#timeline.nowMs + this.#wallOffsetMs;
  }

  after(delayMs: number, run: () => void): () => void {
    const dueMs = this.monotonicMs() + delayMs;
    let cancelled = false;
    const expire = (): void => {
      if (cancelled || this.#condition === 'dead') return;
      if (this.#condition === 'suspended') {
        this.#inbox.push(expire);
        return;
      }
      // Some of it is left if the machine was suspended since the timer was set.
      const leftMs = dueMs - this.monotonicMs();
      if (leftMs > 1e-6) this.#timeline.after(leftMs / this.#rate, expire);
      else this.deliver(() => cancelled || run());
    };
    this.#timeline.after(delayMs / this.#rate, expire);
    return () => {
      cancelled = true;
    };
  }

  /** Something reaches the process, as soon as it runs. */
  deliver(run: () => void): void {
    if (this.#condition === 'dead') return;
    if (this.#condition !== 'running') {
      this.#inbox.push(run);
      return;
    }
    run();
    this.#reached();
  }

  /** SIGSTOP: both clocks go on. */
  stop(): void {
    this.#condition = 'stopped';
  }

  /** The machine sleeps: the wall clock goes on, the monotonic clock doesn't. */
  suspend(): void {
    this.#suspendedAtMs = this.#timeline.nowMs;
    this.#condition = 'suspended';
  }

  /** Goes on after {@link stop} or {@link suspend}; what has waited arrives in the order that `jitterMs` makes. */
  resume(jitterMs: () => number): void {
    if (this.#condition === 'suspended') this.#suspendedMs += this.#timeline.nowMs - this.#suspendedAtMs;
    if (this.#condition !== 'dead') this.#condition = 'running';
    const waited = this.#inbox;
    this.#inbox = [];
    for (const run of waited) this.#timeline.after(jitterMs(), () => this.deliver(run));
    this.#reached();
  }

  kill(): void {
    this.#condition = 'dead';
    this.#inbox = [];
  }

  setWallClock(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }
}
