import { normalizeIP } from '@fastify/rate-limit';
import fp from 'fastify-plugin';
import { Authenticator } from '../lib/auth/authenticator.ts';
import type { ConfiguredKeys } from '../lib/auth/configured-keys.ts';
import { newId } from '../lib/crypto/ids.ts';
import { RateLimiter } from '../lib/rate-limits/rate-limiter.ts';
import { RedisRateLimiter } from '../lib/rate-limits/redis-rate-limiter.ts';
import { RefusalLimiter } from '../lib/rate-limits/refusal-limiter.ts';
import { addUsage } from '../lib/stores/key-usage-store.ts';
import { UsageCounter } from '../lib/usage/usage-counter.ts';
import { keysPerStatement, UsageWriter, type UsageWriterOptions } from '../lib/usage/usage-writer.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** Decides on every key and session. */
    authenticator: Authenticator;
    /** The counts that all processes share; `null`: there is no Redis. */
    redisRateLimiter: RedisRateLimiter | null;
  }
}

interface AuthenticatorPluginOptions {
  configuredKeys: ConfiguredKeys;
  /** `null`: limits are counted in this process. */
  redisUrl: string | null;
  /** Refused requests that one address, key or webhook destination may send in a minute; 0: any number. */
  failedAuthLimit: number;
  /** Pause between two statements that write usage: the most that a crash can lose, and the age of the figures. */
  usageIntervalMs: number;
}

/** The Authenticator, with the limits that it counts and the usage that is written behind it. */
export default fp<AuthenticatorPluginOptions>(
  async (app, { configuredKeys, redisUrl, failedAuthLimit, usageIntervalMs }) => {
    const { log, replica } = app;
    const { state } = replica;
    const redis = redisUrl === null ? null : await RedisRateLimiter.connect(redisUrl, log);
    app.decorate('redisRateLimiter', redis);
    const rateLimiter = new RateLimiter({ state, redis });
    const refusalLimiter = new RefusalLimiter(redis, failedAuthLimit, normalizeIP);
    const usage = new UsageCounter(state);
    const nowMs = () => Date.now();
    app.decorate(
      'authenticator',
      new Authenticator({ replica, rateLimiter, refusalLimiter, usage, configuredKeys, nowMs }),
    );

    const writerId = newId('replica');
    const write: UsageWriterOptions['write'] = (number, batch) =>
      addUsage(app.pg.pool, writerId, number, batch);
    const writer = new UsageWriter({ usage, write, keysMax: keysPerStatement, log });
    app.addHook('onReady', async () => writer.start(usageIntervalMs));
    // Every request has been answered by then, and the database is still there.
    app.addHook('onClose', async () => {
      await writer.stop();
      rateLimiter.close();
    });
  },
  { name: 'authenticator', dependencies: ['database', 'replica'] },
);
