import { SessionRevocations } from '../../lib/replica/session-revocations.ts';
import { Confirmations } from '../../lib/replication/confirmations.ts';
import type { ReplicatedState } from '../../lib/replication/feed.ts';
import { Lease, type LeaseTimes } from '../../lib/replication/lease.ts';
import type { Clock, FeedEvent } from '../../lib/replication/ports.ts';
import { Replica } from '../../lib/replication/replica.ts';
import type { Session } from '../../lib/sessions/session.ts';
import { DatabaseClient, decodeEdit } from './database-client.ts';
import { type Fault, FaultSchedule } from './fault-schedule.ts';
import { SeededRandom } from './random.ts';
import {
  type CommittedEdit,
  type DatabaseObserver,
  type Edit,
  type Form,
  type Release,
  SimulatedDatabase,
} from './simulated-database.ts';
import { SimulatedProcess } from './simulated-process.ts';
import { Timeline } from './timeline.ts';

/** The parts that a mutant replaces. */
export interface Parts {
  database(timeline: Timeline, observer: DatabaseObserver): SimulatedDatabase;
  /** The clock that the lease reads. */
  leaseClock(process: SimulatedProcess): Clock;
  lease(clock: Clock, times: LeaseTimes): Lease;
  /** The clock that waits for the leases of others. */
  confirmationClock(process: SimulatedProcess): Clock;
  /** How a process decodes an event of the feed. */
  decode(event: FeedEvent<Edit>, release: Release): FeedEvent<Edit>;
  pollMs: number;
}

export const SOUND_PARTS: Parts = {
  database: (timeline, observer) => new SimulatedDatabase(timeline, observer),
  leaseClock: (process) => process,
  lease: (clock, times) => new Lease(clock, times),
  confirmationClock: (process) => process,
  decode: decodeEdit,
  pollMs: 150,
};

/** The rules that a schedule can break: the promise, or that everyone gets on once the trouble is over. */
export type Rule = 'promise' | 'liveness';

export interface Violation {
  readonly broken: Rule;
  readonly how: string;
}

export interface Verdict {
  readonly guilt: Violation | null;
  /** Empty unless asked for. */
  readonly trace: readonly string[];
  /** Changes that were answered. */
  readonly answers: number;
  /** Instants at which a replica with a valid lease was compared with what had been answered. */
  readonly comparisons: number;
}

const KEYS = 3;
/** Which keys a change is of: mostly one, two as in a rotation, or all as in an import, of which a sync reads a part. */
const CHANGES: readonly (readonly number[])[] = [[0], [1], [2], [0], [1], [2], [0, 1], [2, 1], [0, 1, 2]];
const LEASE_MS = 2_000;
const MARGIN_MS = 200;
/** Two clocks with these rates drift apart by no more than the margin in one lease. */
const SLOWEST_RATE = 0.95;
const FASTEST_RATE = 1.05;
const ROUGH_MS = 6_000;
const CHANGE_DEADLINE_MS = 12_000;
const POLL_TIMES_TO_LOOK = 3;
/** More awaits than the longest chain of promises between an input and its last effect. */
const MICROTASK_ROUNDS = 8;

/** Each edit of this key revokes all sessions of a customer's earlier generations; those of the others are numbers. */
const SESSIONS = KEYS - 1;

/** A session that was issued when the customer's sessions had had this edit. */
const sessionOf = (generation: number): Session => ({
  id: 'session',
  customerId: 'customer',
  tenantId: 'tenant',
  environmentId: 'environment',
  generation,
  expiresAtMs: Number.POSITIVE_INFINITY,
});

/** The key of an edit that changes nothing. */
export const NO_KEY = -1;

class Edits implements ReplicatedState<Edit> {
  readonly edits: number[] = new Array(KEYS).fill(-1);
  #sessions = new SessionRevocations();

  clear(): void {
    this.edits.fill(-1);
    this.#sessions = new SessionRevocations();
  }

  apply({ key, edit }: Edit): void {
    if (key === NO_KEY) return;
    this.edits[key] = edit;
    if (key !== SESSIONS) return;
    const { customerId, expiresAtMs } = sessionOf(edit);
    this.#sessions.add({ kind: 'customer', customerId, generation: edit, expiresAtMs });
  }

  /** Returns whether what is decided here takes an edit into account. */
  knows(key: number, edit: number): boolean {
    if ((this.edits[key] ?? -1) < edit) return false;
    return key !== SESSIONS || this.#sessions.isRevoked(sessionOf(edit - 1));
  }

