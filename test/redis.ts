import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { findFreePort } from '../lib/embedded-postgres/start-server.ts';

/** Why tests with Redis can't run here, or `false`. Where `CI` is set they must. */
export const redisIsMissing: string | false =
  !process.env['CI'] && !canRun() && 'redis-server is not installed (Debian package redis-server)';

function canRun(): boolean {
  try {
    execFileSync('redis-server', ['--version']);
    return true;
  } catch {
    return false;
  }
}

/** A Redis of the test's own, which keeps nothing on disk and its port when it is started again. */
export interface TestRedis {
  url: string;
  /** Resolves when it takes connections. */
  start(): Promise<void>;
  /** Ends it as a crash does. */
  kill(): Promise<void>;
  /** It keeps its connections and answers nothing, until it is resumed. */
  hang(): void;
  resume(): void;
}

/** @returns a Redis that isn't started yet, and is gone after the test */
export async function createRedis(t: { teardown(handler: () => unknown): void }): Promise<TestRedis> {
  const port = await findFreePort();
  let server: ChildProcess | undefined;
  async function kill(): Promise<void> {
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const exit = once(server, 'exit');
    server.kill('SIGKILL');
    await exit;
  }
  t.teardown(kill);
  return {
    url: `redis://127.0.0.1:${port}`,
    async start() {
      const args = ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no'];
      const started = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] });
      server = started;
      const { stdout } = started;
      for await (const line of createInterface({ input: stdout })) {
        if (line.includes('Ready to accept connections')) return void stdout.resume();
      }
      throw new Error('redis-server did not start');
    },
    kill,
    hang: () => void server?.kill('SIGSTOP'),
    resume: () => void server?.kill('SIGCONT'),
  };
}
