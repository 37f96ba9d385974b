import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from 'fastify';
import { readCredential } from '../lib/auth/credential.ts';
import type { Identity } from '../lib/auth/identity.ts';
import { refusals } from '../lib/auth/refusals.ts';
import { type ApiError, tooManyRequests, unavailable } from '../lib/http/api-error.ts';
import { setRateLimitHeaders } from '../lib/rate-limits/rate-limit-headers.ts';
import type { KeyVerdict } from '../schemas/key-verification.ts';
import type { Decider } from './decider.ts';
import { KeyService, type KeyServiceOptions } from './key-service.ts';

interface ServerDeciderOptions extends KeyServiceOptions {
  log: FastifyBaseLogger;
}

/** Asks a service about each request: what it has revoked is refused from its answer on. */
export function createServerDecider({ log, ...options }: ServerDeciderOptions): Decider {
  const service = new KeyService(options);

  /** Never rejects. @returns what the request is refused with, if it is */
  async function decide(
    request: FastifyRequest,
    reply: FastifyReply,
    permission: string | null,
    cost: 0 | 1,
  ): Promise<ApiError | undefined> {
    const credential = readCredential(request.raw);
    if (credential.kind === 'none') return refusals.missing;
    if (credential.kind === 'malformed') return refusals.unknown;
    try {
      const verdict = await service.verify(credential.key, permission, cost);
      const { rate_limit: limit } = verdict;
      if (limit !== null) setRateLimitHeaders(reply, { ...limit, resetMs: limit.reset_seconds * 1000 });
      const identity = identityOf(verdict);
      if (identity === null) return refusalOf(verdict);
      request.auth = identity;
      return undefined;
    } catch (error) {
      return unavailable('Authentication temporarily unavailable', error);
    }
  }

  return {
    admit(request, reply, permission, done) {
      reply.header('cache-control', 'no-store');
      void decide(request, reply, permission, 1).then(done);
    },
    readmit: (request, reply, permission, done) => void decide(request, reply, permission, 0).then(done),
    async ready() {
      try {
        await service.requireUsable();
        return true;
      } catch (error) {
        log.warn({ err: error }, 'asking the service about a key failed');
        return false;
      }
    },
    replica: () => null,
    close: async () => {},
  };
}

/** @returns `null`: the key isn't accepted, or works in no environment */
function identityOf({ valid, ...verdict }: KeyVerdict): Identity | null {
  const { tenant_id, environment_id, user_id, key_id, permissions, rate_limit } = verdict;
  if (!valid || tenant_id === null || environment_id === null || user_id === null || key_id === null)
    return null;
  return {
    tenantId: tenant_id,
    environmentId: environment_id,
    userId: user_id,
    keyId: key_id,
    permissions,
    rateLimit: rate_limit && { limit: rate_limit.limit, windowSeconds: rate_limit.window_seconds },
    isConfiguredKey: false,
    sunsetAtMs: null,
  };
}

function refusalOf({ code, rate_limit }: KeyVerdict): ApiError {
  switch (code) {
    case 'valid':
      return refusals.environment;
    case 'not_found':
      return refusals.unknown;
    case 'expired':
      return refusals.expired;
    case 'inactive':
      return refusals.inactive;
    case 'insufficient_permissions':
      return refusals.permission;
    case 'rate_limited':
      return tooManyRequests((rate_limit?.reset_seconds ?? 0) * 1000);
  }
}
