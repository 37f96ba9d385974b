/**
 * One replica: the service as production builds it, on a free port that it tells its parent. Its argument is a
 * `ReplicaSettings` as JSON. It ends with its parent.
 */
import { build } from '../../app.ts';
import { parseConfig } from '../../lib/config/config.ts';
import type { ReplicaSettings } from './replica-settings.ts';

const { env, ...options }: ReplicaSettings = JSON.parse(process.argv[2] ?? '');
process.once('disconnect', () => process.exit());

const app = await build({ ...parseConfig(env), ...options });
process.once('SIGTERM', () => {
  app.close().then(
    () => process.exit(),
    () => process.exit(1),
  );
});
const url = await app.listen({ host: '127.0.0.1', port: 0 });
process.send?.({ port: Number(new URL(url).port) });
