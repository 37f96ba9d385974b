import { execFileSync } from 'node:child_process';
import { repository } from './server-process.ts';

/** Compiles the sources and the servers of the bench as production is compiled, so that nothing older is measured. */
export function buildServers(): void {
  const args = ['scripts/build.mjs', 'bench/tsconfig.json'];
  execFileSync(process.execPath, args, { cwd: repository, stdio: 'inherit' });
}
