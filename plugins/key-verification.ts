import type { FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import type { Identity } from '../lib/auth/identity.ts';
import { grants } from '../lib/auth/permissions.ts';
import { authUnavailable } from '../lib/auth/refusals.ts';
import type { Verification } from '../lib/auth/verification.ts';
import { addressOf } from '../lib/http/client-address.ts';
import type { RequestCount } from '../lib/rate-limits/process-rate-limiter.ts';
import { secondsOf } from '../lib/rate-limits/rate-limit-headers.ts';
import type { KeyVerdict } from '../schemas/key-verification.ts';

/** A key that somebody presented to a service of the tenant, which asks about it. */
interface AskedKey {
  /** SHA-256 of the key, a character for each byte. */
  digest: string;
  /** What it must hold; `null`: nothing. */
  permission: string | null;
  /** What to count against its limit. At 0 it isn't a use of the key either. */
  cost: number;
}

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Decides on keys that others have presented to whoever sends the request. Keys of other tenants aren't found.
     * @returns a verdict on each, in order
     * @throws a 503 if no decision is possible
     */
    verifyKeys(request: FastifyRequest, asked: readonly AskedKey[]): Promise<KeyVerdict[]>;
  }
}

/** Decides on keys for services that ask about them. */
export default fp(
  async (app) => {
    app.decorate('verifyKeys', (request, asked) => {
      // One state decides on all: nothing gives way until the last decision is made.
      if (!app.replica.canDecide()) throw authUnavailable();
      return Promise.all(asked.map((key) => verdictOn(request, key)));
    });

    function verdictOn(request: FastifyRequest, asked: AskedKey): KeyVerdict | Promise<KeyVerdict> {
      const { tenantId } = request.identity();
      const verification = app.decideOnDigest(asked.digest);
      if (tenantOf(verification) !== tenantId) return notFound;
      if (verification.accepted) return verdictOnAccepted(asked, verification, addressOf(request));
      if (asked.cost > 0) app.keyUsage.countRefusal(verification, Date.now());
      return { ...notFound, code: refusalCodes[verification.reason], key_id: verification.keyId };
    }

    async function verdictOnAccepted(
      { digest, permission, cost }: AskedKey,
      { identity, handle }: Verification & { accepted: true },
      address: string,
    ): Promise<KeyVerdict> {
      const isAllowed = permission === null || grants(identity.permissions, permission);
      const count = await app.rateLimits.countKey({ identity, digest, handle }, cost);
      const outcome = count?.exceeded ? 'limited' : isAllowed ? 'accepted' : 'permission';
      // The key may be elsewhere by now.
      const current = app.replica.state.keys.find(digest);
      if (cost > 0) app.keyUsage.countOutcome(current, outcome, address, Date.now());
      return verdictOf(identity, outcome, count);
    }
  },
  { name: 'key-verification', dependencies: ['replica', 'key-decisions', 'rate-limits', 'key-usage'] },
);

const tenantOf = (verification: Verification): string | null =>
  verification.accepted ? verification.identity.tenantId : verification.tenantId;

const notFound: KeyVerdict = {
  valid: false,
  code: 'not_found',
  key_id: null,
  tenant_id: null,
  environment_id: null,
  user_id: null,
  permissions: [],
  rate_limit: null,
};

const refusalCodes = {
  unknown: 'not_found',
  expired: 'expired',
  inactive: 'inactive',
  // Of a configured key whose own environment is gone.
  environment: 'inactive',
} as const;

const codes = { accepted: 'valid', limited: 'rate_limited', permission: 'insufficient_permissions' } as const;

function verdictOf(identity: Identity, outcome: keyof typeof codes, count: RequestCount | null): KeyVerdict {
  const { keyId, tenantId, environmentId, userId, permissions, rateLimit } = identity;
  return {
    valid: outcome === 'accepted',
    code: codes[outcome],
    key_id: keyId,
    tenant_id: tenantId,
    environment_id: environmentId,
    user_id: userId,
    permissions: [...permissions],
    rate_limit: rateLimit &&
      count && {
        limit: rateLimit.limit,
        window_seconds: rateLimit.windowSeconds,
        remaining: count.remaining,
        reset_seconds: secondsOf(count.resetMs),
      },
  };
}
