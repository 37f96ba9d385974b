import t from 'tap';
import { type ChaosOptions, runChaos } from './chaos.ts';
import { DatabaseServer } from './database-server.ts';
import { faultKinds } from './faults.ts';
import { textOf } from './report.ts';

// Real processes on a busy machine: what hangs is ended by then.
t.setTimeout(180_000);

const server = await DatabaseServer.start();
t.teardown(() => server.stop());

const options: ChaosOptions = {
  replicas: 4,
  changes: 200,
  limitMs: 60_000,
  seed: 1,
  withFaults: false,
  confirmChanges: true,
  notifications: true,
  changers: 4,
  changesPerSecond: Number.POSITIVE_INFINITY,
  loadShare: 0.3,
  onProgress: () => {},
};

t.test('no decision by an old state while replicas and database break', async (t) => {
  const report = await runChaos(server, { ...options, withFaults: true });
  t.comment(textOf('with faults', report));
  t.equal(report.verifications.violations, 0);
  t.strictSame(report.unexpected, [], 'every request is answered as documented');
  t.strictSame(report.contradictions, [], 'the feed and the keys agree');
  for (const kind of faultKinds) t.ok(report.faults[kind] > 0, kind);
  for (const kind of ['key', 'user', 'session']) t.ok(report.kinds[kind], `changes of the kind ${kind}`);
  t.ok(report.changes.answered > 0);
  t.ok(report.verifications.decided > report.changes.answered);
});

t.test('without notifications the promise holds', async (t) => {
  const report = await runChaos(server, { ...options, changes: 20, notifications: false });
  t.comment(textOf('without notifications', report));
  t.equal(report.verifications.violations, 0);
  t.strictSame(report.unexpected, []);
  t.equal(report.changes.unavailable, 0, 'every change is confirmed');
  t.ok(report.changes.answered >= 20);
});

t.test('the harness sees changes that are answered too early', async (t) => {
  const report = await runChaos(server, {
    ...options,
    changes: 20,
    notifications: false,
    confirmChanges: false,
  });
  t.comment(textOf('without confirmation', report));
  t.ok(report.verifications.violations > 0);
});
