/** A short siege: `npm run siege` is the long one, and prints the times as well. */
import t from 'tap';
import { createMigratedDatabase } from '../helper.ts';
import { runSiege } from './siege.ts';

t.test('nothing that a stranger or another tenant does makes a request fail or a lease end', async (t) => {
  const results = await runSiege({
    databaseUrl: await createMigratedDatabase(t),
    cwd: t.testdir(),
    seconds: 2,
    teardown: (handler) => t.teardown(handler),
    onAttack: ({ attack, times, memoryMiB }) => t.comment(attack, JSON.stringify(times), `${memoryMiB} MiB`),
  });
  t.ok(results.length > 7);
  for (const { attack, errors, leasesLost, memoryMiB } of results) {
    t.same(errors, [], attack);
    t.equal(leasesLost, 0, attack);
    t.ok(memoryMiB < 512, `${attack}: ${memoryMiB} MiB`);
  }
});
