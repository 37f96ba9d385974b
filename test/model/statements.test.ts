/**
 * The simulated database answers as PostgreSQL does: the same random steps run against the service's own statements
 * and against the model, one at a time and several that wait for each other at a row.
 */
import t, { type Test } from 'tap';
import { createMigratedDatabase } from '../helper.ts';
import { ModelSide, PostgresSide, type Step } from './database-sides.ts';
import { SeededRandom } from './random.ts';
import type { Form } from './simulated-database.ts';

const seeds = [1, 2, 3, 4, 5, 6];
const stepsPerSeed = 150;
const ids = ['replica_a', 'replica_b', 'replica_c'];
const everySeq = 1_000_000;

/** Draws steps for a feed of a known length. */
class Steps {
  readonly #random: SeededRandom;
  headSeq = 0;

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
  }

  form(): Form {
    return this.#pick<Form>(['known', 'known', 'known', 'renamed', 'newer']);
  }

  /** Draws the next step: mostly one statement, else a change or several statements at one row. */
  kind(): 'change' | 'contention' | 'step' {
    return this.#pick(['change', 'change', 'contention', 'step', 'step', 'step', 'step']);
  }

  id(): string {
    return this.#pick(ids);
  }

  step(id = this.id(), kinds: Step['kind'][] = ['announce', 'sync', 'sync', 'sync', 'fence', 'leave']): Step {
    const kind = this.#pick(kinds);
    const release = this.#random.chance(0.7) ? 2 : 1;
    const leaseMs = this.#pick([1_000, 2_000]);
    if (kind === 'announce') return { kind, id, release, leaseMs };
    if (kind === 'leave') return { kind, id };
    const rarely = (): 'same' | 'another' => (this.#random.chance(0.2) ? 'another' : 'same');
    if (kind === 'fence') return { kind, id, lease: rarely(), server: rarely() };
    const seq = this.#random.chance(0.5) ? this.headSeq : this.#random.below(this.headSeq + 2);
    const diverged = this.#random.chance(0.1);
    const maxEvents = this.#pick([1, 2, 100]);
    return {
      kind,
      id,
      release,
      seq,
      diverged,
      leaseMs: this.#random.chance(0.5) ? leaseMs : null,
      maxEvents,
    };
  }

  /**
   * Two statements that meet at one row. Of three, PostgreSQL doesn't promise the order. One announcement at most: two
   * would also meet at the counter.
   */
  contention(id: string): Step[] {
    const kinds: Step['kind'][] = ['sync', 'sync', 'fence', 'leave'];
    const first = this.step(id, [...kinds, 'announce']);
    return [first, this.step(id, first.kind === 'announce' ? kinds : [...kinds, 'announce'])];
  }

  #pick<T>(items: readonly T[]): T {
    const item = this.#random.pick(items);
    if (item === undefined) throw new Error('There is nothing to pick from');
    return item;
  }
}

interface Sides {
  model: ModelSide;
  postgres: PostgresSide;
}

async function compareStep(t: Test, { model, postgres }: Sides, step: Step): Promise<void> {
  const seen = { model: await model.look(everySeq), postgres: await postgres.look(everySeq) };
  const expected = await model.run(step, seen.model);
  t.same(await postgres.run(step, seen.postgres), expected, JSON.stringify(step));
}

/** Holds a row, sends the statements one after the other, and compares what they answer when the row is free. */
async function compareContention(
  t: Test,
  { model, postgres }: Sides,
  id: string,
  steps: Step[],
): Promise<void> {
  const seen = { model: await model.look(everySeq), postgres: await postgres.look(everySeq) };
  const free = { model: await model.hold(id), postgres: await postgres.hold(id) };
  const expected = steps.map((step) => model.run(step, seen.model));
  const answers: Promise<unknown>[] = [];
  let waiting = 0;
  for (const step of steps) {
    const answer = postgres.run(step, seen.postgres);
    answers.push(answer);
    waiting = await postgres.waitingAfter(answer, waiting);
  }
  await free.model();
  await free.postgres();
  t.same(
    await Promise.all(answers),
    await Promise.all(expected),
    steps.map((step) => JSON.stringify(step)).join(),
  );
}

async function compareRows(t: Test, { model, postgres }: Sides, seq: number): Promise<void> {
  const plain = async (side: ModelSide | PostgresSide) =>
    (await side.look(seq)).rows
      .map(({ id, appliedSeq, leaseMs }) => `${id} has ${appliedSeq}, ${leaseMs} ms`)
      .sort();
  t.same(await plain(postgres), await plain(model), `the rows behind ${seq}`);
}

for (const seed of seeds) {
  t.test(`the statements and the model agree in the random steps of seed ${seed}`, async (t) => {
    const sides = { model: new ModelSide(), postgres: new PostgresSide(await createMigratedDatabase(t)) };
    t.teardown(() => sides.postgres.close());
    const steps = new Steps(seed);
    for (let n = 0; n < stepsPerSeed; n++) {
      const kind = steps.kind();
      if (kind === 'step') await compareStep(t, sides, steps.step());
      if (kind === 'change') {
        const form = steps.form();
        const isCommitted = await sides.model.change(form);
        t.equal(await sides.postgres.change(form), isCommitted, `a change that is ${form}`);
        if (isCommitted) steps.headSeq += 1;
      }
      if (kind === 'contention') {
        const id = steps.id();
        const { rows } = await sides.model.look(everySeq);
        if (!rows.some((row) => row.id === id)) continue;
        await compareContention(t, sides, id, steps.contention(id));
      }
      await compareRows(t, sides, everySeq);
      await compareRows(t, sides, steps.headSeq);
    }
  });
}
