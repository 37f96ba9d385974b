import { type ClosedLoop, type ClosedLoopResult, type KeySource, runClosedLoop } from './generator.ts';
import type { Comparison, Figure, Goal, Slice, Variant } from './results.ts';
import type { ServerProcess } from './server-process.ts';
import { spreadOf } from './statistics.ts';

/** One of the things that take turns under load. */
export interface Contender {
  label: string;
  server: ServerProcess;
  path: string;
  header?: string;
  sources: readonly KeySource[];
  /** Which share of the answers is to be a refusal, 0 to 1. */
  refusedShare?: number;
  /** Starts the load that runs during this turn. @returns the function that ends it */
  beside?(): () => Promise<void>;
}

export interface Rounds {
  rounds: number;
  sliceSeconds: number;
}

const apiKeyHeader = 'X-API-Key: ';
const warmUpSeconds = 1;

/** Lets the contenders take turns, slice by slice, after each has been warmed up. */
export async function alternate(
  title: string,
  contenders: readonly Contender[],
  { rounds, sliceSeconds }: Rounds,
): Promise<Comparison> {
  process.stdout.write(`  ${title}: `);
  const startMs = performance.now();
  const slices = contenders.map((): Slice[] => []);
  for (const contender of contenders) await measureSlice(contender, 0, warmUpSeconds, startMs);
  for (let round = 1; round <= rounds; round++) {
    for (const [i, contender] of contenders.entries()) {
      slices[i]?.push(await measureSlice(contender, round, sliceSeconds, startMs));
    }
    process.stdout.write('.');
  }
  process.stdout.write('\n');
  const variants = contenders.map(({ label }, i) => variantOf(label, slices[i] ?? []));
  for (const variant of variants) printVariant(variant, variants[0]);
  return { title, variants };
}

async function measureSlice(
  contender: Contender,
  seed: number,
  seconds: number,
  startMs: number,
): Promise<Slice> {
  const { server, path, header = apiKeyHeader, sources } = contender;
  const loop: ClosedLoop = { port: server.port, path, header, sources, seed, seconds };
  const endBeside = contender.beside?.();
  const before = await server.usage();
  const atSeconds = (performance.now() - startMs) / 1000;
  const result = await runClosedLoop(loop);
  const after = await server.usage();
  await endBeside?.();
  check(contender, result);
  const cpuMicros = after.cpuMicros - before.cpuMicros;
  return {
    atSeconds,
    requestsPerSecond: result.requests / (result.durationMicros / 1e6),
    cpuMicros: cpuMicros / result.requests,
    coresBusy: cpuMicros / result.durationMicros,
  };
}

/** A server that answers wrongly is fast for nothing. */
function check({ label, refusedShare = 0 }: Contender, result: ClosedLoopResult): void {
  const share = result.refused / result.requests;
  const tolerated = refusedShare > 0 && refusedShare < 1 ? 0.05 : 0;
  if (result.requests > 0 && result.broken === 0 && Math.abs(share - refusedShare) <= tolerated) return;
  throw new Error(
    `${label}: ${JSON.stringify(result)}, and ${refusedShare} of the answers were to be refusals`,
  );
}

const variantOf = (label: string, slices: Slice[]): Variant => ({
  label,
  requestsPerSecond: spreadOf(slices.map(({ requestsPerSecond }) => requestsPerSecond)),
  cpuMicros: spreadOf(slices.map(({ cpuMicros }) => cpuMicros)),
  coresBusy: spreadOf(slices.map(({ coresBusy }) => coresBusy)),
  slices,
});

function printVariant(variant: Variant, base: Variant | undefined): void {
  const ratio = base === undefined ? Number.NaN : ratioOf(variant, base).median;
  console.log(
    `    ${variant.label.padEnd(44)} ${variant.requestsPerSecond.median.toFixed(0).padStart(7)}/s  ` +
      `${variant.cpuMicros.median.toFixed(1).padStart(6)} µs CPU  ${ratio.toFixed(3)}  ` +
      `(${variant.coresBusy.median.toFixed(2)} cores)`,
  );
}

/** How one's throughput compares with another's, round by round: what the machine does meanwhile hits both. */
const ratioOf = (variant: Variant, base: Variant) =>
  spreadOf(
    variant.slices.map(
      (slice, i) => slice.requestsPerSecond / (base.slices[i]?.requestsPerSecond ?? Number.NaN),
    ),
  );

/** The ratio of two variants' throughput as a figure. */
export function ratioFigure(
  comparison: Comparison,
  label: string,
  variant: string,
  base: string,
  goal: Goal | null = null,
): Figure {
  const find = (wanted: string) => {
    const found = comparison.variants.find((one) => one.label === wanted);
    if (found === undefined) throw new Error(`${wanted} was not measured`);
    return found;
  };
  return { label, unit: '', value: ratioOf(find(variant), find(base)), goal };
}

export const atLeast = (value: number): Goal => ({ kind: 'at least', value });
export const atMost = (value: number): Goal => ({ kind: 'at most', value });
