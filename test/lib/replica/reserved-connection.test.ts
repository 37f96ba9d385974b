import t, { type Test } from 'tap';
import { ReservedConnection } from '../../../lib/replica/reserved-connection.ts';
import { createEmptyDatabase } from '../../helper.ts';

/** A connection to a database of its own. */
async function reserve(t: Test): Promise<ReservedConnection> {
  const connection = new ReservedConnection({
    config: { connectionString: await createEmptyDatabase(t) },
    channels: [],
    onNotification: () => {},
    onLost: () => {},
  });
  t.teardown(() => connection.close());
  return connection;
}

t.test('plans are kept, until a pooler turns out to give each transaction another connection', async (t) => {
  const connection = await reserve(t);
  const ask = async (name: string) => (await connection.query('SELECT 1 AS one', [], name)).rows;
  const plans = async () => (await connection.query('SELECT name FROM pg_prepared_statements', [])).rows;

  t.same(await ask('asked'), [{ one: 1 }]);
  t.same(await plans(), [{ name: 'asked' }]);

  // As on another connection to the server.
  await connection.query('DEALLOCATE ALL', []);
  await t.rejects(ask('asked'), { code: '26000' });
  t.same(await ask('asked'), [{ one: 1 }], 'the next attempt does without');
  t.same(await plans(), []);
});

t.test('a statement works where another has prepared one of the same name', async (t) => {
  const connection = await reserve(t);
  await connection.query('PREPARE asked AS SELECT 2', []);
  const ask = async () => (await connection.query('SELECT 1 AS one', [], 'asked')).rows;
  await t.rejects(ask(), { code: '42P05' });
  t.same(await ask(), [{ one: 1 }]);
});
