import { Writable } from 'node:stream';
import t from 'tap';
import { EventStreams } from '../../../lib/audit/event-streams.ts';
import type { AuthResult } from '../../../lib/auth/auth-result.ts';
import type { Scope } from '../../../lib/auth/scope.ts';
import type { AuditEvent } from '../../../schemas/audit.ts';

type Outcome = AuthResult['outcome'];

const scope = { tenantId: 'tenant_1', environmentId: 'env_1' };

const eventOf = (seq: number, where: Scope = scope): AuditEvent => ({
  seq,
  kind: 'key.updated',
  tenant_id: where.tenantId,
  environment_id: where.environmentId,
  subject_id: 'key_1',
  before: null,
  after: { note: 'x'.repeat(1_000) },
  actor: { key_id: null, user_id: null, address: null },
  request_id: null,
  created_at: '2026-11-20T12:00:00.000Z',
});

/** A reader who takes what comes only when told to. */
class Reader extends Writable {
  readonly seqs: number[] = [];
  text = '';
  #taken: (() => void) | null = null;
  takes = true;

  constructor() {
    super({ highWaterMark: 4_096 });
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    const text = chunk.toString();
    this.text += text;
    const [, seq] = /^id: (\d+)\ndata: /.exec(text) ?? [];
    if (seq !== undefined) this.seqs.push(Number(seq));
    if (this.takes) done();
    else this.#taken = done;
  }

  /** Takes one part of what is waiting, and what follows if it `takes`. */
  take(): void {
    const taken = this.#taken;
    this.#taken = null;
    taken?.();
  }
}

/** Streams over a feed in memory. */
function setUp(limits = { all: 10, ofTenant: 10, ofKey: 3 }) {
  const feed: AuditEvent[] = [];
  const state = { appliedSeq: 0 as number | null, timesLoaded: 1 };
  const errors: unknown[] = [];
  const reads = { ofScope: 0, ofTenants: 0 };
  let fails = false;
  let largest = 0;
  let gate = Promise.resolve();
  const read = async (kind: keyof typeof reads, after: number, upTo: number, limit: number) => {
    reads[kind]++;
    const found = feed.filter(({ seq }) => seq > after && seq <= upTo).slice(0, limit);
    await gate;
    if (fails) throw new Error('down');
    largest = Math.max(largest, found.length);
    return found;
  };
  const streams = new EventStreams({
    source: {
      state: () => state,
      ofScope: (_scope, ...range) => read('ofScope', ...range),
      ofTenants: (_tenants, ...range) => read('ofTenants', ...range),
    },
    limits,
    onError: (error) => errors.push(error),
  });
  const world = {
    streams,
    feed,
    state,
    errors,
    reads,
    largest: () => largest,
    fail: (value: boolean) => {
      fails = value;
    },
    /** Keeps every statement on its way. @returns what lets them arrive */
    hold(): () => void {
      let release = () => {};
      gate = new Promise((resolve) => {
        release = resolve;
      });
      return () => release();
    },
    /** Adds events and applies them. */
    add(count: number, where?: Scope): void {
      for (let i = 0; i < count; i++) feed.push(eventOf(feed.length + 1, where));
      state.appliedSeq = feed.length;
      streams.applied();
    },
    open(
      options: { after?: number | null; keyId?: string; reauthenticate?: () => Outcome; scope?: Scope } = {},
    ): Reader {
      const sink = new Reader();
      streams.open({
        scope,
        keyId: 'key_1',
        after: null,
        reauthenticate: () => 'accepted',
        ...options,
        begin: () => sink,
      });
      return sink;
    },
  };
  return world;
}

const settled = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await new Promise(setImmediate);
};

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

t.test('all live streams share one statement for a change', async (t) => {
  const { open, add, reads } = setUp({ all: 50, ofTenant: 50, ofKey: 50 });
  const readers = Array.from({ length: 50 }, () => open());
  await settled();
  const before = { ...reads };
  add(3);
  await settled();
  t.strictSame(reads, { ofScope: before.ofScope, ofTenants: before.ofTenants + 1 });
  for (const { seqs } of readers) t.strictSame(seqs, [1, 2, 3]);
});

