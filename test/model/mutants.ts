import { Lease } from '../../lib/replication/lease.ts';
import type { FeedEvent, Position, ReplicasBehind, SyncResult } from '../../lib/replication/ports.ts';
import { NO_KEY, type Parts, type Rule, SOUND_PARTS } from './schedule.ts';
import {
  type CommittedEdit,
  type Edit,
  type Form,
  headOf,
  knows,
  type Release,
  type Reply,
  read,
  SimulatedDatabase,
} from './simulated-database.ts';

/** A protocol that lacks one rule. */
export interface Mutant {
  /** The rule that is missing. */
  readonly without: string;
  readonly parts: Parts;
  readonly breaks: Rule;
}

/** Renews by `INSERT … ON CONFLICT DO UPDATE`, so that a replica appears in the middle of its first sync. */
class UpsertingDatabase extends SimulatedDatabase {
  override announce(reply: Reply<boolean>): void {
    reply.done(true);
  }

  override sync(
    reply: Reply<SyncResult<Edit>>,
    id: string,
    applied: Position,
    leaseMs: number | null,
    maxEvents: number,
  ): void {
    const snapshot = this.snapshot();
    if (leaseMs === null || !knows(snapshot, applied)) {
      super.sync(reply, id, applied, leaseMs, maxEvents);
      return;
    }
    this.observer.interleavingPoint('renew');
    const answer = (): void => reply.done(read(snapshot, applied, maxEvents));
    this.upsert(reply, id, applied.seq, leaseMs, answer, 2);
  }
}

/** Answers a renewal before it is on disk. */
class HastyDatabase extends SimulatedDatabase {
  protected override renewed(): void {}
}

/** Takes an acknowledgement for a renewal: the lease in the row stays as it was announced. */
class AcknowledgingDatabase extends SimulatedDatabase {
  override sync(
    reply: Reply<SyncResult<Edit>>,
    id: string,
    applied: Position,
    _leaseMs: number | null,
    maxEvents: number,
  ): void {
    super.sync(reply, id, applied, null, maxEvents);
  }
}

/** Renews by one statement and reads by another, sent side by side; the reading one is the faster. */
class TwoStatementsDatabase extends SimulatedDatabase {
  override sync(
    reply: Reply<SyncResult<Edit>>,
    id: string,
    applied: Position,
    leaseMs: number | null,
    maxEvents: number,
  ): void {
    const snapshot = this.snapshot();
    if (!knows(snapshot, applied)) {
      reply.done({ outcome: 'diverged' });
      return;
    }
    this.observer.interleavingPoint('renew');
    this.stage(reply, 'renew', () =>
      this.renew(reply, id, applied.seq, leaseMs, (renewed) =>
        reply.done(renewed ? read(snapshot, applied, maxEvents) : { outcome: 'fenced' }),
      ),
    );
  }
}

/** A heartbeat: renews without reading what is new, which another sync may do. */
class HeartbeatDatabase extends SimulatedDatabase {
  override sync(
    reply: Reply<SyncResult<Edit>>,
    id: string,
    applied: Position,
    leaseMs: number | null,
    maxEvents: number,
  ): void {
    const reads = this.observer.stallMs('renew') === 0;
    if (reads || !knows(this.snapshot(), applied)) {
      super.sync(reply, id, applied, leaseMs, maxEvents);
      return;
    }
    this.renew(reply, id, applied.seq, leaseMs, (renewed) =>
      reply.done(renewed ? { outcome: 'synced', head: applied, events: [] } : { outcome: 'fenced' }),
    );
  }
}

/** Acknowledges what a statement reads, while it is still on its way to the replica. */
class EagerDatabase extends SimulatedDatabase {
  override sync(
    reply: Reply<SyncResult<Edit>>,
    id: string,
    applied: Position,
    leaseMs: number | null,
    maxEvents: number,
  ): void {
    const snapshot = this.snapshot();
    if (!knows(snapshot, applied)) {
      reply.done({ outcome: 'diverged' });
      return;
    }
    const readSeq = Math.min(applied.seq + maxEvents, snapshot.headSeq);
    this.renew(reply, id, readSeq, leaseMs, (renewed) =>
      reply.done(renewed ? read(snapshot, applied, maxEvents) : { outcome: 'fenced' }),
    );
  }
}

