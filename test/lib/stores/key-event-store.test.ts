import { Pool } from 'pg';
import t from 'tap';
import { commitWith, handleConnectionErrors, transaction } from '../../../lib/database/database.ts';
import { appendInsertedKeysSql } from '../../../lib/stores/key-event-store.ts';
import { createMigratedDatabase } from '../../helper.ts';

const scope = { tenantId: 'tenant_1', environmentId: 'environment_1' };
const actor = {
  tenantId: null,
  keyId: 'system',
  userId: 'system',
  address: '127.0.0.1',
  requestId: 'req_1',
};

t.test('a change of which an event is missing is not kept, though its commit was sent with it', async (t) => {
  const pool = new Pool({ connectionString: await createMigratedDatabase(t), max: 1, pipeline: true });
  handleConnectionErrors(pool, () => {});
  t.teardown(() => pool.end());
  await pool.query('CREATE TABLE changed (id integer)');
  const headOf = async () => (await pool.query('SELECT * FROM key_event_counter')).rows;
  const before = await headOf();

  const change = transaction(
    pool,
    (connection) => connection.query('INSERT INTO changed VALUES (1)'),
    (connection) =>
      commitWith(
        connection,
        appendInsertedKeysSql(scope, ['key_that_is_not_there'], actor, { decides: true, version: 1 }),
      ),
  );

  await t.rejects(change, { code: '23502', table: 'key_event_counter' });
  t.equal(pool.idleCount, 1, 'the connection is as good as before');
  t.same((await pool.query('SELECT FROM changed')).rowCount, 0);
  t.same(await headOf(), before);
});