  /** Returns whether a session is accepted that was issued after the last edit that is known here. */
  acceptsLatestSession(): boolean {
    return !this.#sessions.isRevoked(sessionOf(this.edits[SESSIONS] ?? 0));
  }
}

/** One process of the service: it decides from memory, and it makes changes. */
interface Service {
  readonly name: string;
  readonly process: SimulatedProcess;
  readonly release: Release;
  readonly client: DatabaseClient;
  readonly state: Edits;
  readonly lease: Lease;
  readonly replica: Replica<Edit>;
  readonly confirmations: Confirmations;
  /** True if this machine is one that gets suspended; if not, its wall clock may be set. Never both in one lease. */
  readonly sleeps: boolean;
}

/** One schedule: everything that happens follows from the seed and the parts. */
export class Schedule implements DatabaseObserver {
  readonly #random: SeededRandom;
  readonly #parts: Parts;
  readonly #timeline = new Timeline();
  /** True if this schedule asks for liveness in the end, which takes longer than all before it. */
  readonly #endsCalm: boolean;
  readonly #weather: FaultSchedule;
  readonly #database: SimulatedDatabase;
  readonly #services: Service[] = [];
  readonly #trace: string[] | null;
  /** The edit of each key that everyone must know of, because it was answered and the database still has it. */
  readonly #required: number[] = new Array(KEYS).fill(0);
  #answered: CommittedEdit[] = [];
  readonly #reached: Service[] = [];
  #started = 0;
  /** How often a process that starts runs the older release: an upgrade is under way. */
  #olderShare: number;
  #guilt: Violation | null = null;
  #comparisons = 0;
  #answers = 0;

  constructor(seed: number, parts: Parts, traced: boolean) {
    this.#random = new SeededRandom(seed);
    this.#parts = parts;
    this.#endsCalm = this.#random.chance(0.25);
    this.#olderShare = this.#random.chance(0.4) ? 0.5 : 0;
    this.#weather = new FaultSchedule(this.#random, LEASE_MS);
    this.#database = parts.database(this.#timeline, this);
    this.#trace = traced ? [] : null;
  }

