/** The command line of the harness: see `make chaos`. */
import { parseArgs } from 'node:util';
import { runChaos } from './chaos.ts';
import { DatabaseServer } from './database-server.ts';
import { textOf } from './report.ts';

const { values } = parseArgs({
  options: {
    changes: { type: 'string', default: '10000' },
    replicas: { type: 'string', default: '4' },
    seconds: { type: 'string', default: '600' },
    seed: { type: 'string', default: '1' },
    load: { type: 'string', default: '0.5' },
    changers: { type: 'string', default: '4' },
    'changes-per-second': { type: 'string', default: 'Infinity' },
    calm: { type: 'boolean', default: false },
    'no-notifications': { type: 'boolean', default: false },
  },
});

const server = await DatabaseServer.start();
try {
  const report = await runChaos(server, {
    replicas: Number(values.replicas),
    changes: Number(values.changes),
    limitMs: Number(values.seconds) * 1_000,
    seed: Number(values.seed),
    changers: Number(values.changers),
    changesPerSecond: Number(values['changes-per-second']),
    withFaults: !values.calm,
    notifications: !values['no-notifications'],
    confirmChanges: true,
    loadShare: Number(values.load),
    onProgress: (progress) => process.stderr.write(`${progress}\n`),
  });
  process.stdout.write(
    textOf(`${values.replicas} replicas, ${values.calm ? 'calm' : 'with faults'}`, report),
  );
  const { violations, unexpected, contradictions } = report;
  process.exitCode = violations.length + unexpected.length + contradictions.length > 0 ? 1 : 0;
} finally {
  await server.stop();
}
