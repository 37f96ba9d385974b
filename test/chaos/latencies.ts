export interface Quantiles {
  count: number;
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
}

/** Times, by what was going on meanwhile. */
export class Latencies {
  readonly #byWeather = new Map<string, number[]>();

  add(weather: string, latencyMs: number): void {
    const times = this.#byWeather.get(weather);
    if (times === undefined) this.#byWeather.set(weather, [latencyMs]);
    else times.push(latencyMs);
  }

  /** Of each weather, and of `all`. */
  quantiles(): Record<string, Quantiles> {
    const all = [...this.#byWeather.values()].flat();
    const rows = [...this.#byWeather].sort(([a], [b]) => a.localeCompare(b));
    return Object.fromEntries(
      [...rows, ['all', all] as const].map(([name, times]) => [name, quantilesOf(times)]),
    );
  }
}

function quantilesOf(times: readonly number[]): Quantiles {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { count: sorted.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: sorted.at(-1) ?? 0 };
}