/** Waits for a replica that is gone for ever. */
class NoFenceDatabase extends SimulatedDatabase {
  override fence(reply: Reply<boolean>): void {
    reply.done(false);
  }
}

/** Deletes the row whatever lease it holds by then. */
class UnconditionalFenceDatabase extends SimulatedDatabase {
  override fence(reply: Reply<boolean>, id: string): void {
    this.locked(reply, 'fence', id, (release) => {
      this.rows.delete(id);
      release();
      reply.done(true);
    });
  }
}

/** Numbers events as a `bigserial` does: when they are written, and not when they are committed. */
class SerialDatabase extends SimulatedDatabase {
  #serial = 0;

  override change(reply: Reply<readonly CommittedEdit[]>, keys: readonly number[], form: Form): void {
    this.locked(reply, 'change', `key ${keys[0]}`, (release) => {
      const numbered = keys.map((key) => {
        this.#serial += 1;
        return { key, seq: this.#serial };
      });
      this.stage(reply, 'change', () => {
        const committed = numbered.map(({ key, seq }) => this.append(seq, key, form));
        this.feed.sort((one, other) => one.seq - other.seq);
        this.observer.feedGrown();
        release();
        reply.done(committed);
      });
    });
  }

  override sync(
    reply: Reply<SyncResult<Edit>>,
    id: string,
    applied: Position,
    leaseMs: number | null,
    maxEvents: number,
  ): void {
    const head = headOf(this.snapshot());
    const events = this.feed.filter((event) => event.seq > applied.seq).slice(0, maxEvents);
    this.renew(reply, id, applied.seq, leaseMs, (renewed) =>
      reply.done(renewed ? { outcome: 'synced', head, events } : { outcome: 'fenced' }),
    );
  }
}

/** Says of a change of several keys that it is the first of its events. */
class FirstEventDatabase extends SimulatedDatabase {
  override change(reply: Reply<readonly CommittedEdit[]>, keys: readonly number[], form: Form): void {
    super.change(
      {
        done: (edits) => reply.done(edits.map((edit) => ({ ...edit, seq: edits[0]?.seq ?? edit.seq }))),
        fail: () => reply.fail(),
      },
      keys,
      form,
    );
  }
}

/** Trusts the numbers of events: only a feed that is shorter than what was applied has gone backwards. */
class NumbersOnlyDatabase extends SimulatedDatabase {
  override sync(
    reply: Reply<SyncResult<Edit>>,
    id: string,
    applied: Position,
    leaseMs: number | null,
    maxEvents: number,
  ): void {
    const event = this.feed[applied.seq - 1];
    super.sync(reply, id, event ?? applied, leaseMs, maxEvents);
  }
}

/** Doesn't ask whether the feed goes on from where the replica stands. */
class TrustingDatabase extends SimulatedDatabase {
  override sync(
    reply: Reply<SyncResult<Edit>>,
    id: string,
    applied: Position,
    leaseMs: number | null,
    maxEvents: number,
  ): void {
    const snapshot = this.snapshot();
    this.renew(reply, id, applied.seq, leaseMs, (renewed) =>
      reply.done(renewed ? read(snapshot, applied, maxEvents) : { outcome: 'fenced' }),
    );
  }
}

/** Renews first and asks afterwards whether the feed knows the position. */
class RenewsDivergedDatabase extends SimulatedDatabase {
  override sync(
    reply: Reply<SyncResult<Edit>>,
    id: string,
    applied: Position,
    leaseMs: number | null,
    maxEvents: number,
  ): void {
    if (knows(this.snapshot(), applied)) {
      super.sync(reply, id, applied, leaseMs, maxEvents);
      return;
    }
    this.renew(reply, id, applied.seq, leaseMs, () => reply.done({ outcome: 'diverged' }));
  }
}

/** Looks at `replicas` a moment before it was asked to, as a lagging read replica or a poll of earlier date does. */
class LaggingPollDatabase extends SimulatedDatabase {
  #earlier: ReplicasBehind | null = null;

