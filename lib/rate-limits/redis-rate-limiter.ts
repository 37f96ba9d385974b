import type { ClientContext, Redis, Result } from 'ioredis';
import type { BaseLogger } from 'pino';
import type { RateLimit } from '../key-table/key-profile.ts';
import { type RequestCount, requestCount } from './request-count.ts';

type Log = Pick<BaseLogger, 'debug' | 'info' | 'warn'>;

declare module 'ioredis' {
  interface RedisCommander<Context extends ClientContext = { type: 'default' }> {
    /** @returns how many requests the window would have with this one, and the milliseconds until it ends */
    latchkeyCount(
      name: string,
      limit: number,
      windowMs: number,
      cost: number,
    ): Result<[wanted: number, endsInMs: number], Context>;
  }
}

/** Does what `TableRateLimiter.count` does, as one atomic step. */
const countScript = `
  local limit, window, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
  local ends_in = redis.call('PTTL', KEYS[1])
  local runs = ends_in > 0 and ends_in <= window
  local wanted = (runs and tonumber(redis.call('GET', KEYS[1])) or 0) + cost
  if cost == 0 or wanted > limit then return {wanted, runs and ends_in or 0} end
  if runs then
    redis.call('INCRBY', KEYS[1], cost)
    return {wanted, ends_in}
  end
  redis.call('SET', KEYS[1], cost, 'PX', window)
  return {wanted, window}
`;

/** After Redis has failed it is left alone for this long, so that requests don't wait for it one by one. */
const pauseMs = 1_000;

/** Counts requests in Redis, together with all processes that use the same one. */
export class RedisRateLimiter {
  /** Times that Redis failed to answer. */
  failures = 0;
  readonly #redis: Redis;
  readonly #log: Log;
  #works: boolean;
  #pausedUntilMs = 0;

  private constructor(redis: Redis, log: Log) {
    this.#redis = redis;
    this.#log = log;
    this.#works = redis.status === 'ready';
  }

  /** Starts also while Redis can't be reached. */
  static async connect(url: string, log: Log): Promise<RedisRateLimiter> {
    const redis = await connectRedis(url, log);
    return new RedisRateLimiter(redis, log);
  }

  /** Returns whether Redis answered when it was asked last. */
  get works(): boolean {
    return this.#works;
  }

  /** Returns whether there is no use in asking, because that has just failed. */
  get isPaused(): boolean {
    return Date.now() < this.#pausedUntilMs;
  }

  /**
   * Counts a request: all that it costs, or nothing.
   * @returns `null` if Redis can't be reached
   */
  async count(name: string, { limit, windowSeconds }: RateLimit, cost: number): Promise<RequestCount | null> {
    try {
      const windowMs = windowSeconds * 1000;
      const [wanted, endsInMs] = await this.#redis.latchkeyCount(`latchkey:${name}`, limit, windowMs, cost);
      if (!this.#works) this.#log.info('Redis is back: limits are counted across all processes again');
      this.#works = true;
      return requestCount(limit, wanted, cost, endsInMs);
    } catch (error) {
      this.failures += 1;
      this.#pausedUntilMs = Date.now() + pauseMs;
      if (this.#works)
        this.#log.warn({ err: error }, 'Redis is unreachable: each process counts limits for itself');
      this.#works = false;
      return null;
    }
  }

  close(): void {
    this.#redis.disconnect();
  }
}

/** Every wait is bounded: with ioredis' defaults a dead Redis would hold requests for many seconds. */
async function connectRedis(url: string, log: Log): Promise<Redis> {
  // Only where it is wanted: it takes longer to load than most of what is here.
  const { Redis } = await import('ioredis');
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: 300,
    commandTimeout: 100,
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
    retryStrategy: (attempt) => Math.min(attempt * 100, 2_000),
    scripts: { latchkeyCount: { numberOfKeys: 1, lua: countScript } },
  });
  redis.on('error', (error) => log.debug({ err: error }, 'Redis connection error'));
  await redis.connect().catch(() => {
    log.warn('Redis is unreachable: each process counts limits for itself');
  });
  return redis;
}
