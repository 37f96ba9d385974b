import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { findFreePort } from '../embedded-postgres/start-server.ts';
import type { Placement } from './cores.ts';
import { keepTrack } from './running.ts';
import type { Usage } from './server/answer-usage.ts';
import type { Profile } from './server/profiler.ts';

export const repository = fileURLToPath(new URL('..', import.meta.url));
const readyTimeoutMs = 120_000;
const pollMs = 10;

export interface ServerProgram {
  /** The program, from the root of the repository. */
  file: string;
  /** Its settings. `PORT` and `NODE_ENV=production` are added. */
  env: Record<string, string>;
  /** Answered with 200 when the server is ready. */
  readyPath: string;
  readyHeaders?: Record<string, string>;
  /** How many cores it is to have. */
  processes?: number;
  /** The file descriptor of its standard output; none by default. */
  output?: number;
}

/** A server that is measured: a process of its own, on a core of its own. */
export interface ServerProcess {
  port: number;
  /** From the start of the process to its first answer that it is ready. */
  readyAfterMs: number;
  /** Its answer when it was ready. */
  readiness: string;
  usage(): Promise<Usage>;
  /** Profiles the process itself while `work` runs. */
  profileDuring(work: () => Promise<void>): Promise<Profile>;
  stop(): Promise<void>;
}

/**
 * Starts a server on a free port of loopback and waits until it is ready.
 * @throws when it ends before that, or isn't ready within two minutes
 */
export async function startServer(program: ServerProgram, placement: Placement): Promise<ServerProcess> {
  const port = await findFreePort();
  const startMs = performance.now();
  const child = spawnServer(program, placement, port);
  const ended = once(child, 'close');
  const stop = keepTrack(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  try {
    const readiness = await waitUntilReady(program, child, port);
    const readyAfterMs = performance.now() - startMs;
    return {
      ...{ port, readyAfterMs, readiness, stop },
      usage: () => ask<Usage>(child, 'usage'),
      profileDuring: (work) => profileDuring(child, work),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function spawnServer(program: ServerProgram, placement: Placement, port: number): ChildProcess {
  const preload = path.join(repository, 'dist/bench/server/answer-usage.js');
  const command = [
    ...placement.prefixOf(program.processes ?? 1),
    ...[process.execPath, `--import=${preload}`, path.join(repository, program.file)],
  ];
  const [executable = '', ...args] = command;
  return spawn(executable, args, {
    // Where no `.env` changes the settings.
    cwd: tmpdir(),
    env: { PATH: process.env['PATH'], NODE_ENV: 'production', PORT: String(port), ...program.env },
    stdio: ['ignore', program.output ?? 'ignore', 'inherit', 'ipc'],
  });
}

async function waitUntilReady(program: ServerProgram, child: ChildProcess, port: number): Promise<string> {
  const deadlineMs = performance.now() + readyTimeoutMs;
  while (performance.now() < deadlineMs) {
    if (child.exitCode !== null) throw new Error(`${program.file} ended with ${child.exitCode}`);
    const answer = await askIfReady(program, port);
    if (answer !== null) return answer;
    await delay(pollMs);
  }
  throw new Error(`${program.file} was not ready within ${readyTimeoutMs} ms`);
}

/** `null`: not ready, or not listening yet. */
async function askIfReady(
  { readyPath, readyHeaders = {} }: ServerProgram,
  port: number,
): Promise<string | null> {
  const url = `http://127.0.0.1:${port}${readyPath}`;
  const response = await fetch(url, { headers: readyHeaders }).catch(() => null);
  if (response === null) return null;
  const text = await response.text();
  return response.status === 200 ? text : null;
}

async function profileDuring(child: ChildProcess, work: () => Promise<void>): Promise<Profile> {
  await ask(child, 'start profile');
  await work();
  return ask<Profile>(child, 'stop profile');
}

/** Returns the server's answer over its pipe. */
async function ask<Answer>(child: ChildProcess, question: string): Promise<Answer> {
  const answered = once(child, 'message');
  child.send(question);
  const [answer]: Answer[] = await answered;
  if (answer === undefined) throw new Error('The server said nothing');
  return answer;
}
