import type { Fate, Network, Statement, Trip } from './database-client.ts';
import type { SeededRandom } from './random.ts';

/** Faults of processes and of the database, rather than of a single statement. */
export type Fault =
  | 'stop'
  | 'cut off'
  | 'suspend'
  | 'set wall clock'
  | 'crash'
  | 'leave'
  | 'restart database'
  | 'crash database'
  | 'restore database'
  | 'fail over database'
  | 'set database clock';

const MISHAPS: readonly Fault[] = [
  'stop',
  'stop',
  'cut off',
  'cut off',
  'suspend',
  'set wall clock',
  'crash',
  'leave',
  'restart database',
  'crash database',
  'restore database',
  'fail over database',
  'set database clock',
];

const STATEMENTS: readonly Statement[] = ['load', 'announce', 'renew', 'leave', 'look', 'fence', 'change'];
const ELSEWHERE = 0.1;

/**
 * How rough a schedule is. Each seed draws its own weather, with some kinds of trouble left out altogether:
 * that reaches more corners than one mixture for all (Groce et al., "Swarm Testing", ISSTA 2012).
 */
export class FaultSchedule implements Network {
  readonly #random: SeededRandom;
  readonly #leaseMs: number;
  readonly #requestLoss: number;
  readonly #answerLoss: number;
  readonly #hintLoss: number;
  readonly #slow: number;
  readonly #stuck: number;
  readonly #stageStuck: number;
  readonly #slowLoad: number;
  readonly #changeAtMoment: number;
  readonly #stopAtMoment: number;
  readonly changeShare: number;
  readonly #mishaps: readonly Fault[];
  /** The statements that get into trouble; the others do so far more rarely. */
  readonly #troubled: ReadonlySet<Statement>;
  #calm = false;

  constructor(random: SeededRandom, leaseMs: number) {
    this.#random = random;
    this.#leaseMs = leaseMs;
    const sometimes = (highest: number): number => (random.chance(0.5) ? random.between(0, highest) : 0);
    this.#requestLoss = sometimes(0.3);
    this.#answerLoss = sometimes(0.6);
    this.#hintLoss = sometimes(1);
    this.#slow = sometimes(0.6);
    this.#stuck = sometimes(0.6);
    this.#stageStuck = sometimes(0.5);
    this.#slowLoad = sometimes(1);
    this.#changeAtMoment = sometimes(0.3);
    this.#stopAtMoment = sometimes(0.15);
    this.changeShare = random.between(0.3, 0.8);
    this.#mishaps = MISHAPS.filter(() => random.chance(0.4));
    this.#troubled = new Set(STATEMENTS.filter(() => random.chance(0.4)));
  }

  /** From now on nothing goes wrong any more. */
  calmDown(): void {
    this.#calm = true;
  }

  trip(statement: Statement): Trip {
    return {
      fate: this.#fate(statement),
      requestMs: this.#delayMs(statement),
      answerMs: this.#delayMs(statement),
    };
  }

  loadMs(): number {
    return !this.#calm && this.#random.chance(this.#slowLoad) ? this.#about(this.#leaseMs / 2) : 1;
  }

  /** How long a statement rests at one of its stages in the server. */
  stallMs(): number {
    return !this.#calm && this.#random.chance(this.#stageStuck) ? this.#about(this.#leaseMs / 2) : 0;
  }

  /** Null for a hint that gets lost. */
  hintDelayMs(): number | null {
    return !this.#calm && this.#random.chance(this.#hintLoss) ? null : this.#delayMs('hint');
  }

  /** How long a process is cut off from the database. */
  cutOffMs(): number {
    return this.#random.between(0.3, 1.8) * this.#leaseMs;
  }

  /** How long a process is stopped, a machine suspended. */
  pauseMs(): number {
    return this.#random.chance(0.4) ? this.#random.between(1, 300) : this.#about(this.#leaseMs);
  }

  mishap(): Fault | undefined {
    return this.#calm ? undefined : this.#random.pick(this.#mishaps);
  }

  /** Returns whether a change comes at such a moment; most likely when a row has just been fenced. */
  changesNow(moment: string): boolean {
    return !this.#calm && this.#random.chance(moment === 'fence' ? 0.7 : this.#changeAtMoment);
  }

  stopsNow(): boolean {
    return !this.#calm && this.#random.chance(this.#stopAtMoment);
  }

  #delayMs(statement: Statement | 'hint'): number {
    if (this.#happens(this.#stuck, statement)) return this.#about(this.#leaseMs);
    if (this.#happens(this.#slow, statement)) return this.#random.between(5, 300);
    return this.#random.between(0.1, 3);
  }

  #fate(statement: Statement): Fate {
    if (this.#happens(this.#requestLoss, statement)) return 'request lost';
    return this.#happens(this.#answerLoss, statement) ? 'answer lost' : 'answered';
  }

  #happens(probability: number, statement: Statement | 'hint'): boolean {
    if (this.#calm) return false;
    const troubled = statement !== 'hint' && this.#troubled.has(statement);
    return this.#random.chance(troubled ? probability : probability * ELSEWHERE);
  }

  /** Anything up to one and a half times `ms`, most often close to it: where leases run out. */
  #about(ms: number): number {
    return this.#random.chance(0.5)
      ? this.#random.between(0, 1.5 * ms)
      : this.#random.between(0.8 * ms, 1.2 * ms);
  }
}
