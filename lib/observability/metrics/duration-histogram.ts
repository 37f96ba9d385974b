import { Histogram, type Registry } from 'prom-client';

interface DurationHistogramOptions {
  name: string;
  help: string;
  labelNames: string[];
  /** The upper bound of each bucket, ascending. */
  boundsSeconds: readonly number[];
  registry: Registry;
}

type Labels = Record<string, string>;

/** The durations that have one set of labels. */
export class DurationSeries {
  readonly #boundsSeconds: readonly number[];
  /** The last one is of those beyond all bounds. */
  readonly #counts: number[];
  #sumSeconds = 0;

  constructor(boundsSeconds: readonly number[]) {
    this.#boundsSeconds = boundsSeconds;
    this.#counts = Array(boundsSeconds.length + 1).fill(0);
  }

  /** Called for each request: allocates nothing, and checks nothing. */
  observe(seconds: number): void {
    let bucket = 0;
    while (seconds > (this.#boundsSeconds[bucket] ?? Number.POSITIVE_INFINITY)) bucket += 1;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sumSeconds += seconds;
  }

  /** How many lasted at most as long as each bound and, last, how many there were, with their sum. */
  read(): { cumulative: number[]; sumSeconds: number } {
    let count = 0;
    const cumulative = this.#counts.map((inBucket) => {
      count += inBucket;
      return count;
    });
    return { cumulative, sumSeconds: this.#sumSeconds };
  }
}

/**
 * A histogram of Prometheus that counts in plain numbers, which are put into its form when they are scraped: 15 ns
 * for each observation. That of prom-client checks and hashes the labels each time, in 600 ns.
 */
export class DurationHistogram extends Histogram<string> {
  readonly #name: string;
  readonly #boundsSeconds: readonly number[];
  readonly #series: { labels: Labels; durations: DurationSeries }[] = [];
  /** Says what the histogram is, without a value. */
  readonly #description: Histogram;

  constructor({ name, help, labelNames, boundsSeconds, registry }: DurationHistogramOptions) {
    const common = { name, help, labelNames };
    super({ ...common, buckets: [...boundsSeconds], registers: [registry] });
    this.#name = name;
    this.#boundsSeconds = boundsSeconds;
    this.#description = new Histogram({ ...common, registers: [] });
  }

  /** A series with labels of its own. Its user keeps the reference. */
  addSeries(labels: Labels): DurationSeries {
    const durations = new DurationSeries(this.#boundsSeconds);
    this.#series.push({ labels, durations });
    return durations;
  }

  override async get(): ReturnType<Histogram<string>['get']> {
    const values = this.#series.flatMap(({ labels, durations }) => this.#valuesOf(labels, durations));
    return { ...(await this.#description.get()), values };
  }

  /** The registry calls this method instead where it writes text. */
  getForPromString(): ReturnType<Histogram<string>['get']> {
    return this.get();
  }

  #valuesOf(labels: Labels, durations: DurationSeries) {
    const { cumulative, sumSeconds } = durations.read();
    const value = (suffix: string, value: number, le?: number | string) => ({
      metricName: `${this.#name}_${suffix}`,
      labels: { ...labels, ...(le !== undefined && { le }) },
      value,
    });
    return [
      ...cumulative.map((count, i) => value('bucket', count, this.#boundsSeconds[i] ?? '+Inf')),
      value('sum', sumSeconds),
      value('count', cumulative.at(-1) ?? 0),
    ];
  }
}
