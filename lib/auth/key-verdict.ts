import type { KeyVerdict } from '../../schemas/key-verification.ts';
import { secondsOf } from '../rate-limits/rate-limit-headers.ts';
import type { RequestCount } from '../rate-limits/request-count.ts';
import type { KeyDigest } from './api-key.ts';
import type { AuthResult } from './auth-result.ts';
import type { Authenticator, Required } from './authenticator.ts';
import type { Identity } from './identity.ts';
import { anywhere } from './place.ts';
import { authUnavailable } from './refusals.ts';
import { requiresAnyKey } from './route-policy.ts';

/** A key that was presented to a service of the tenant, which asks about it. */
export interface KeyQuestion {
  digest: KeyDigest;
  /** The permission that the key must hold; `null`: none. */
  permission: string | null;
  /** Counted against the key's limit. At 0 it isn't a use of the key either. */
  cost: number;
}

/**
 * Decides on keys that were passed in a body, by one state for all of them. Keys of other tenants aren't found.
 * @param asker the tenant and address of the service that asks
 * @returns a verdict on each, in order
 * @throws ApiError 503 if no decision is possible
 */
export function verifyKeys(
  authenticator: Authenticator,
  asker: { tenantId: string; address: string },
  questions: readonly KeyQuestion[],
): Promise<KeyVerdict[]> {
  // With no `await` before the last of them.
  const results = questions.map(({ digest }) => authenticator.authenticate(digest, anywhere));
  const failed = results.find(({ outcome }) => outcome === 'undecidable');
  if (failed !== undefined) throw authUnavailable();
  return Promise.all(questions.map((question, i) => judge(authenticator, asker, question, results[i])));
}

async function judge(
  authenticator: Authenticator,
  { tenantId, address }: { tenantId: string; address: string },
  { permission, cost }: KeyQuestion,
  result: AuthResult | undefined,
): Promise<KeyVerdict> {
  if (result === undefined || tenantOf(result) !== tenantId) return notFound;
  if (result.outcome !== 'accepted') {
    if (cost > 0) authenticator.usage.countRefusal(result, Date.now());
    return { ...notFound, code: codes[result.outcome], key_id: result.key?.keyId ?? null };
  }
  const required: Required = { access: requiresAnyKey, permissions: permission === null ? [] : [permission] };
  return verdictOf(await authenticator.charge(result, required, cost, address));
}

const tenantOf = (result: AuthResult): string | null =>
  result.outcome === 'accepted' ? result.identity.tenantId : (result.key?.tenantId ?? null);

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

/** The wire's code for each outcome. A configured key whose own environment is gone is inactive. */
const codes: Record<AuthResult['outcome'], KeyVerdict['code']> = {
  accepted: 'valid',
  missing: 'not_found',
  unknown: 'not_found',
  expired: 'expired',
  revoked: 'expired',
  inactive: 'inactive',
  environment: 'inactive',
  permission: 'insufficient_permissions',
  limited: 'rate_limited',
  undecidable: 'not_found',
};

function verdictOf(result: AuthResult): KeyVerdict {
  const identity = result.outcome === 'accepted' ? result.identity : result.key?.identity;
  if (!identity) return notFound;
  return {
    valid: result.outcome === 'accepted',
    code: codes[result.outcome],
    key_id: identity.keyId,
    tenant_id: identity.tenantId,
    environment_id: identity.environmentId,
    user_id: identity.userId,
    permissions: [...identity.permissions],
    rate_limit: rateLimitOf(identity, result.limit),
  };
}

const rateLimitOf = ({ rateLimit }: Identity, count: RequestCount | null): KeyVerdict['rate_limit'] =>
  rateLimit &&
  count && {
    limit: rateLimit.limit,
    window_seconds: rateLimit.windowSeconds,
    remaining: count.remaining,
    reset_seconds: secondsOf(count.resetMs),
  };
