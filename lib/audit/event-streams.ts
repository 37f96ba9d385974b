import type { Writable } from 'node:stream';
import type { AuditEvent } from '../../schemas/audit.ts';
import type { AuthResult } from '../auth/auth-result.ts';
import type { Scope } from '../auth/scope.ts';
import { ApiError, unavailable } from '../http/api-error.ts';
import { EventStream } from './event-stream.ts';

/** Reads events, and knows up to which number they may be sent. */
interface EventSource {
  /** The last event that this process has applied, and how often it has begun with another history of them. */
  state(): { appliedSeq: number | null; timesLoaded: number };
  /** The first events after one number, up to another one, that the scope sees. */
  ofScope(scope: Scope, after: number, upTo: number, limit: number): Promise<AuditEvent[]>;
  /** The same of all environments of these tenants. */
  ofTenants(tenantIds: string[], after: number, upTo: number, limit: number): Promise<AuditEvent[]>;
}

export interface EventStreamsOptions {
  source: EventSource;
  /** How many streams there may be at once. */
  limits: { all: number; ofTenant: number; ofKey: number };
  /** Told of every failed statement. What failed is tried again. */
  onError: (error: unknown) => void;
}

export interface OpenRequest {
  scope: Scope;
  keyId: string;
  /** The number of the last event that the reader has; `null`: it begins now. */
  after: number | null;
  /** Begins the answer; called when the stream is admitted. */
  begin: () => Writable;
  /** Called before anything is sent, with no `await` in between: decides again on the key of the stream, by the state of this instant. */
  reauthenticate: () => AuthResult['outcome'];
}

const eventsPerRead = 100;

/**
 * All streams of this process. Those that are live share one statement for each change, however many they are, which
 * is sent when the process has applied the change and so decides by it: a stream whose key was revoked is ended by the
 * very change that revokes it, and has had nothing that came after.
 */
export class EventStreams {
  readonly #options: EventStreamsOptions;
  readonly #streams = new Set<EventStream>();
  /** All live streams have everything up to here. */
  #handedOutSeq = 0;
  /** As far as is being read for the live streams: who joins needs everything up to here. */
  #joinSeq = 0;
  #following = false;
  #stopped = false;

  constructor(options: EventStreamsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#streams.size;
  }

  /** @throws ApiError `too_many_requests` or `service_unavailable` when there are too many, or it stops */
  open({ scope, keyId, after, begin, reauthenticate }: OpenRequest): void {
    this.#admit(scope.tenantId, keyId);
    const { source, onError } = this.#options;
    void this.#follow(); // Where nobody is live, those who come now begin at the present.
    const { timesLoaded } = source.state();
    // A number of one history says nothing in another.
    const sameHistory = () => source.state().timesLoaded === timesLoaded;
    const sink = begin();
    const stream = new EventStream({
      scope,
      keyId,
      after: after ?? this.#appliedSeq(),
      feed: {
        appliedSeq: () => this.#appliedSeq(),
        joinSeq: () => this.#joinSeq,
        read: source.ofScope,
      },
      sink,
      reauthenticate: () => (sameHistory() ? reauthenticate() : 'unknown'),
      onError,
    });
    this.#streams.add(stream);
    sink.on('close', () => this.#streams.delete(stream));
    void stream.catchUp();
  }

  /** To be called when the process has applied changes: ends what they don't allow any more, hands out the rest. */
  applied(): void {
    for (const stream of this.#streams) stream.check();
    void this.#follow();
  }

  /** To be called several times a second: keys expire, statements fail, and readers want signs of life. */
  tick(): void {
    for (const stream of this.#streams) stream.tick();
    void this.#follow();
  }

  /** Ends all of them, and lets no more in. */
  stop(): void {
    this.#stopped = true;
    for (const stream of this.#streams) stream.end();
  }

  #admit(tenantId: string, keyId: string): void {
    const { limits } = this.#options;
    if (this.#stopped) throw unavailable('The service is stopping', new Error('stopping'));
    if (this.#count((stream) => stream.keyId === keyId) >= limits.ofKey) throw tooMany('key', limits.ofKey);
    // Nobody keeps the others out, however many keys they make.
    if (this.#count(({ scope }) => scope.tenantId === tenantId) >= limits.ofTenant)
      throw tooMany('tenant', limits.ofTenant);
    if (this.#streams.size >= limits.all)
      throw unavailable('Too many event streams are open', new Error(`${limits.all} event streams`));
  }

  #count(isOne: (stream: EventStream) => boolean): number {
    let count = 0;
    for (const stream of this.#streams) if (isOne(stream)) count++;
    return count;
  }

  #appliedSeq(): number {
    return this.#options.source.state().appliedSeq ?? 0;
  }

  /** Hands out everything up to what was applied, one reading at a time. */
  async #follow(): Promise<void> {
    if (this.#following) return;
    this.#following = true;
    try {
      while (await this.#handOut());
    } catch (error) {
      this.#options.onError(error);
    }
    this.#following = false;
  }

  /** @returns whether there was anything to hand out */
  async #handOut(): Promise<boolean> {
    const upTo = this.#options.source.state().appliedSeq;
    if (upTo === null) return false;
    const live = [...this.#streams].filter((stream) => stream.live);
    if (live.length === 0) this.#handedOutSeq = upTo;
    const after = this.#handedOutSeq;
    this.#joinSeq = upTo;
    if (upTo === after) return false;
    const tenantIds = [...new Set(live.map(({ scope }) => scope.tenantId))];
    const events = await this.#options.source.ofTenants(tenantIds, after, upTo, eventsPerRead);
    const last = events.at(-1);
    const reached = last !== undefined && events.length === eventsPerRead ? last.seq : upTo;
    for (const stream of live) if (stream.live) stream.deliver(events, reached);
    this.#handedOutSeq = reached;
    return true;
  }
}

const tooMany = (whose: 'key' | 'tenant', limit: number): ApiError =>
  new ApiError('too_many_requests', `A ${whose} may have ${limit} event streams at once`, {
    headers: { 'retry-after': '5' },
  });
