import t from 'tap';
import { timers } from '../../../lib/replica/key-replica.ts';
import { Confirmations } from '../../../lib/replication/confirmations.ts';
import { Lease } from '../../../lib/replication/lease.ts';
import type {
  Position,
  ReplicaDatabase,
  ReplicasBehind,
  SyncResult,
  WriterDatabase,
} from '../../../lib/replication/ports.ts';
import { Replica } from '../../../lib/replication/replica.ts';
import { SimulatedProcess } from '../../model/simulated-process.ts';
import { Timeline } from '../../model/timeline.ts';

type Statement = 'load' | 'announce' | 'renew' | 'leave' | 'look' | 'fence';

const ORIGIN: Position = { seq: 0, eventId: 'origin' };
const NOTHING_NEW: SyncResult<string> = { outcome: 'synced', head: ORIGIN, events: [] };

/** Answers each statement 1 ms later, with what the test has put in its place. */
class ScriptedDatabase implements ReplicaDatabase<string>, WriterDatabase {
  readonly sent: Statement[] = [];
  readonly timeline: Timeline;
  results: SyncResult<string>[] = [];
  behind: ReplicasBehind = { server: 's', rows: [] };
  down = false;
  fences = true;

  constructor(timeline: Timeline) {
    this.timeline = timeline;
  }

  async load(onChange: (change: string) => void): Promise<Position> {
    await this.#statement('load');
    onChange('loaded');
    return ORIGIN;
  }

  announce(): Promise<void> {
    return this.#statement('announce');
  }

  async sync(): Promise<SyncResult<string>> {
    await this.#statement('renew');
    return this.results.shift() ?? NOTHING_NEW;
  }

  leave(): Promise<void> {
    return this.#statement('leave');
  }

  async replicasBehind(): Promise<ReplicasBehind> {
    await this.#statement('look');
    return this.behind;
  }

  async fence(): Promise<boolean> {
    await this.#statement('fence');
    return this.fences;
  }

  count(statement: Statement): number {
    return this.sent.filter((one) => one === statement).length;
  }

  #statement(statement: Statement): Promise<void> {
    this.sent.push(statement);
    return new Promise((resolve, reject) => {
      this.timeline.after(1, () => (this.down ? reject(new Error('down')) : resolve()));
    });
  }
}

function setUp() {
  const timeline = new Timeline();
  const process = new SimulatedProcess(timeline, { rate: 1, wallOffsetMs: 0 }, () => {});
  const database = new ScriptedDatabase(timeline);
  const lease = new Lease(process, { leaseMs: 2_000, marginMs: 200 });
  const errors: unknown[] = [];
  const applied: string[] = [];
  const state = { clear: () => applied.splice(0), apply: (change: string) => applied.push(change) };
  const common = {
    database,
    timers: process,
    random: () => 0,
    onError: (error: unknown) => errors.push(error),
  };
  const appliedAt: { statements: number; decides: boolean }[] = [];
  const onApplied = () => void appliedAt.push({ statements: database.sent.length, decides: lease.isValid() });
  const replica = new Replica({ ...common, id: 'r', state, lease, maxEventsPerSync: 10, onApplied });
  const confirmations = new Confirmations({ ...common, clock: process, pollMs: 50 });
  const runFor = async (ms: number): Promise<void> => {
    const untilMs = timeline.nowMs + ms;
    do for (let round = 0; round < 20; round += 1) await undefined;
    while (timeline.advance(untilMs));
  };
  return { timeline, process, database, lease, errors, applied, appliedAt, replica, confirmations, runFor };
}

t.test('the timers of the service never go off early, by its monotonic clock', async (t) => {
  const delaysMs = Array.from({ length: 200 }, (_, i) => i / 7);
  const early = delaysMs.map((delayMs) => {
    const startMs = performance.now();
    return new Promise<boolean>((resolve) => {
      timers.after(delayMs, () => resolve(performance.now() - startMs < delayMs));
    });
  });
  t.notOk((await Promise.all(early)).includes(true));
});

t.test('a replica loads, announces itself and syncs, and only then decides', async (t) => {
  const { database, lease, replica, applied, runFor } = setUp();
  t.match(replica.status(), { phase: 'loading', leaseValid: false, appliedSeq: null, headSeq: null });
  t.equal(replica.staleForMs(), Number.POSITIVE_INFINITY);
  replica.start();
  await runFor(2.5);
  t.same(database.sent, ['load', 'announce', 'renew']);
  t.same(applied, ['loaded']);
  t.equal(lease.isValid(), false, 'the sync has not returned');
  await runFor(1);
  t.equal(lease.isValid(), true);
  t.equal(replica.staleForMs(), 0);
  t.match(replica.status(), { phase: 'syncing', appliedSeq: 0, timesLoaded: 1, loadedChanges: 1 });
});