  override replicasBehind(reply: Reply<ReplicasBehind>, seq: number): void {
    super.replicasBehind(
      {
        done: (now) => {
          const earlier = this.#earlier ?? now;
          this.#earlier = now;
          reply.done({ server: earlier.server, rows: earlier.rows.filter((row) => row.appliedSeq < seq) });
        },
        fail: () => reply.fail(),
      },
      Number.POSITIVE_INFINITY,
    );
  }
}

/**
 * Takes a lease for over when the time of day of the server says so. Without failovers, of which each could
 * break it, too: they take the lease in the row back to an earlier one.
 */
class ServerTimeDatabase extends SimulatedDatabase {
  override backupHasAllRows(): boolean {
    return false;
  }

  override replicasBehind(reply: Reply<ReplicasBehind>, seq: number): void {
    super.replicasBehind(
      {
        done: ({ server, rows }) =>
          reply.done({
            server,
            rows: rows.map((row) => {
              const untilMs = this.rows.get(row.id)?.leaseUntilWallMs ?? 0;
              return { ...row, leaseMs: untilMs < this.wallMs() ? 0 : row.leaseMs };
            }),
          }),
        fail: () => reply.fail(),
      },
      seq,
    );
  }
}

/** Goes by the server's time of day, which is never set here, and takes what it reads for the end of the matter. */
class ReadingFenceDatabase extends ServerTimeDatabase {
  override wallMs(): number {
    return this.timeline.nowMs;
  }