t.test('without streams nothing is read, and who comes then begins at the present', async (t) => {
  const { open, add, reads } = setUp();
  add(5_000);
  await settled();
  const sink = open();
  await settled();
  t.strictSame(reads, { ofScope: 0, ofTenants: 0 });
  t.equal(sink.text, ': caught up\nid: 5000\n\n');
  add(1);
  await settled();
  t.strictSame(sink.seqs, [5_001]);
  t.strictSame(reads, { ofScope: 0, ofTenants: 1 });
});

t.test('who joins while others are being told misses nothing and gets nothing twice', async (t) => {
  for (const after of [null, 0, 3, 7]) {
    const { open, add, hold } = setUp();
    const first = open();
    await settled();
    add(7);
    await settled();
    const release = hold();
    add(5);
    await settled(); // On its way, for the first alone.
    const second = open({ after });
    await settled();
    add(2);
    await settled();
    release();
    await settled();
    t.strictSame(first.seqs, range(1, 14));
    const begun = after ?? 12;
    t.strictSame(second.seqs, range(begun + 1, 14), `after ${after}`);
  }
});

t.test('who has had from another replica what is yet to be applied here does not get it twice', async (t) => {
  const { open, add } = setUp();
  add(7);
  const sink = open({ after: 9 });
  await settled();
  add(5);
  await settled();
  t.strictSame(sink.seqs, [10, 11, 12]);
});

t.test('a long past is read in small parts', async (t) => {
  const { open, add, largest } = setUp();
  add(1_000);
  const sink = open({ after: 0 });
  while (sink.seqs.length < 1_000) await settled();
  t.strictSame(sink.seqs, range(1, 1_000));
  t.equal(largest(), 20);
});

t.test('for a slow reader nothing is kept, and it gets everything nevertheless', async (t) => {
  const { open, add, streams } = setUp();
  const slow = open();
  const fast = open();
  await settled();
  slow.takes = false;
  for (let i = 0; i < 100; i++) {
    add(10);
    await settled();
  }
  t.strictSame(fast.seqs, range(1, 1_000), 'others do not wait');
  t.ok(slow.writableLength < 4_096 + 2_000, `${slow.writableLength} bytes are waiting`);
  t.equal(streams.size, 2);
  slow.takes = true;
  slow.take();
  while (slow.seqs.length < 1_000) await settled();
  t.strictSame(slow.seqs, range(1, 1_000));
});

t.test('after 15 s who has heard nothing gets a sign of life, and who takes nothing is let go', async (t) => {
  let nowMs = 1_000_000;
  t.intercept(performance, 'now', { value: () => nowMs });
  const { open, add, streams } = setUp();
  const idle = open();
  const stuck = open();
  await settled();
  stuck.takes = false;
  add(10);
  await settled();
  const before = idle.text.length;
  nowMs += 14_999;
  streams.tick();
  await settled();
  t.equal(idle.text.length, before);
  t.equal(stuck.destroyed, false);
  nowMs += 1;
  streams.tick();
  await settled();
  t.equal(idle.text.slice(before), ': still here\nid: 10\n\n');
  t.equal(stuck.destroyed, true);
  t.ok(stuck.seqs.length < 10, 'without what was waiting');
  t.equal(streams.size, 1);
});

t.test('what may not be decided is not sent, and comes when it may be', async (t) => {
  let nowMs = 1_000_000;
  t.intercept(performance, 'now', { value: () => nowMs });
  let outcome: Outcome = 'accepted';
  const { open, add, streams } = setUp();
  const sink = open({ reauthenticate: () => outcome });
  await settled();
  const before = sink.text;
  outcome = 'undecidable';
  add(3);
  streams.tick();
  await settled();
  t.equal(sink.text, before);
  outcome = 'accepted';
  streams.tick();
  await settled();
  t.strictSame(sink.seqs, [1, 2, 3]);
  outcome = 'undecidable';
  nowMs += 15_000;
  const last = sink.text;
  streams.tick();
  await settled();
  t.equal(sink.text, last, 'not even a sign of life');
  t.equal(sink.writableEnded, true, 'it had better ask another');
});

