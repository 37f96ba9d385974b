import fc from 'fast-check';
import { Client } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import t from 'tap';
import { BinaryCopy } from '../../../lib/replica/binary-copy.ts';
import type { CopiedRow } from '../../../lib/replica/copied-row.ts';
import { createEmptyDatabase } from '../../helper.ts';

const copyOfValues = `COPY (
  SELECT * FROM (VALUES
    ('\\xff00'::bytea, 'ü€😀'::text, true, '2026-11-23T04:05:06.789Z'::timestamptz, '{"a": 1}'::jsonb, ARRAY['a', '', 'ü']),
    ('\\x', '', false, '1969-12-31T23:59:59.9999Z', '[]', ARRAY[]::text[]),
    (NULL, NULL, NULL, '9999-12-31T23:59:59.999Z', NULL, NULL),
    ('\\x61', repeat('long', 20000), true, '2000-01-01T00:00:00Z', 'null', ARRAY['last'])
  ) AS v (a, b, c, d, e, f)
) TO STDOUT (FORMAT binary)`;
const columns = 6;

const read = (row: CopiedRow) => ({
  bytes: row.isNull(0) ? null : row.bytes(0).toString('hex'),
  text: row.isNull(1) ? null : row.text(1),
  boolean: row.boolean(2),
  timestamp: new Date(row.timestampMs(3)).toISOString(),
  json: row.isNull(4) ? null : JSON.parse(row.jsonText(4)),
  texts: row.isNull(5) ? null : row.texts(5),
});

const rows = [
  {
    ...{ bytes: 'ff00', text: 'ü€😀', boolean: true, timestamp: '2026-11-23T04:05:06.789Z' },
    ...{ json: { a: 1 }, texts: ['a', '', 'ü'] },
  },
  { bytes: '', text: '', boolean: false, timestamp: '1969-12-31T23:59:59.999Z', json: [], texts: [] },
  { bytes: null, text: null, boolean: false, timestamp: '9999-12-31T23:59:59.999Z', json: null, texts: null },
  {
    ...{ bytes: '61', text: 'long'.repeat(20_000), boolean: true, timestamp: '2000-01-01T00:00:00.000Z' },
    ...{ json: null, texts: ['last'] },
  },
];

/** Returns what a reader makes of a copy that comes cut at these places. */
function readInPieces(bytes: Buffer, cuts: readonly number[]): unknown[] {
  const found: unknown[] = [];
  const copy = new BinaryCopy(columns, (row) => found.push(read(row)));
  const borders = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
  for (const [n, end] of borders.slice(1).entries()) copy.read(bytes.subarray(borders[n], end));
  copy.end();
  return found;
}

t.test('a binary copy', async (t) => {
  const client = new Client({ connectionString: await createEmptyDatabase(t) });
  await client.connect();
  t.teardown(() => client.end());
  const pieces: Buffer[] = [];
  for await (const piece of client.query(copyTo(copyOfValues))) pieces.push(piece);
  const bytes = Buffer.concat(pieces);

  t.test('is read as it was sent, wherever it is cut into pieces', async (t) => {
    t.same(readInPieces(bytes, []), rows);
    const beginning = bytes.subarray(0, 400);
    t.same(readInPieces(bytes, [...beginning.keys()]), rows, 'byte by byte');
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 20 }), (cuts) => {
        t.same(readInPieces(bytes, cuts), rows);
      }),
    );
  });

  t.test('says so when it is cut off', async (t) => {
    for (const length of [0, 10, 19, 21, 60, bytes.length - 1]) {
      t.throws(() => readInPieces(bytes.subarray(0, length), []), { message: 'The copy is incomplete' });
    }
  });

  t.test('says so when it is none, or of other columns', async (t) => {
    const wrongSignature = Buffer.from(bytes);
    wrongSignature[0] = 0;
    t.throws(() => readInPieces(wrongSignature, []), { message: 'This is no binary copy' });
    const extended = Buffer.from(bytes);
    extended[18] = 4;
    t.throws(() => readInPieces(extended, []), { message: 'The copy has an unknown extension' });
    const fewer = new BinaryCopy(columns - 1, () => t.fail('a row was read'));
    t.throws(() => fewer.read(bytes), { message: 'A row has 6 columns, not 5' });
  });
});
