import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { digestHash } from '../../../lib/key-table/digest-hash.ts';
import { type IndexedRecords, RecordIndex } from '../../../lib/key-table/record-index.ts';
import { RecordPages } from '../../../lib/key-table/record-pages.ts';

/** Records whose hashes a test chooses. */
class ChosenHashes implements IndexedRecords {
  readonly hashes: number[] = [];
  sought = -1;

  hashOf(record: number): number {
    return this.hashes[record] ?? assert.fail(`no record ${record}`);
  }

  matches(record: number): boolean {
    return record === this.sought;
  }
}

/** From hashes all alike to hashes all different, alike in the top bits or in the low ones. */
const hashOf = {
  same: () => 0xffffffff,
  sameTopBits: (n: number) => (0xabcd0000 | (n & 0xffff)) >>> 0,
  sameLowBits: (n: number) => ((n << 16) | 0xffff) >>> 0,
  lastSlots: (n: number) => ((n << 18) | 0xfff0 | (n & 0xf)) >>> 0,
  spread: (n: number) => Math.imul(n, 0x9e3779b1) >>> 0,
};

const scenario = fc.record({
  shape: fc.constantFrom(...Object.values(hashOf)),
  count: fc.integer({ min: 1, max: 6000 }),
  removeEvery: fc.integer({ min: 1, max: 5 }),
});

t.test('however hashes collide, every record is found until it is removed', async (t) => {
  fc.assert(
    fc.property(scenario, ({ shape, count, removeEvery }) => {
      const records = new ChosenHashes();
      const index = new RecordIndex(records);
      // Few collide in all 32 bits: then a step costs as much as there are, and that is not the point here.
      const present = shape === hashOf.same ? Math.min(count, 3000) : count;
      for (let n = 0; n < present; n++) {
        records.hashes.push(shape(n));
        index.insert(shape(n), n);
      }
      for (let n = 0; n < present; n += removeEvery) index.remove(shape(n), n);
      for (let n = 0; n < present; n++) {
        records.sought = n;
        assert.equal(index.find(shape(n)), n % removeEvery === 0 ? -1 : n);
      }
    }),
    { numRuns: 100 },
  );
  t.pass();
});

t.test('a renumbered record is found by its new number', async (t) => {
  const records = new ChosenHashes();
  const index = new RecordIndex(records);
  index.insert(7, 0);
  index.insert(7, 1);
  index.renumber(7, 1, 5);
  records.sought = 5;
  t.equal(index.find(7), 5);
  records.sought = 1;
  t.equal(index.find(7), -1);
  t.throws(() => index.renumber(7, 1, 6), RangeError);
  t.throws(() => index.remove(7, 1), RangeError);
});

/** Counts what it costs to look. */
class Counted implements IndexedRecords {
  readonly pages = new RecordPages();
  comparisons = 0;

  hashOf(record: number): number {
    return this.pages.hashOf(record);
  }

  matches(record: number): boolean {
    this.comparisons++;
    return this.pages.matches(record);
  }
}

function digestAt(at: number, n: number): Buffer {
  const digest = Buffer.alloc(32);
  digest.writeUInt32BE(n, at);
  return digest;
}

for (const at of [0, 12, 28]) {
  t.test(`a flood of digests that differ only at byte ${at} costs no more than any others`, async (t) => {
    const counted = new Counted();
    const index = new RecordIndex(counted);
    for (let n = 0; n < 10_000; n++) {
      const hash = counted.pages.probeBytes(digestAt(at, n));
      index.insert(hash, counted.pages.append());
    }
    const found = Array.from({ length: 20_000 }, (_, n) =>
      index.find(counted.pages.probeBytes(digestAt(at, n))),
    );
    t.same(
      found,
      found.map((_, n) => (n < 10_000 ? n : -1)),
    );
    t.ok(
      counted.comparisons < 20_000,
      `${counted.comparisons} comparisons for 10,000 hits and 10,000 misses`,
    );
  });
}

t.test('a million removals and insertions leave lookups as cheap, and the index as small', async (t) => {
  const counted = new Counted();
  const index = new RecordIndex(counted);
  for (let n = 0; n < 5000; n++)
    index.insert(counted.pages.probeBytes(digestAt(0, n)), counted.pages.append());
  const bytes = index.bytes;
  for (let n = 0; n < 1_000_000; n++) {
    const oldest = index.find(counted.pages.probeBytes(digestAt(0, n)));
    index.remove(counted.pages.hashOf(oldest), oldest);
    const last = counted.pages.count - 1;
    if (oldest !== last) index.renumber(counted.pages.hashOf(last), last, oldest);
    counted.pages.removeByLast(oldest);
    index.insert(counted.pages.probeBytes(digestAt(0, n + 5000)), counted.pages.append());
  }
  counted.comparisons = 0;
  for (let n = 0; n < 10_000; n++) index.find(counted.pages.probeBytes(digestAt(4, n + 1)));
  t.ok(counted.comparisons < 10_000, `${counted.comparisons} comparisons for 10,000 misses`);
  t.ok(index.bytes <= 2 * bytes, `${bytes} bytes became ${index.bytes}`);
});

t.test('the seed decides which digests collide', async (t) => {
  const words = Uint32Array.from({ length: 8 * 20_000 }, (_, i) => (i % 8 === 0 ? i : 0));
  const topBits = (record: number, seed: number) => digestHash(words, record * 8, seed, seed ^ 5) >>> 22;
  const records = Array.from({ length: 20_000 }, (_, record) => record);
  const chosen = records.filter((record) => topBits(record, 1) === 3);
  t.ok(chosen.length > 5, 'digests that collide under one seed');
  const crowd = chosen.filter((record) => topBits(record, 2) === topBits(chosen[0] ?? 0, 2));
  t.ok(crowd.length <= 3, `under another ${crowd.length} of ${chosen.length} do`);
});

t.test('digests that differ little are spread evenly', async (t) => {
  for (const word of [0, 3, 7]) {
    const words = new Uint32Array(8);
    const buckets = new Uint32Array(256);
    for (let n = 0; n < 25_600; n++) {
      words[word] = n;
      const bucket = digestHash(words, 0, 1, 2) & 0xff;
      buckets[bucket] = (buckets[bucket] ?? 0) + 1;
    }
    t.ok(
      Math.min(...buckets) > 50 && Math.max(...buckets) < 150,
      `${Math.min(...buckets)} to ${Math.max(...buckets)}`,
    );
  }
});
