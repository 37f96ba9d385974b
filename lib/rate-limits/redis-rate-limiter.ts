import type { ClientContext, Redis, Result } from 'ioredis';
import type { BaseLogger } from 'pino';
import type { RateLimit } from '../key-table/key-profile.ts';
import type { BucketState } from './bucket-store.ts';
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
    /** @returns how full the bucket is, or `max` + 1, and the milliseconds until it is empty, or has room */
    latchkeyBucket(
      name: string,
      max: number,
      windowMs: number,
    ): Result<[current: number, ttlMs: number], Context>;
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

/** Does what `BucketStore` does in this process, as one atomic step by Redis's clock. */
const bucketScript = `
  local max, window = tonumber(ARGV[1]), tonumber(ARGV[2])
  local per_ms = max / window
  local time = redis.call('TIME')
  local now = time[1] * 1000 + time[2] / 1000
  local bucket = redis.call('HMGET', KEYS[1], 'level', 'at')
  local level = math.max(0, (tonumber(bucket[1]) or 0) - math.max(0, now - (tonumber(bucket[2]) or now)) * per_ms)
  if level + 1 > max then return {max + 1, math.ceil((level + 1 - max) / per_ms)} end
  redis.call('HSET', KEYS[1], 'level', tostring(level + 1), 'at', string.format('%.3f', now))
  redis.call('PEXPIRE', KEYS[1], window)
  return {math.ceil(level + 1), math.ceil((level + 1) / per_ms)}
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
    const answer = await this.#ask((redis) =>
      redis.latchkeyCount(`latchkey:${name}`, limit, windowSeconds * 1000, cost),
    );
    return answer && requestCount(limit, answer[0], cost, answer[1]);
  }

  /** Counts a request in a bucket, as BucketStore says. @returns `null` if Redis can't be reached */
  async countInBucket(name: string, max: number, windowMs: number): Promise<BucketState | null> {
    const answer = await this.#ask((redis) => redis.latchkeyBucket(`latchkey:${name}`, max, windowMs));
    return answer && { current: answer[0], ttl: answer[1] };
  }

  async #ask<Answer>(question: (redis: Redis) => Promise<Answer>): Promise<Answer | null> {
    try {
      const answer = await question(this.#redis);
      if (!this.#works) this.#log.info('Redis is back: limits are counted across all processes again');
      this.#works = true;
      return answer;
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
    scripts: {
      latchkeyCount: { numberOfKeys: 1, lua: countScript },
      latchkeyBucket: { numberOfKeys: 1, lua: bucketScript },
    },
  });
  redis.on('error', (error) => log.debug({ err: error }, 'Redis connection error'));
  await redis.connect().catch(() => {
    log.warn('Redis is unreachable: each process counts limits for itself');
  });
  return redis;
}
