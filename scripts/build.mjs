// Compiles the sources to dist/, with the SQL files that they read beside them. With another project than
// tsconfig.build.json as its argument, what that one includes.
import { execFileSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';

const project = process.argv[2] ?? 'tsconfig.build.json';
rmSync('dist', { recursive: true, force: true });
execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', project], { stdio: 'inherit' });
cpSync('migrations', 'dist/migrations', { recursive: true });