t.test(
  'the change that takes the right away is not told any more, and the stream is over when it is applied',
  async (t) => {
    let outcome: Outcome = 'accepted';
    const { open, add, hold, streams } = setUp();
    const sink = open({ reauthenticate: () => outcome });
    const behind = open({ reauthenticate: () => outcome, after: 0 });
    await settled();
    const release = hold();
    add(3);
    await settled(); // They have been read, and are on their way.
    outcome = 'unknown';
    streams.applied();
    t.equal(sink.writableEnded, true, 'at once');
    t.equal(behind.writableEnded, true);
    release();
    await settled();
    t.strictSame([sink.seqs, behind.seqs], [[], []]);
    t.equal(streams.size, 0);
  },
);

t.test('what waits for a slow reader is thrown away when the right is taken away', async (t) => {
  let outcome: Outcome = 'accepted';
  const { open, add, streams } = setUp();
  const sink = open({ reauthenticate: () => outcome });
  await settled();
  sink.takes = false;
  add(4);
  await settled();
  outcome = 'unknown';
  streams.applied();
  t.equal(sink.destroyed, true);
  sink.takes = true;
  sink.take();
  await settled();
  t.ok(sink.seqs.length < 3);
});

t.test('a failed statement is told, and tried again', async (t) => {
  const { open, add, fail, errors, streams } = setUp();
  const live = open();
  await settled();
  fail(true);
  add(2);
  const behind = open({ after: 0 });
  await settled();
  t.equal(errors.length, 2);
  fail(false);
  streams.tick();
  await settled();
  t.strictSame(
    [live.seqs, behind.seqs],
    [
      [1, 2],
      [1, 2],
    ],
  );
});

t.test('no scope sees the events of another, and each those of its tenant', async (t) => {
  const { open, feed, state, streams } = setUp();
  const [one, two, three] = [
    open(),
    open({ scope: { ...scope, environmentId: 'env_2' } }),
    open({ scope: { tenantId: 'tenant_2', environmentId: 'env_1' } }),
  ];
  await settled();
  feed.push(
    eventOf(1),
    { ...eventOf(2), environment_id: null },
    eventOf(3, { tenantId: 'tenant_2', environmentId: 'env_2' }),
  );
  feed.push(eventOf(4, { tenantId: 'tenant_2', environmentId: 'env_1' }));
  state.appliedSeq = 4;
  streams.applied();
  await settled();
  t.strictSame([one.seqs, two.seqs, three.seqs], [[1, 2], [2], [4]]);
});

t.test('another history ends the streams of the one before, and new ones work', async (t) => {
  const { open, feed, add, state, streams, reads } = setUp();
  const old = open();
  await settled();
  add(50);
  await settled();
  feed.splice(10);
  state.appliedSeq = null;
  const { ofTenants } = reads;
  streams.tick();
  await settled();
  t.equal(reads.ofTenants, ofTenants, 'while it is loaded nothing is read');
  state.appliedSeq = 10;
  state.timesLoaded++;
  const sink = open();
  await settled();
  t.equal(old.writableEnded, true);
  add(2);
  await settled();
  t.strictSame(sink.seqs, [11, 12]);
});

t.test(
  'there are so many at most, of one key, of one tenant and in all, and none once it stops',
  async (t) => {
    const { open, streams } = setUp({ all: 4, ofTenant: 3, ofKey: 2 });
    const first = open({ keyId: 'key_a' });
    open({ keyId: 'key_a' });
    t.throws(() => open({ keyId: 'key_a' }), {
      code: 'too_many_requests',
      statusCode: 429,
      message: 'A key may have 2 event streams at once',
    });
    open({ keyId: 'key_b', scope: { ...scope, environmentId: 'env_2' } });
    t.throws(() => open({ keyId: 'key_c' }), {
      code: 'too_many_requests',
      statusCode: 429,
      message: 'A tenant may have 3 event streams at once',
    });
    const elsewhere = { tenantId: 'tenant_2', environmentId: 'env_3' };
    open({ keyId: 'key_d', scope: elsewhere });
    t.throws(() => open({ keyId: 'key_e', scope: elsewhere }), {
      code: 'service_unavailable',
      statusCode: 503,
    });
    first.destroy();
    await settled();
    open({ keyId: 'key_a' });
    t.equal(streams.size, 4);
    streams.stop();
    await settled();
    t.equal(streams.size, 0);
    t.throws(() => open(), { code: 'service_unavailable' });
  },
);
