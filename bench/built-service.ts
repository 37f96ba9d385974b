import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startEmbeddedPostgres } from '../lib/embedded-postgres/embedded-postgres.ts';
import { findFreePort } from '../lib/embedded-postgres/start-server.ts';

const repository = fileURLToPath(new URL('..', import.meta.url));
const readyTimeoutMs = 60_000;
const pollMs = 10;

/** What `/health/ready` says of the keys in memory. */
interface Readiness {
  replica: { keys: number; key_table_bytes: number };
}

/** The service as its users run it: a process of its own, of what the sources compile to. */
export interface BuiltService {
  port: number;
  /** From the start of the process to the first answer that it is ready. */
  readyAfterMs: number;
  readiness: Readiness;
  /** The memory that the process holds now, in bytes. */
  residentBytes(): number;
  /** Tells it to stop, and waits until it has. */
  stop(): Promise<void>;
}

/** Compiles the sources, so that nothing older is measured. */
export function buildService(): void {
  execFileSync(process.execPath, ['scripts/build.mjs'], { cwd: repository, stdio: 'inherit' });
}

/** Runs `work` with an empty database that is gone afterwards. */
export async function withDatabase(work: (databaseUrl: string) => Promise<void>): Promise<void> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'latchkey-bench-'));
  try {
    const postgres = await startEmbeddedPostgres({ dataDir });
    try {
      await work(postgres.databaseUrl);
    } finally {
      await postgres.stop();
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

/**
 * Starts the service on a free port of loopback, with the development key, and waits until it is ready.
 * @throws when it ends before that, or isn't ready within a minute
 */
export async function startService(databaseUrl: string): Promise<BuiltService> {
  const port = await findFreePort();
  const startMs = performance.now();
  const child = spawn(process.execPath, [path.join(repository, 'dist/server.js')], {
    // Where no `.env` changes the settings.
    cwd: tmpdir(),
    env: {
      PATH: process.env['PATH'],
      NODE_ENV: 'test',
      HOST: '127.0.0.1',
      PORT: String(port),
      DATABASE_URL: databaseUrl,
      FAILED_AUTH_LIMIT: '0',
      LOG_LEVEL: 'error',
    },
    stdio: 'inherit',
  });
  const ended = once(child, 'close');
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  try {
    const readiness = await waitUntilReady(child, port);
    const readyAfterMs = performance.now() - startMs;
    return { port, readyAfterMs, readiness, residentBytes: () => residentBytesOf(child), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function waitUntilReady(child: ChildProcess, port: number): Promise<Readiness> {
  const deadlineMs = performance.now() + readyTimeoutMs;
  while (performance.now() < deadlineMs) {
    if (child.exitCode !== null) throw new Error(`The service ended with ${child.exitCode}`);
    const readiness = await askReadiness(port);
    if (readiness !== null) return readiness;
    await delay(pollMs);
  }
  throw new Error(`The service was not ready within ${readyTimeoutMs} ms`);
}

/** `null`: not ready, or not listening yet. */
async function askReadiness(port: number): Promise<Readiness | null> {
  const response = await fetch(`http://127.0.0.1:${port}/health/ready`).catch(() => null);
  if (response === null) return null;
  const text = await response.text();
  return response.status === 200 ? JSON.parse(text) : null;
}

function residentBytesOf(child: ChildProcess): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(child.pid)], { encoding: 'utf8' })) * 1024;
}