  override fence(reply: Reply<boolean>): void {
    this.observer.interleavingPoint('fence');
    reply.done(true);
  }
}

/** Takes a lease that it has waited out for the end of the matter, and leaves the row to later changes. */
class LazyFenceDatabase extends SimulatedDatabase {
  override fence(reply: Reply<boolean>): void {
    this.observer.interleavingPoint('fence');
    reply.done(true);
  }
}

/** Says that it has read everything when it has read as much as one sync reads. */
class PartialReadDatabase extends SimulatedDatabase {
  override sync(
    reply: Reply<SyncResult<Edit>>,
    id: string,
    applied: Position,
    leaseMs: number | null,
    maxEvents: number,
  ): void {
    super.sync(
      {
        done: (result) => {
          const last = result.outcome === 'synced' ? result.events.at(-1) : undefined;
          if (result.outcome === 'synced' && last) reply.done({ ...result, head: last });
          else reply.done(result);
        },
        fail: () => reply.fail(),
      },
      id,
      applied,
      leaseMs,
      maxEvents,
    );
  }
}

/** Takes every server for the same. */
class NamelessDatabase extends SimulatedDatabase {
  protected override serverName(): string {
    return 'server';
  }
}

/** Renews on the primary and reads on a standby that lags behind. */
class LaggingReadDatabase extends SimulatedDatabase {
  override sync(
    reply: Reply<SyncResult<Edit>>,
    id: string,
    applied: Position,
    leaseMs: number | null,
    maxEvents: number,
  ): void {
    const snapshot = this.snapshot();
    const lagging = { ...snapshot, headSeq: Math.max(applied.seq, snapshot.headSeq - 1) };
    super.sync(
      {
        done: (result) =>
          reply.done(result.outcome === 'synced' ? read(lagging, applied, maxEvents) : result),
        fail: () => reply.fail(),
      },
      id,
      applied,
      leaseMs,
      maxEvents,
    );
  }
}

/** Lets every release announce itself, whatever the feed has needed. */
class UncheckedAnnouncementDatabase extends SimulatedDatabase {
  protected override admits(): boolean {
    return true;
  }
}

/** Skips an event that it doesn't know, as if none decided. */
function skipUnknown(event: FeedEvent<Edit>, release: Release): FeedEvent<Edit> {
  const isKnown = release === 2 || event.change.form === 'known';
  return isKnown ? event : { ...event, change: { ...event.change, key: NO_KEY } };
}

/** Counts from the answer of the renewing statement. */
class LateLease extends Lease {
  override grantFrom(): void {
    super.grantFrom(this.now());
  }
}

function withDatabase(Database: typeof SimulatedDatabase): Parts {
  return { ...SOUND_PARTS, database: (timeline, observer) => new Database(timeline, observer) };
}

export const MUTANTS: readonly Mutant[] = [
  {
    without: 'the announcement before the first lease',
    breaks: 'promise',
    parts: withDatabase(UpsertingDatabase),
  },
  {
    without: 'a renewal that a crash of the server keeps',
    breaks: 'promise',
    parts: withDatabase(HastyDatabase),
  },
  {
    without: 'a renewal for each lease, by acknowledging alone',
    breaks: 'promise',
    parts: withDatabase(AcknowledgingDatabase),
  },
  {
    without: 'reading on the primary',
    breaks: 'promise',
    parts: withDatabase(LaggingReadDatabase),
  },
  {
    without: 'a read with each renewal',
    breaks: 'promise',
    parts: withDatabase(HeartbeatDatabase),
  },
  {
    without: 'acknowledging only what has been applied',
    breaks: 'promise',
    parts: withDatabase(EagerDatabase),
  },
  {
    without: 'a lease only after the last event that its statement saw',
    breaks: 'promise',
    parts: withDatabase(PartialReadDatabase),
  },
  {
    without: 'fencing by a delete, by one read of the lease',
    breaks: 'promise',
    parts: withDatabase(ReadingFenceDatabase),
  },
  {
    without: 'the condition of the fencing delete',
    breaks: 'promise',
    parts: withDatabase(UnconditionalFenceDatabase),
  },
  {
    without: 'a lease that counts from before the send',
    breaks: 'promise',
    parts: { ...SOUND_PARTS, lease: (clock, times) => new LateLease(clock, times) },
  },
  {
    without: 'the safety margin',
    breaks: 'promise',
    parts: { ...SOUND_PARTS, lease: (clock, times) => new Lease(clock, { ...times, marginMs: 0 }) },
  },
  {
    without: 'numbers in the order of commits',
    breaks: 'promise',
    parts: withDatabase(SerialDatabase),
  },
  {
    without: 'waiting for the last event of a change, by its first',
    breaks: 'promise',
    parts: withDatabase(FirstEventDatabase),
  },
  {
    without: 'the wall clock',
    breaks: 'promise',
    parts: {
      ...SOUND_PARTS,
      leaseClock: (process) => ({
        monotonicMs: () => process.monotonicMs(),
        wallMs: () => process.monotonicMs(),
      }),
    },
  },
  {
    without: 'the monotonic clock',
    breaks: 'promise',
    parts: {
      ...SOUND_PARTS,
      leaseClock: (process) => ({ monotonicMs: () => process.wallMs(), wallMs: () => process.wallMs() }),
    },
  },
  {
    without: 'noticing that the feed went backwards',
    breaks: 'promise',
    parts: withDatabase(TrustingDatabase),
  },
  {
    without: 'the ids of events, by their numbers alone',
    breaks: 'promise',
    parts: withDatabase(NumbersOnlyDatabase),
  },
  {
    without: 'refusing to renew for a position of another history',
    breaks: 'promise',
    parts: withDatabase(RenewsDivergedDatabase),
  },
  {
    without: 'a look at the replicas begun after the commit',
    breaks: 'promise',
    parts: withDatabase(LaggingPollDatabase),
  },
  {
    without: "waiting leases out on the writer's own clock, by the server's time of day",
    breaks: 'promise',
    parts: withDatabase(ServerTimeDatabase),
  },
  {
    without: "waiting leases out on the writer's monotonic clock, by its time of day",
    breaks: 'promise',
    parts: {
      ...SOUND_PARTS,
      confirmationClock: (process) => ({
        monotonicMs: () => process.wallMs(),
        wallMs: () => process.wallMs(),
      }),
    },
  },
  {
    without: 'forgetting what was seen on another server',
    breaks: 'promise',
    parts: withDatabase(NamelessDatabase),
  },
  {
    without: 'giving the lease up for an unknown event, by skipping it',
    breaks: 'promise',
    parts: { ...SOUND_PARTS, decode: skipUnknown },
  },
  {
    without: 'refusing the announcement of a release that understands too little',
    breaks: 'promise',
    parts: withDatabase(UncheckedAnnouncementDatabase),
  },
  {
    without: 'fencing',
    breaks: 'liveness',
    parts: withDatabase(NoFenceDatabase),
  },
];

/** Too rare among random schedules; the one of late-announcement.ts finds them. */
export const RARE_MUTANTS: readonly Mutant[] = [
  {
    without: 'one snapshot for renewal and read',
    breaks: 'promise',
    parts: withDatabase(TwoStatementsDatabase),
  },
  {
    without: 'fencing by a delete, by waiting alone',
    breaks: 'promise',
    parts: withDatabase(LazyFenceDatabase),
  },
];
