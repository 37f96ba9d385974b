import type { Writable } from 'node:stream';
import type { AuditEvent } from '../../schemas/audit.ts';
import type { AuthResult } from '../auth/auth-result.ts';
import type { Scope } from '../auth/scope.ts';

/** The feed that a stream follows. Every number is that of an event. */
interface Feed {
  /** The last event that this process decides by. Nothing after it is sent. */
  appliedSeq(): number;
  /** Events after this number come by themselves to the streams that have everything up to it. */
  joinSeq(): number;
  /** The first events after one number, up to another one, that the scope sees. */
  read(scope: Scope, after: number, upTo: number, limit: number): Promise<AuditEvent[]>;
}

export interface EventStreamOptions {
  scope: Scope;
  keyId: string;
  /** The number that it begins after. */
  after: number;
  feed: Feed;
  sink: Writable;
  /** Decides again on the key of the stream, by the state of this instant. */
  reauthenticate: () => AuthResult['outcome'];
  onError: (error: unknown) => void;
}

/** Interval of keep-alive comments; a reader that accepts nothing for this long is disconnected. */
const keepAliveMs = 15_000;

/** Few, for a slow reader gets some kilobytes at a time, and reads the rest again. */
const eventsPerRead = 20;

/**
 * One reader of the trail, by server-sent events (WHATWG HTML, section 9.2). It is **live** when it has everything
 * that has been handed out, and then what follows is handed to it. Otherwise it **catches up** by reading for itself.
 *
 * It keeps no events for a slow reader, only its place: when the reader has taken all, it catches up from there. What
 * it holds is what the sink takes at most before it asks to wait, and one event.
 */
export class EventStream {
  readonly scope: Scope;
  readonly keyId: string;
  readonly #options: EventStreamOptions;
  #position: number;
  #live = false;
  #waitsForReader = false;
  #catchingUp = false;
  #announced = false;
  #ended = false;
  #lastWriteMs = performance.now();

  constructor(options: EventStreamOptions) {
    this.#options = options;
    this.scope = options.scope;
    this.keyId = options.keyId;
    this.#position = options.after;
    options.sink.on('error', () => {}); // The reader is gone: the sink closes, which is what counts.
    options.sink.on('close', () => {
      this.#ended = true;
    });
    options.sink.on('drain', () => this.#resume());
  }

  get live(): boolean {
    return this.#live && !this.#ended;
  }

  /** Takes in all events up to `upTo` that it has not had, and leaves out what it may not see. */
  deliver(events: readonly AuditEvent[], upTo: number): void {
    if (this.check() !== 'accepted') {
      this.#live = false;
      return;
    }
    for (const event of events) {
      if (event.seq <= this.#position || !isVisible(event, this.scope)) continue;
      this.#position = event.seq;
      if (!this.#write(`id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`)) return;
    }
    this.#position = Math.max(this.#position, upTo);
  }

  /** Reads until it is live, or has to wait for its reader. What failed is tried again at the next look. */
  async catchUp(): Promise<void> {
    if (this.#catchingUp) return;
    this.#catchingUp = true;
    try {
      while (this.#mayCatchUp() && (await this.#readOn()));
    } catch (error) {
      this.#options.onError(error);
    }
    this.#catchingUp = false;
  }

  /** Ends it if its key isn't accepted any more. */
  check(): AuthResult['outcome'] {
    if (this.#ended) return 'unknown';
    const outcome = this.#options.reauthenticate();
    if (outcome !== 'accepted' && outcome !== 'undecidable') this.end();
    return outcome;
  }

  /** To be called every now and then: ends it, gives a sign of life, or goes on after a failure. */
  tick(): void {
    const outcome = this.check();
    const isSilent = performance.now() - this.#lastWriteMs >= keepAliveMs;
    if (isSilent && (this.#waitsForReader || outcome !== 'accepted')) this.end();
    else if (isSilent) this.#write(`: still here\n${this.#positionComment()}`);
    if (!this.#live) void this.catchUp();
  }

  /** Ends it at once: what has not left the process is never sent. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    const { sink } = this.#options;
    if (sink.writableLength > 0) sink.destroy();
    else sink.end();
  }

  #mayCatchUp(): boolean {
    return !this.#live && !this.#waitsForReader && this.check() === 'accepted';
  }

  /** @returns whether there was anything to read */
  async #readOn(): Promise<boolean> {
    const { feed } = this.#options;
    const upTo = feed.appliedSeq();
    const isNew = upTo > this.#position;
    const events = isNew ? await feed.read(this.scope, this.#position, upTo, eventsPerRead) : [];
    const last = events.at(-1);
    this.deliver(events, last !== undefined && events.length === eventsPerRead ? last.seq : upTo);
    // In the same breath as the look at the feed, so that nothing can be handed out in between.
    if (this.#mayCatchUp() && this.#position >= feed.joinSeq()) this.#join();
    return isNew;
  }

  #join(): void {
    this.#live = true;
    if (this.#announced) return;
    this.#announced = true;
    this.#write(`: caught up\n${this.#positionComment()}`);
  }

  /** Makes the reader come back to this place, although there was no event for it. */
  #positionComment(): string {
    return `id: ${this.#position}\n\n`;
  }

  /** @returns whether it may go on writing */
  #write(text: string): boolean {
    this.#lastWriteMs = performance.now();
    if (this.#options.sink.write(text)) return true;
    this.#waitsForReader = true;
    this.#live = false;
    return false;
  }

  #resume(): void {
    this.#waitsForReader = false;
    void this.catchUp();
  }
}

const isVisible = (event: AuditEvent, { tenantId, environmentId }: Scope): boolean =>
  event.tenant_id === tenantId && (event.environment_id === null || event.environment_id === environmentId);
