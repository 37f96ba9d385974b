import { execFile, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** Keys that requests are drawn from. `first` and `count` say which; `weight` how many, beside other sources. */
export interface KeySource {
  kind: 'uniform' | 'zipf' | 'unknown' | 'malformed';
  first: number;
  count: number;
  weight: number;
}

/** `count` keys in uniform random rotation. */
export const uniform = (count: number, first = 0): KeySource => ({
  kind: 'uniform',
  first,
  count,
  weight: 1,
});

/** `count` keys by Zipf's law with exponent 1: the n-th is asked for a n-th as often as the first. */
export const zipf = (count: number): KeySource => ({ kind: 'zipf', first: 0, count, weight: 1 });

export const unknownKeys: KeySource = { kind: 'unknown', first: 0, count: 1, weight: 1 };
export const malformedKeys: KeySource = { kind: 'malformed', first: 0, count: 100_000, weight: 1 };

export interface ClosedLoop {
  port: number;
  path: string;
  /** The text before the key: the header's name, and perhaps a scheme. */
  header: string;
  sources: readonly KeySource[];
  seed: number;
  seconds: number;
}

/** The results of the requests of one slice. */
export interface ClosedLoopResult {
  requests: number;
  durationMicros: number;
  /** Answers of 400 and above. */
  refused: number;
  /** Connections that broke. */
  broken: number;
  /** Answers that took longer than two seconds. */
  late: number;
}

const connections = 32;
const script = fileURLToPath(new URL('wrk.lua', import.meta.url));
const runProgram = promisify(execFile);

/** The generator's version, or `null` if it isn't installed. */
export function generatorVersion(): string | null {
  const { stdout } = spawnSync('wrk', ['-v'], { encoding: 'utf8' });
  return /^wrk \S+/.exec(stdout ?? '')?.[0] ?? null;
}

/** Sends as many requests as are answered, each connection the next one when it has its answer. */
export async function runClosedLoop(loop: ClosedLoop): Promise<ClosedLoopResult> {
  const { port, path, header, sources, seed, seconds } = loop;
  const { stdout } = await runProgram('wrk', [
    ...['--threads', '1', '--connections', String(connections), '--duration', `${seconds}s`],
    ...['--script', script, `http://127.0.0.1:${port}${path}`, '--', String(seed), header],
    ...sources.map(({ kind, first, count, weight }) => [kind, first, count, weight].join(',')),
  ]);
  const json = /^RESULT (.*)$/m.exec(stdout)?.[1];
  if (json === undefined) throw new Error(`wrk said nothing of its result: ${stdout}`);
  return JSON.parse(json);
}
