import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { repository, type ServiceProcess, startProcess } from '../fixtures/service-process.ts';
import { attacks } from './attacks.ts';
import { type Experience, WellBehaved } from './well-behaved.ts';

export interface SiegeOptions {
  databaseUrl: string;
  /** The folder that the replicas run in. */
  cwd: string;
  /** How long each attack lasts. */
  seconds: number;
  /** Ends what was started, when the siege is over. */
  teardown(handler: () => unknown): void;
  onAttack(result: AttackResult): void;
}

/** The experience of a well-behaved tenant and of the replicas during one attack. */
export interface AttackResult extends Experience {
  attack: string;
  /** The largest memory of a replica that was seen, in MiB. */
  memoryMiB: number;
  /** How often replicas lost their lease. */
  leasesLost: number;
}

const heapMiB = 512;

/** Runs every attack against two replicas, while a tenant that does nothing wrong verifies and changes keys. */
export async function runSiege(options: SiegeOptions): Promise<AttackResult[]> {
  const { cwd, databaseUrl, teardown } = options;
  const keys = { attacker: newKey(), wellBehaved: newKey() };
  const env = {
    ...{ NODE_ENV: 'production', HOST: '127.0.0.1', PORT: '0', DATABASE_URL: databaseUrl, API_DOCS: 'on' },
    ...{ LOG_LEVEL: 'info', ACCESS_LOG: 'failures', NODE_OPTIONS: `--max-old-space-size=${heapMiB}` },
    API_KEYS: JSON.stringify({
      ...configured(keys.attacker, 'tenant_attacker'),
      ...configured(keys.wellBehaved, 'tenant_well_behaved'),
    }),
  };
  const replicas = [0, 1].map(() => startProcess({ teardown }, { cwd, env }));
  const ports = await Promise.all(replicas.map(portOf));
  await Promise.all(ports.map(untilReady));

  const results: AttackResult[] = [];
  for (const attack of [undisturbed, ...Object.keys(attacks)]) {
    const ended = new AbortController();
    const fencedBefore = await timesFenced(ports);
    const experience = new WellBehaved(ports, keys.wellBehaved).run(ended.signal);
    const memory = watchMemory(replicas, ended.signal);
    await runAttack(attack, { ports, key: keys.attacker, seconds: options.seconds });
    ended.abort();
    const leasesLost = (await timesFenced(ports)) - fencedBefore;
    const result = { attack, ...(await experience), memoryMiB: await memory, leasesLost };
    options.onAttack(result);
    results.push(result);
  }
  return results;
}

const undisturbed = 'none';

const newKey = (): string => randomBytes(32).toString('hex');

const configured = (key: string, tenantId: string) => ({
  [createHash('sha256').update(key).digest('hex')]: {
    ...{ tenant_id: tenantId, user_id: `user_${tenantId}`, name: tenantId, is_active: true },
    environment_id: 'production',
  },
});

async function portOf(replica: ServiceProcess): Promise<number> {
  const [, port] = await replica.printed(/Server listening at http:\/\/127\.0\.0\.1:(\d+)/);
  return Number(port);
}

async function untilReady(port: number): Promise<void> {
  while ((await fetch(`http://127.0.0.1:${port}/health/ready`)).status !== 200) await delay(20);
}

interface Readiness {
  replica: { times_fenced: number };
}

async function timesFenced(ports: number[]): Promise<number> {
  let sum = 0;
  for (const port of ports) {
    const ready: Readiness = JSON.parse(await (await fetch(`http://127.0.0.1:${port}/health/ready`)).text());
    sum += ready.replica.times_fenced;
  }
  return sum;
}

async function runAttack(name: string, target: { ports: number[]; key: string; seconds: number }) {
  const { ports, key, seconds } = target;
  if (name === undisturbed) return void (await delay(seconds * 1_000));
  const file = path.join(repository, 'test/siege/attack-process.ts');
  const endsAtMs = Date.now() + seconds * 1_000;
  const args = [
    `--import=${import.meta.resolve('tsx')}`,
    file,
    name,
    JSON.stringify({ ports, key, endsAtMs }),
  ];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const stop = setTimeout(() => child.kill('SIGKILL'), (seconds + 10) * 1_000);
  await once(child, 'exit');
  clearTimeout(stop);
}

/** Resolves with the largest resident memory of the processes, in MiB; Linux tells it. */
async function watchMemory(replicas: ServiceProcess[], signal: AbortSignal): Promise<number> {
  let largest = 0;
  while (!signal.aborted) {
    for (const { pid } of replicas) {
      const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
      largest = Math.max(largest, Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024);
    }
    await delay(50, undefined, { signal }).catch(() => {});
  }
  return Math.round(largest);
}
