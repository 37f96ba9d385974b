/**
 * Measures the key table: memory, the longest stop while it grows, and lookups beside those of a Map.
 *
 * Run by `node --import=tsx bench/key-table.ts [count] [growth]`; `count` is the largest table, 5,000,000 by default,
 * which takes about a minute and 600 MB. With `growth` nothing but that is measured, as the bench's scenario `memory`
 * does.
 */
import { hash } from 'node:crypto';
import { PerformanceObserver } from 'node:perf_hooks';
import { setImmediate as nextTick } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { absent, type KeyRecord, KeyTable } from '../lib/key-table/key-table.ts';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

/** The message to the parent process. */
export interface GrowthReport {
  sizes: { keys: number; residentBytesEach: number }[];
  /** The longest upsert that grew the table, garbage collections aside. */
  longestStopMs: number;
  /** The longest of as many pieces of work in between, each of about that length, that grow nothing: the machine's own. */
  longestControlMs: number;
}

/** Lookups that take about as long as an upsert that splits a segment. */
const controlLookups = 500;

/** Keys presented in one round of lookups, and how many rounds; the ways of looking take turns. */
const roundLength = 4096;
const rounds = 60;

const plaintextOf = (n: number): string => n.toString(16).padStart(64, '0');

/** Key `n` of a population with two environments, five users and five sets of permissions a tenant of 500 keys. */
function keyOf(n: number, usersEach: number): KeyRecord {
  const digest = Buffer.from(hash('sha256', plaintextOf(n), 'binary'), 'binary');
  const tenant = Math.floor(n / 500);
  return {
    digest,
    id: `key_${digest.toString('hex', 0, 16)}`,
    profile: {
      tenantId: `tenant_${plaintextOf(tenant).slice(32)}`,
      environmentId: `env_${plaintextOf(tenant * 2 + (n % 2)).slice(32)}`,
      userId: `user_${plaintextOf(Math.floor(n / usersEach)).slice(32)}`,
      permissions: ['customers:read', 'customers:write', `p${n % 5}:read`],
      rateLimit: n % 5 === 0 ? null : { limit: 100 * (n % 5), windowSeconds: 60 },
    },
    active: true,
    expiresAtMs: n % 2 === 0 ? null : 2_000_000_000_000,
    rotated: false,
  };
}

interface Piece {
  startMs: number;
  durationMs: number;
}

interface Upsert extends Piece {
  /** True if it took a page or resized a segment: the work that a table which doubles would do for all keys at once. */
  grew: boolean;
}

/** Grows a table, reports its memory at each of the sizes, and the longest upserts on the way. */
async function grow(table: KeyTable, sizes: readonly number[], usersEach: number): Promise<GrowthReport> {
  const collections: { startMs: number; endMs: number }[] = [];
  const observer = new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) {
      collections.push({ startMs: startTime, endMs: startTime + duration });
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  const upserts: Upsert[] = [];
  const controls: Piece[] = [];
  const before = memory();
  const report: GrowthReport = { sizes: [], longestStopMs: 0, longestControlMs: 0 };
  for (const size of sizes) {
    while (table.size < size) {
      const grew = upsertTimed(table, keyOf(table.size, usersEach), upserts);
      if (grew) controls.push(timeLookups(table));
      if (table.size % 50_000 === 0) await nextTick();
    }
    report.sizes.push({ keys: size, residentBytesEach: reportMemory(table, before) });
  }
  await nextTick();
  observer.disconnect();
  const collected = ({ startMs, durationMs }: Piece) =>
    collections.some((one) => one.startMs < startMs + durationMs && one.endMs > startMs);
  reportStops('upserts that collected garbage', upserts.filter(collected));
  const grown = upserts.filter((upsert) => upsert.grew && !collected(upsert));
  report.longestStopMs = reportStops('upserts that grew the table', grown);
  const undisturbed = controls.filter((control) => !collected(control));
  report.longestControlMs = reportStops(`times ${controlLookups} lookups, which grow nothing`, undisturbed);
  reportStops(
    'upserts above 0.5 ms for neither reason',
    upserts.filter((upsert) => !upsert.grew && !collected(upsert)),
  );
  return report;
}

function timeLookups(table: KeyTable): Piece {
  const startMs = performance.now();
  for (let n = 0; n < controlLookups; n++) {
    const digest = hash('sha256', plaintextOf(Math.floor(Math.random() * table.size)), 'binary');
    if (table.find(digest) === absent) throw new Error('A key is missing');
  }
  return { startMs, durationMs: performance.now() - startMs };
}

/** Keeps the time of an upsert if the table grew, which it returns, or if it took unusually long. */
function upsertTimed(table: KeyTable, key: KeyRecord, upserts: Upsert[]): boolean {
  const bytes = table.bytes;
  const startMs = performance.now();
  table.upsert(key);
  const durationMs = performance.now() - startMs;
  const grew = table.bytes !== bytes;
  if (grew || durationMs > 0.5) upserts.push({ startMs, durationMs, grew });
  return grew;
}