  async run(): Promise<Verdict> {
    const services = 2 + this.#random.below(2);
    for (let index = 0; index < services; index += 1) this.#start();
    this.#scheduleTrouble();
    await this.#until(ROUGH_MS);
    if (this.#guilt === null && this.#endsCalm) await this.#calmDown();
    return {
      guilt: this.#guilt,
      trace: this.#trace ?? [],
      answers: this.#answers,
      comparisons: this.#comparisons,
    };
  }

  stallMs(): number {
    return this.#weather.stallMs();
  }

  interleavingPoint(name: string): void {
    this.trace(() => `database: ${name}`);
    if (this.#weather.changesNow(name)) this.#changeWithin(10);
    if (this.#weather.stopsNow()) this.#timeline.after(this.#random.between(0, 5), () => this.#stop());
  }

  feedGrown(): void {
    for (const service of this.#services) this.#hint(service, () => service.replica.hint());
  }

  acknowledged(): void {
    for (const service of this.#services) this.#hint(service, () => service.confirmations.hint());
  }

  trace(text: () => string): void {
    this.#trace?.push(`${this.#timeline.nowMs.toFixed(1).padStart(8)} ${text()}`);
  }

  #start(): void {
    this.#started += 1;
    const name = `replica ${this.#started}`;
    const release = this.#random.chance(this.#olderShare) ? 1 : 2;
    const clocks = {
      rate: this.#random.pick([SLOWEST_RATE, SLOWEST_RATE, 1, FASTEST_RATE, FASTEST_RATE]) ?? 1,
      wallOffsetMs: this.#random.between(-10_000, 10_000),
    };
    const process = new SimulatedProcess(this.#timeline, clocks, () => this.#reached.push(service));
    const client = new DatabaseClient({
      timeline: this.#timeline,
      network: this.#weather,
      database: this.#database,
      process,
      keys: KEYS,
      release,
      decode: this.#parts.decode,
    });
    const lease = this.#parts.lease(this.#parts.leaseClock(process), {
      leaseMs: LEASE_MS,
      marginMs: MARGIN_MS,
    });
    const state = new Edits();
    const common = { timers: process, random: () => this.#random.next(), onError: () => {} };
    const service: Service = {
      name,
      process,
      release,
      client,
      state,
      lease,
      replica: new Replica({ ...common, id: name, database: client, state, lease, maxEventsPerSync: 2 }),
      confirmations: new Confirmations({
        ...common,
        database: client,
        clock: this.#parts.confirmationClock(process),
        pollMs: this.#parts.pollMs,
      }),
      sleeps: this.#random.chance(0.5),
    };
    this.#services.push(service);
    this.trace(() => `${name} starts with release ${release}, its clock at rate ${clocks.rate}`);
    service.replica.start();
  }

  #scheduleTrouble(): void {
    this.#timeline.after(this.#random.between(0, 400), () => {
      if (this.#timeline.nowMs > ROUGH_MS) return;
      if (this.#random.chance(this.#weather.changeShare)) this.#change();
      else if (this.#random.chance(0.2)) this.#database.takeBackup();
      else this.#mishap(this.#weather.mishap());
      this.#scheduleTrouble();
    });
  }

  #mishap(mishap: Fault | undefined): void {
    const service = this.#random.pick(this.#services);
    if (service === undefined || mishap === undefined) return;
    switch (mishap) {
      case 'stop':
        this.#stop();
        break;
      case 'cut off':
        this.#cutOff(service);
        break;
      case 'suspend':
        this.#suspend(service);
        break;
      case 'set wall clock':
        this.#setWallClock(service);
        break;
      case 'crash':
        this.#end(service);
        break;
      case 'leave':
        this.#leave(service);
        break;
      case 'set database clock':
        this.#database.wallOffsetMs += this.#random.between(-2 * LEASE_MS, 2 * LEASE_MS);
        break;
      default:
        this.#interruptDatabase(mishap);
    }
  }

  #stop(): void {
    const service = this.#random.pick(this.#services);
    if (service?.process.condition !== 'running') return;
    this.trace(() => `${service.name} is stopped`);
    service.process.stop();
    this.#resumeLater(service);
  }

  #suspend(service: Service): void {
    if (!service.sleeps || service.process.condition !== 'running') return;
    this.trace(() => `${service.name} is suspended`);
    service.process.suspend();
    this.#resumeLater(service);
  }

  #cutOff(service: Service): void {
    this.trace(() => `${service.name} is cut off from the database`);
    service.client.isCutOff = true;
    this.#changeWithin(50);
    this.#timeline.after(this.#weather.cutOffMs(), () => {
      this.trace(() => `${service.name} reaches the database again`);
      service.client.isCutOff = false;
    });
  }

  #resumeLater(service: Service): void {
    this.#timeline.after(this.#weather.pauseMs(), () => {
      if (service.process.condition === 'dead') return;
      this.trace(() => `${service.name} goes on`);
      service.process.resume(() => this.#random.between(0, 1));
    });
  }

  #setWallClock(service: Service): void {
    if (service.sleeps) return;
    const byMs = this.#random.between(-2 * LEASE_MS, 2 * LEASE_MS);
    this.trace(() => `${service.name} has its wall clock set by ${byMs.toFixed(0)} ms`);
    service.process.setWallClock(byMs);
  }

  #end(service: Service): void {
    this.trace(() => `${service.name} ends`);
    service.process.kill();
    this.#replace(service);
  }

  #leave(service: Service): void {
    if (service.process.condition !== 'running') return;
    this.trace(() => `${service.name} leaves`);
    service.process.deliver(() => {
      void service.replica.stop().then(() => {
        if (service.process.condition !== 'dead') this.#end(service);
      });
    });
  }

  #replace(service: Service): void {
    this.#services.splice(this.#services.indexOf(service), 1);
    this.#timeline.after(this.#random.between(0, LEASE_MS), () => this.#start());
  }

  #interruptDatabase(mishap: Fault): void {
    if (!this.#database.isUp()) return;
    const isFailover = mishap === 'fail over database';
    // A failover that lost an announcement lost the only trace of a lease: the README's assumptions exclude it.
    if (isFailover && !this.#database.backupHasAllRows()) return;
    const downMs =
      mishap === 'restore database'
        ? this.#random.between(LEASE_MS / SLOWEST_RATE, 1.5 * LEASE_MS)
        : this.#random.between(2 * this.#parts.pollMs, LEASE_MS / 2);
    this.trace(() => `${mishap}, down for ${downMs.toFixed(0)} ms`);
    if (mishap === 'crash database') this.#database.crash();
    else this.#database.goDown();
    if (mishap === 'restore database' || isFailover) this.#restore();
    this.#timeline.after(downMs, () => this.#database.comeUp());
    for (let changes = this.#random.below(4); changes > 0; changes -= 1) {
      this.#timeline.after(downMs, () => this.#changeWithin(50));
    }
  }

  #restore(): void {
    this.#database.restore();
    this.#required.fill(0);
    const kept = this.#answered.filter((edit) => this.#database.has(edit));
    this.#answered = [];
    for (const edit of kept) this.#require(edit);
  }

  #require(edit: CommittedEdit): void {
    this.#answered.push(edit);
    this.#required[edit.key] = Math.max(this.#required[edit.key] ?? 0, edit.edit);
  }

  #hint(service: Service, hint: () => void): void {
    const delayMs = this.#weather.hintDelayMs();
    if (delayMs !== null) this.#timeline.after(delayMs, () => service.process.deliver(hint));
  }

  #changeWithin(delayMs: number): void {
    this.#timeline.after(this.#random.between(0, delayMs), () => this.#change());
  }

  #change(): void {
    const service = this.#random.pick(this.#services);
    if (service === undefined) return;
    const keys = this.#random.pick(CHANGES) ?? [];
    const form = service.release === 2 ? this.#form() : 'known';
    service.process.deliver(() => void this.#changeBy(service, keys, form, CHANGE_DEADLINE_MS));
  }

  #form(): Form {
    if (this.#olderShare === 0 || this.#random.chance(0.7)) return 'known';
    return this.#random.chance(0.5) ? 'renamed' : 'newer';
  }

  /** Makes a change as the service does: commit, wait, answer. */
  async #changeBy(
    service: Service,
    keys: readonly number[],
    form: Form,
    timeoutMs: number,
  ): Promise<boolean> {
    let edits: readonly CommittedEdit[];
    try {
      edits = await service.client.change(keys, form);
    } catch {
      return false;
    }
    service.replica.hint();
    const lastSeq = Math.max(...edits.map(({ seq }) => seq));
    const { confirmed } = await service.confirmations.confirm(lastSeq, timeoutMs);
    if (!confirmed) return false;
    this.trace(() => `${service.name} answers edits ${edits.map(({ edit }) => edit)}`);
    this.#answers += 1;
    for (const edit of edits) if (this.#database.has(edit)) this.#require(edit);
    for (const other of this.#services) this.#verify(other);
    return true;
  }

  /** The promise: a decision at this instant knows all that was answered. */
  #verify({ name, process, lease, state }: Service): void {
    if (process.condition !== 'running' || !lease.isValid()) return;
    this.#comparisons += 1;
    for (const [key, required] of this.#required.entries()) {
      if (state.knows(key, required)) continue;
      const known = state.edits[key];
      this.#blame(
        'promise',
        `${name} decides by edit ${known} of key ${key}, after edit ${required} was answered`,
      );
    }
  }

  #blame(broken: Rule, how: string): void {
    if (this.#guilt !== null) return;
    this.#guilt = { broken, how };
    this.trace(() => `${broken} broken: ${how}`);
  }

  async #until(untilMs: number): Promise<void> {
    while (this.#guilt === null && this.#timeline.advance(untilMs)) {
      if (this.#reached.length === 0) continue;
      // What goes wrong between an input and its effects counts, too: hence once before and once after.
      for (const service of this.#reached) this.#verify(service);
      for (let round = 0; round < MICROTASK_ROUNDS; round += 1) await undefined;
      for (const service of this.#reached) this.#verify(service);
      this.#reached.length = 0;
    }
  }

  /** Replaces every process of the older release. */
  #finishUpgrade(): void {
    this.#olderShare = 0;
    for (const service of [...this.#services]) if (service.release === 1) this.#end(service);
  }

  /** Liveness: after the trouble, a change is answered within a lease, and everyone decides by the same state. */
  async #calmDown(): Promise<void> {
    this.#weather.calmDown();
    this.trace(() => 'the weather is calm');
    this.#finishUpgrade();
    // What is stuck comes loose within 1.5 leases (an answer: twice); a backoff ends within another.
    await this.#until(ROUGH_MS + 6 * LEASE_MS);
    const service = this.#random.pick(this.#services);
    if (service === undefined || this.#guilt !== null) return;
    let answered = false;
    service.process.deliver(() => {
      void this.#changeBy(service, [0], 'known', CHANGE_DEADLINE_MS).then((confirmed) => {
        answered = confirmed;
      });
    });
    const slowestLeaseMs = (LEASE_MS + POLL_TIMES_TO_LOOK * SOUND_PARTS.pollMs) / SLOWEST_RATE;
    await this.#until(this.#timeline.nowMs + slowestLeaseMs);
    if (!answered) this.#blame('liveness', 'the last change is not answered within a lease');
    const edits = this.#database.edits(KEYS);
    for (const { name, lease, state } of this.#services) {
      if (!lease.isValid()) this.#blame('liveness', `${name} can not decide`);
      if (!state.acceptsLatestSession()) this.#blame('liveness', `${name} refuses a new session`);
      if (edits.join() !== state.edits.join()) this.#blame('liveness', `${name} differs from the database`);
    }
  }
}
