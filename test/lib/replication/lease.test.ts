import t from 'tap';
import { backoffMs } from '../../../lib/replication/backoff.ts';
import { applyEvents } from '../../../lib/replication/feed.ts';
import { Lease } from '../../../lib/replication/lease.ts';

function leaseOnClocks(): { clocks: { monotonic: number; wall: number }; lease: Lease } {
  const clocks = { monotonic: 1_000, wall: 5_000 };
  const clock = { monotonicMs: () => clocks.monotonic, wallMs: () => clocks.wall };
  return { clocks, lease: new Lease(clock, { leaseMs: 2_000, marginMs: 200 }) };
}

t.test('a lease', async (t) => {
  t.test('is not valid before it is granted', async (t) => {
    const { lease } = leaseOnClocks();
    t.equal(lease.isValid(), false);
    t.equal(lease.expiredForMs(), Number.POSITIVE_INFINITY);
  });

  t.test('counts from the instant before the send, less the margin', async (t) => {
    const { lease, clocks } = leaseOnClocks();
    const sentAt = lease.now();
    clocks.monotonic += 1_000;
    clocks.wall += 1_000;
    lease.grantFrom(sentAt);
    clocks.monotonic = 1_000 + 1_799;
    clocks.wall = 5_000 + 1_799;
    t.equal(lease.isValid(), true);
    t.equal(lease.expiredForMs(), 0);
    clocks.monotonic += 1;
    t.equal(lease.isValid(), false, 'at the end of its time it is over');
  });

  t.test('is over when either clock says so', async (t) => {
    const { lease, clocks } = leaseOnClocks();
    lease.grantFrom(lease.now());
    clocks.wall += 60_000;
    t.equal(lease.isValid(), false, 'the machine was suspended');
    t.equal(lease.expiredForMs(), 58_200);
    clocks.wall -= 120_000;
    t.equal(lease.isValid(), true, 'the wall clock was set back');
    clocks.monotonic += 1_800;
    t.equal(lease.isValid(), false, 'which does not make it longer');
  });

  t.test('ends at once when it is ended', async (t) => {
    const { lease, clocks } = leaseOnClocks();
    lease.grantFrom(lease.now());
    lease.end();
    t.equal(lease.isValid(), false);
    clocks.monotonic += 10;
    t.equal(lease.expiredForMs(), 10);
  });
});

t.test('events', async (t) => {
  const event = (seq: number) => ({ seq, eventId: `e${seq}`, change: seq });
  const stateOf = (applied: number[]) => ({
    clear: () => {},
    apply: (change: number) => applied.push(change),
  });

  t.test('are applied in order, each once', async (t) => {
    const applied: number[] = [];
    const reached = applyEvents(stateOf(applied), event(3), [
      event(2),
      event(3),
      event(4),
      event(4),
      event(5),
    ]);
    t.same(applied, [4, 5]);
    t.same(reached, { seq: 5, eventId: 'e5' });
  });

  t.test('after a gap are not applied', async (t) => {
    const applied: number[] = [];
    t.equal(applyEvents(stateOf(applied), event(3), [event(4), event(6)]), null);
    t.same(applied, [4]);
  });

  t.test('no events leave the position as it was', async (t) => {
    t.same(applyEvents(stateOf([]), event(3), []), { seq: 3, eventId: 'e3' });
  });
});

t.test('a backoff doubles up to its bound, half of it random', async (t) => {
  t.equal(
    backoffMs(1, () => 0),
    25,
  );
  t.equal(
    backoffMs(2, () => 0),
    50,
  );
  t.equal(
    backoffMs(1_000, () => 0),
    1_000,
  );
  t.ok(backoffMs(1_000, () => 0.999) < 2_000);
});