/** @returns the longest, in milliseconds */
function reportStops(what: string, stops: readonly Piece[]): number {
  const sorted = stops.map(({ durationMs }) => durationMs).sort((a, b) => a - b);
  const at = (part: number) => (sorted[Math.floor((sorted.length - 1) * part)] ?? 0).toFixed(2);
  console.log(
    `  ${sorted.length} ${what}: median ${at(0.5)}, p99 ${at(0.99)}, p99.9 ${at(0.999)}, longest ${at(1)} ms`,
  );
  return sorted.at(-1) ?? 0;
}

function memory(): { rss: number; arrayBuffers: number; heapUsed: number } {
  collectGarbage();
  collectGarbage();
  return process.memoryUsage();
}

/** @returns the resident bytes of a key */
function reportMemory(table: KeyTable, before: ReturnType<typeof memory>): number {
  const now = memory();
  const each = (bytes: number) => (bytes / table.size).toFixed(1).padStart(6);
  console.log(
    `  ${table.size} keys: bytes a key: rss ${each(now.rss - before.rss)}, arrayBuffers ` +
      `${each(now.arrayBuffers - before.arrayBuffers)}, heap ${each(now.heapUsed - before.heapUsed)}, ` +
      `table.bytes ${each(table.bytes)}`,
  );
  return (now.rss - before.rss) / table.size;
}

/** Evenly spread, in no order that the table knows; `misses` are of keys that were never added. */
function sample(count: number, misses: boolean): string[] {
  const step = 0x9e3779b1;
  return Array.from({ length: roundLength * 16 }, (_, i) =>
    plaintextOf(((i * step) % count) + (misses ? 1e12 : 0)),
  );
}

const nowMs = Date.now();

/** Times hash and lookup together, as a request has them; the first way is the hash alone. */
function measureLookups(count: number, table: KeyTable, map: Map<string, KeyRecord> | null): void {
  const hits = sample(count, false);
  const misses = sample(count, true);
  const find = (key: string) => table.find(hash('sha256', key, 'binary'));
  const isAccepted = (handle: number) =>
    handle !== absent && nowMs < table.expiresAtMs(handle) && table.isActive(handle);
  const ways: [string, string[], (key: string) => boolean][] = [
    ['hash alone, binary', hits, (key) => hash('sha256', key, 'binary').length === 32],
    ['table hit', hits, (key) => find(key) !== absent],
    ['table hit and decision', hits, (key) => isAccepted(find(key))],
    ['table miss', misses, (key) => find(key) === absent],
  ];
  if (map !== null) {
    ways.push(
      ['hash alone, hex', hits, (key) => hash('sha256', key, 'hex').length === 64],
      ['map hit', hits, (key) => map.get(hash('sha256', key, 'hex')) !== undefined],
      ['map miss', misses, (key) => map.get(hash('sha256', key, 'hex')) === undefined],
    );
  }
  const times = ways.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    ways.forEach(([name, keys, look], i) => {
      const begin = (round % 16) * roundLength;
      const startMs = performance.now();
      for (let at = begin; at < begin + roundLength; at++) {
        if (!look(keys[at] ?? '')) throw new Error(`${name} went wrong`);
      }
      times[i]?.push(((performance.now() - startMs) * 1e6) / roundLength);
    });
  }
  console.log(`  ${count} keys, ns, median of ${rounds} rounds:`);
  ways.forEach(([name], i) => {
    console.log(
      `    ${name.padEnd(24)} ${median(times[i] ?? [])
        .toFixed(0)
        .padStart(6)}`,
    );
  });
}

const median = (values: number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

function compareWithMap(count: number): void {
  const table = new KeyTable();
  for (let n = 0; n < count; n++) table.upsert(keyOf(n, 100));
  const before = memory();
  const map = new Map<string, KeyRecord>();
  for (let n = 0; n < count; n++) {
    const key = keyOf(n, 100);
    map.set(hash('sha256', plaintextOf(n), 'hex'), key);
  }
  console.log(`  the Map's rss: ${((memory().rss - before.rss) / count).toFixed(0)} bytes a key`);
  measureLookups(count, table, map);
}

async function main(): Promise<void> {
  const count = Number(process.argv[2] ?? 5_000_000);
  const sizes = [...new Set([100_000, 1_000_000, count])]
    .filter((size) => size <= count)
    .sort((a, b) => a - b);
  // Without this the first figures would be of the heap's and the compiler's start.
  console.log('warming up');
  await grow(new KeyTable(), [Math.min(count, 200_000)], 100);
  console.log('growth, 100 keys a user');
  const table = new KeyTable();
  const report = await grow(table, sizes, 100);
  process.send?.(report);
  if (process.argv[3] === 'growth') return;
  measureLookups(count, table, null);
  for (const size of [1_000, 100_000, 1_000_000].filter((size) => size <= count)) {
    console.log(`beside a Map of objects, ${size} keys`);
    compareWithMap(size);
  }
  console.log('growth, every key with a user of its own');
  await grow(new KeyTable(), [Math.min(count, 1_000_000)], 1);
}

await main();
