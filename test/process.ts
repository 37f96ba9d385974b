import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

export const repository = fileURLToPath(new URL('..', import.meta.url));

/** The service as a process of its own. */
export interface ServiceProcess {
  pid: number;
  /** Everything that it has written so far. */
  stdout(): string;
  stderr(): string;
  /** Resolves with the first match in what it writes; rejects when it ends without one. */
  printed(pattern: RegExp): Promise<RegExpMatchArray>;
  signal(name: NodeJS.Signals): void;
  /** Resolves when it is gone, with its exit code or the signal that ended it. */
  ended: Promise<number | NodeJS.Signals>;
}

interface ProcessOptions {
  env: NodeJS.Dict<string>;
  /** The working folder, in which `.env` is looked for. */
  cwd: string;
  /** `true`: what `npm run build` made, instead of the sources. */
  built?: boolean;
}

/** Starts the service as its users do. Nothing of the test's environment reaches it but `PATH`. */
export function startProcess(
  t: { teardown(handler: () => unknown): void },
  { env, cwd, built = false }: ProcessOptions,
): ServiceProcess {
  const args = built
    ? [path.join(repository, 'dist/server.js')]
    : [`--import=${import.meta.resolve('tsx')}`, path.join(repository, 'server.ts')];
  const child = spawn(process.execPath, args, {
    cwd,
    env: { PATH: process.env['PATH'], FASTIFY_AUTOLOAD_TYPESCRIPT: built ? undefined : '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close').then(([code, signal]) => code ?? signal);
  t.teardown(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const stdout = collect(child, 'stdout');
  const stderr = collect(child, 'stderr');
  return {
    pid: child.pid ?? 0,
    stdout,
    stderr,
    async printed(pattern) {
      for (;;) {
        const match = stdout().match(pattern);
        if (match) return match;
        const code = await Promise.race([once(child.stdout, 'data').then(() => null), ended]);
        if (code !== null && !pattern.test(stdout())) {
          throw new Error(`The service ended with ${code}: ${stdout()}${stderr()}`);
        }
      }
    },
    signal: (name) => void child.kill(name),
    ended,
  };
}

function collect(child: ChildProcessByStdio<null, Readable, Readable>, name: 'stdout' | 'stderr') {
  let text = '';
  child[name].setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  return () => text;
}
