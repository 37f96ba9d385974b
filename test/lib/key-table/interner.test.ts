import t from 'tap';
import { Interner } from '../../../lib/key-table/interner.ts';

t.test('equal values are one, until the last reference goes', async (t) => {
  const interner = new Interner<{ name: string }>();
  const ref = interner.acquire('a', () => ({ name: 'first' }));
  t.equal(
    interner.acquire('a', () => ({ name: 'second' })),
    ref,
  );
  t.equal(interner.find('a'), ref);
  t.equal(interner.release(ref), undefined);
  t.same(interner.at(ref), { name: 'first' });
  t.same(interner.release(ref), { name: 'first' });
  t.equal(interner.find('a'), -1);
  t.equal(interner.size, 0);
});

t.test('a reference that is not held throws', async (t) => {
  const interner = new Interner<{ n: number }>();
  t.throws(() => interner.at(0), RangeError);
  const ref = interner.acquire('a', () => ({ n: 1 }));
  interner.release(ref);
  t.throws(() => interner.at(ref), RangeError);
  t.throws(() => interner.release(ref), RangeError);
});

t.test('the cells of dropped values are used again, over many chunks', async (t) => {
  const interner = new Interner<{ n: number }>();
  const refs = Array.from({ length: 10_000 }, (_, n) => interner.acquire(`${n}`, () => ({ n })));
  t.equal(new Set(refs).size, 10_000);
  for (const ref of refs.slice(100, 9000)) interner.release(ref);
  const again = Array.from({ length: 8900 }, (_, n) => interner.acquire(`again ${n}`, () => ({ n: -n })));
  t.same(
    [...again].sort((a, b) => a - b),
    refs.slice(100, 9000),
  );
  t.same(interner.at(again[8899] ?? -1), { n: -8899 });
  t.same(interner.at(refs[9000] ?? -1), { n: 9000 });
  t.equal(interner.size, 10_000);
});
