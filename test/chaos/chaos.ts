import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { SeededRandom } from '../model/random.ts';
import { type BackgroundCounts, runBackgroundLoad } from './background-load.ts';
import { Changer } from './changer.ts';
import { Cluster } from './cluster.ts';
import type { DatabaseServer } from './database-server.ts';
import { type FaultKind, Faults } from './faults.ts';
import { findContradictions } from './feed-consistency.ts';
import { requestText } from './http-client.ts';
import type { Quantiles } from './latencies.ts';
import { Load } from './load.ts';
import { Oracle, type Violation, verificationPath } from './oracle.ts';
import { ChangeStatistics } from './statistics.ts';
import { configureTenants, prepareTenants, type TestTenant } from './tenants.ts';
import { Verifier } from './verifier.ts';

export interface ChaosOptions {
  replicas: number;
  /** It ends after so many changes were answered, and each kind of fault was there, … */
  changes: number;
  /** … or after this time. */
  limitMs: number;
  seed: number;
  withFaults: boolean;
  /** `false` does without what is tested: the harness must see it. */
  confirmChanges: boolean;
  notifications: boolean;
  /** How many change something at a time. */
  changers: number;
  /** How many changes a second each of them makes at most; `Infinity`: the next one when the last is answered. */
  changesPerSecond: number;
  /** Verifications in the background, as a share of what the machine can do. */
  loadShare: number;
  onProgress: (progress: string) => void;
}

export interface ChaosReport {
  durationMs: number;
  changes: ChangeStatistics['counts'];
  /** Of those that were answered as made, how many of which kind. */
  kinds: ChangeStatistics['kinds'];
  /** From the request to the answer that it was made, by what was going on meanwhile. */
  changeTimes: Record<string, Quantiles>;
  unavailableTimes: Record<string, Quantiles>;
  verifications: Oracle['counts'] & {
    skipped: number;
    unjudged: BackgroundCounts;
    capacityPerSecond: number;
  };
  faults: Record<FaultKind, number>;
  /** Replicas that ended before they listened, and were started again. */
  failedStarts: number;
  violations: Violation[];
  unexpected: string[];
  /** Contradictions in the database. */
  contradictions: string[];
}

const readyTimeoutMs = 60_000;
/** Processes that have just started are slow. */
const warmUpMs = 3_000;
const capacityMs = 2_000;
/** So many of the verifications are judged while nothing breaks: all of them would keep this process busy. */
const maxJudgedCalmly = 1_000;
const progressMs = 5_000;

/** Changes keys, users and sessions and verifies keys and sessions while things break, and counts what is decided by an old state. */
export async function runChaos(server: DatabaseServer, options: ChaosOptions): Promise<ChaosReport> {
  const configured = configureTenants(options.changers);
  const cluster = new Cluster({
    databaseUrl: await server.createDatabase(),
    env: {
      LOG_LEVEL: 'silent',
      FAILED_AUTH_LIMIT: '0',
      ...{ CHANGES_PER_SECOND: '0', LISTINGS_PER_SECOND: '0' },
      API_KEYS: configured.apiKeys,
      SESSION_KEYS: `chaos:${randomBytes(32).toString('base64')}`,
    },
    confirmChanges: options.confirmChanges,
    notifications: options.notifications,
  });
  try {
    await cluster.addAll(options.replicas);
    await cluster.untilReady(readyTimeoutMs);
    return await run(server, cluster, configured, options);
  } finally {
    await cluster.stop();
  }
}

async function run(
  server: DatabaseServer,
  cluster: Cluster,
  configured: ReturnType<typeof configureTenants>,
  options: ChaosOptions,
): Promise<ChaosReport> {
  const randomOf = (stream: number) => new SeededRandom(options.seed * 1_000 + stream);
  const oracle = new Oracle();
  const verifier = new Verifier(cluster, oracle);
  const statistics = new ChangeStatistics();
  const unexpected: string[] = [];
  const faults = new Faults({
    cluster,
    server,
    random: randomOf(0),
    onError: (error) => unexpected.push(String(error)),
  });
  const load = new Load(cluster, oracle, verifier, randomOf(1));
  const tenants = await prepareTenants(cluster, configured, oracle);
  const shared = {
    ...{ cluster, oracle, verifier, faults, statistics, operatorKey: configured.operatorKey },
    intervalMs: 1_000 / options.changesPerSecond,
    watch: { key: load.watchKey.bind(load), session: load.watchSession.bind(load) },
  };
  const changers = tenants.map((tenant, i) => new Changer({ ...shared, tenant, random: randomOf(2 + i) }));

  for (const changer of changers) await changer.prepare();
  await load.measureCapacity(warmUpMs);
  const capacityPerSecond = await load.measureCapacity(capacityMs);
  const perSecond = capacityPerSecond * options.loadShare;
  const judgedPerSecond = options.withFaults ? perSecond : Math.min(perSecond, maxJudgedCalmly);
  const startMs = performance.now();
  const isOver = () =>
    performance.now() - startMs > options.limitMs ||
    (statistics.counts.answered >= options.changes && (!options.withFaults || faults.hadEach));
  const ended = new AbortController();
  const background = options.withFaults
    ? { answered: 0, lost: 0 }
    : runBackground(cluster, tenants, perSecond - judgedPerSecond, ended.signal);
  const alongside = [
    background,
    load.run(judgedPerSecond, ended.signal),
    reportProgress(() => options.onProgress(progressOf(statistics, oracle, faults)), ended.signal),
  ];
  try {
    await Promise.all([
      ...changers.map((changer) => changer.run(isOver)),
      ...(options.withFaults ? [faults.run(isOver)] : []),
    ]);
  } finally {
    ended.abort();
    await Promise.all(alongside);
  }
  const durationMs = performance.now() - startMs;
  await cluster.untilReady(readyTimeoutMs);
  for (const watched of load.watched) await verifier.check([watched]);
  return {
    durationMs,
    changes: statistics.counts,
    kinds: statistics.kinds,
    changeTimes: statistics.answered.quantiles(),
    unavailableTimes: statistics.unavailable.quantiles(),
    verifications: { ...oracle.counts, skipped: load.skipped, unjudged: await background, capacityPerSecond },
    faults: faults.counts,
    failedStarts: faults.failedStarts,
    violations: oracle.violations,
    unexpected: [...unexpected, ...statistics.unexpected],
    contradictions: await findContradictions(cluster.pool),
  };
}

/** Sends what isn't judged, from a process of its own. */
function runBackground(cluster: Cluster, tenants: TestTenant[], perSecond: number, signal: AbortSignal) {
  const ports = cluster.replicas.map(({ port }) => port);
  const requests = tenants.map(({ operatorKey }) => requestText('GET', verificationPath, operatorKey));
  return runBackgroundLoad({ ports, requests, perSecond }, signal);
}

async function reportProgress(report: () => void, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await delay(progressMs, undefined, { signal }).catch(() => {});
    report();
  }
}

function progressOf({ counts }: ChangeStatistics, oracle: Oracle, faults: Faults): string {
  const faultCount = Object.values(faults.counts).reduce((sum, count) => sum + count, 0);
  return (
    `${counts.answered} changes, ${oracle.counts.decided} verifications, ${faultCount} faults, ` +
    `${oracle.counts.violations} violations`
  );
}