t.test('a replica syncs every quarter of the lease, and at once on a hint', async (t) => {
  const { database, replica, appliedAt, runFor } = setUp();
  replica.start();
  await runFor(1_900);
  t.equal(database.count('renew'), 4);
  replica.hint();
  await runFor(0.5);
  t.equal(database.count('renew'), 5);
  for (let hints = 0; hints < 100; hints += 1) replica.hint();
  await runFor(10);
  t.equal(database.count('renew'), 6, 'hints during a sync make one more sync after it');
  t.same(appliedAt, [], 'and nothing is told where nothing is new');
});

t.test('a replica renews its lease in time while hints flood in', async (t) => {
  const { lease, replica, runFor } = setUp();
  replica.start();
  await runFor(10);
  const lapsedAtMs: number[] = [];
  for (let ms = 10; ms < 5_000; ms += 10) {
    replica.hint();
    await runFor(10);
    if (!lease.isValid()) lapsedAtMs.push(ms);
  }
  t.same(lapsedAtMs, []);
});

t.test('a replica applies what it reads, and acknowledges it right after', async (t) => {
  const { database, replica, applied, appliedAt, runFor } = setUp();
  const head = { seq: 1, eventId: 'e1' };
  database.results = [{ outcome: 'synced', head, events: [{ ...head, change: 'new' }] }];
  replica.start();
  await runFor(10);
  t.same(applied, ['loaded', 'new']);
  t.equal(database.count('renew'), 2);
  t.match(replica.status(), { appliedSeq: 1 });
  t.same(appliedAt, [{ statements: 3, decides: true }], 'and in between tells of it, once');
});

t.test('a replica has no lease before it has read up to the head', async (t) => {
  const { database, lease, replica, appliedAt, runFor } = setUp();
  const events = [{ seq: 1, eventId: 'e1', change: 'one' }];
  database.results = [{ outcome: 'synced', head: { seq: 5, eventId: 'e5' }, events }];
  replica.start();
  await runFor(3.5);
  t.equal(lease.isValid(), false);
  t.match(replica.status(), { appliedSeq: 1, headSeq: 5, lagEvents: 4 });
  t.match(appliedAt, [{ decides: false }], 'but tells of what it has applied');
});

t.test('a fenced replica announces itself again, without loading', async (t) => {
  const { database, replica, lease, runFor } = setUp();
  database.results = [NOTHING_NEW, { outcome: 'fenced' }];
  replica.start();
  await runFor(503.5);
  t.equal(lease.isValid(), false);
  await runFor(10);
  t.same(database.sent, ['load', 'announce', 'renew', 'renew', 'announce', 'renew']);
  t.match(replica.status(), { timesFenced: 1, timesLoaded: 1, leaseValid: true });
});

const gap = [{ seq: 2, eventId: 'e2', change: 'two' }];

const reasons: [string, SyncResult<string>][] = [
  ['the feed does not know its position', { outcome: 'diverged' }],
  ['an event is missing', { outcome: 'synced', head: { seq: 2, eventId: 'e2' }, events: gap }],
];

for (const [why, result] of reasons) {
  t.test(`a replica loads anew when ${why}`, async (t) => {
    const { database, replica, applied, runFor } = setUp();
    database.results = [NOTHING_NEW, result];
    replica.start();
    await runFor(503.5);
    t.match(replica.status(), { phase: 'loading', leaseValid: false, appliedSeq: null });
    await runFor(10);
    t.same(applied, ['loaded']);
    t.match(replica.status(), { phase: 'syncing', timesLoaded: 2, leaseValid: true });
  });
}

t.test('a replica that lost its lease is granted the next one at once, whenever it was due', async (t) => {
  const { database, replica, lease, runFor } = setUp();
  database.results = [NOTHING_NEW, { outcome: 'diverged' }];
  replica.start();
  await runFor(100);
  replica.hint();
  await runFor(1.5);
  t.equal(lease.isValid(), false);
  await runFor(10);
  t.same(database.sent, ['load', 'announce', 'renew', 'renew', 'load', 'announce', 'renew']);
  t.equal(lease.isValid(), true);
});

t.test('a replica without its database backs off, reports, and comes back', async (t) => {
  const { database, replica, lease, errors, runFor } = setUp();
  replica.start();
  await runFor(100);
  database.down = true;
  for (let ms = 0; ms < 20_000; ms += 10) {
    replica.hint();
    await runFor(10);
  }
  t.equal(lease.isValid(), false);
  t.ok(database.count('renew') < 30, 'a flood of hints is no flood of attempts');
  t.equal(errors.length, replica.status().failuresInARow);
  database.down = false;
  await runFor(2_000);
  t.match(replica.status(), { leaseValid: true, failuresInARow: 0, timesLoaded: 1 });
});

t.test('a replica lets requests wait for a lease', async (t) => {
  const { replica, runFor } = setUp();
  const patient = replica.waitForLease(1_000);
  const hasty = replica.waitForLease(1);
  replica.start();
  await runFor(10);
  t.equal(await hasty, false);
  t.equal(await patient, true);
  t.equal(await replica.waitForLease(0), true, 'and who finds one need not');
});

t.test('a stopping replica has no lease from that instant, and leaves', async (t) => {
  const { database, replica, lease, runFor } = setUp();
  replica.start();
  await runFor(501);
  replica.hint();
  await runFor(0.5);
  const stopped = replica.stop();
  t.equal(lease.isValid(), false);
  t.equal(await replica.waitForLease(1_000), false);
  await runFor(10);
  await stopped;
  t.equal(lease.isValid(), false, 'the sync in flight gives it none');
  t.equal(database.sent.at(-1), 'leave');
  await runFor(5_000);
  t.equal(database.sent.at(-1), 'leave', 'and nothing follows');
});

t.test('a stopping replica releases those who wait for a lease', async (t) => {
  const { database, replica, runFor } = setUp();
  database.down = true;
  replica.start();
  const waiting = replica.waitForLease(60_000);
  await runFor(10);
  const stopped = replica.stop();
  t.equal(await waiting, false);
  await runFor(10);
  await stopped;
});

t.test('a change', async (t) => {
  const slow = { id: 'slow', appliedSeq: 3, leaseId: 'l1', leaseMs: 2_000 };

  t.test('is confirmed when no row is behind', async (t) => {
    const { confirmations, runFor } = setUp();
    const confirmed = confirmations.confirm(4, 1_000);
    await runFor(2);
    t.same(await confirmed, { confirmed: true });
  });

  t.test('shares its poll with all that wait', async (t) => {
    const { database, confirmations, runFor } = setUp();
    database.behind = { server: 's', rows: [slow] };
    const waiting = Array.from({ length: 500 }, (_, index) => confirmations.confirm(1 + (index % 9), 10_000));
    await runFor(500);
    t.ok(database.count('look') <= 12);
    t.same(await waiting[2], { confirmed: true }, 'those that the row has applied are done');
    database.behind = { server: 's', rows: [] };
    confirmations.hint();
    await runFor(2);
    t.ok((await Promise.all(waiting)).every(({ confirmed }) => confirmed));
    const looks = database.count('look');
    await runFor(10_000);
    t.equal(database.count('look'), looks, 'nobody waits, nobody looks');
  });

  t.test('waits a silent replica out, and no longer', async (t) => {
    const { database, confirmations, timeline, runFor } = setUp();
    database.behind = { server: 's', rows: [slow] };
    const confirmed = confirmations.confirm(4, 10_000);
    await runFor(1_990);
    t.equal(database.count('fence'), 0);
    await runFor(20);
    t.same(await confirmed, { confirmed: true });
    t.ok(timeline.nowMs < 2_100);
  });

  t.test('waits on for a replica that renewed just before it would have been fenced', async (t) => {
    const { database, confirmations, runFor } = setUp();
    database.behind = { server: 's', rows: [slow] };
    database.fences = false;
    const confirmed = confirmations.confirm(4, 3_000);
    await runFor(3_000);
    t.ok(database.count('fence') > 0);
    t.same(await confirmed, { confirmed: false });
  });

  t.test('waits anew for a lease that was renewed, or that another server shows', async (t) => {
    const { database, confirmations, runFor } = setUp();
    database.behind = { server: 's', rows: [slow] };
    const confirmed = confirmations.confirm(4, 60_000);
    await runFor(1_900);
    database.behind = { server: 's', rows: [{ ...slow, leaseId: 'l2' }] };
    await runFor(1_900);
    database.behind = { server: 'another', rows: [{ ...slow, leaseId: 'l2' }] };
    await runFor(1_900);
    t.equal(database.count('fence'), 0);
    await runFor(300);
    t.same(await confirmed, { confirmed: true });
  });

  t.test('is not confirmed in time without the database, and says so', async (t) => {
    const { database, confirmations, errors, runFor } = setUp();
    database.down = true;
    const confirmed = confirmations.confirm(4, 5_000);
    await runFor(5_000);
    t.same(await confirmed, { confirmed: false });
    t.ok(errors.length > 2 && errors.length < 20);
  });
});
