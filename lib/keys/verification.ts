import type { RateLimit, Status } from '../../schemas/common.ts';
import type { ConfiguredKey, ConfiguredKeys } from './configured-keys.ts';
import { decide, type KeyRecord } from './decision.ts';

/** Whom a request speaks for, once its key is accepted. */
export interface Identity {
  tenantId: string;
  /** `null`: a configured key that works in no environment. */
  environmentId: string | null;
  userId: string;
  keyId: string;
  permissions: readonly string[];
  rateLimit: RateLimit | null;
  /** Whether it is the operator's own key, from the configuration. */
  operator: boolean;
}

export type Verification =
  | { accepted: true; identity: Identity }
  | { accepted: false; reason: 'unknown' | 'expired' | 'inactive' | 'environment' };

/** The tenant of a configured key, and the environment that it asks for if the tenant has it. */
export interface TenantAccess {
  tenantActive: boolean;
  environment: { id: string; status: Status; rateLimit: RateLimit | null } | null;
}

/** Where keys and environments are looked up. */
export interface Lookups {
  keyByHash(hash: string): Promise<KeyRecord | null>;
  tenantAccess(tenantId: string, environment: string | null): Promise<TenantAccess | null>;
}

export interface VerificationRequest {
  /** SHA-256 of the key, in hex. */
  hash: string;
  /** The environment that the request selects (`X-Environment-ID`): its id or its name. */
  environment: string | null;
  /** Whether what it asks for happens in an environment. */
  needsEnvironment: boolean;
  /** Milliseconds since the epoch. */
  nowMs: number;
}

/** Decides on a key: the configured ones first, then the stored ones. Rejects only when a lookup does. */
export async function verifyKey(
  request: VerificationRequest,
  configuredKeys: ConfiguredKeys,
  lookups: Lookups,
): Promise<Verification> {
  const configuredKey = configuredKeys.get(request.hash);
  if (configuredKey !== undefined) return verifyConfiguredKey(configuredKey, request, lookups);
  const decision = decide(await lookups.keyByHash(request.hash), request.nowMs);
  if (!decision.accepted) return decision;
  const { record } = decision;
  return {
    accepted: true,
    identity: {
      tenantId: record.tenantId,
      environmentId: record.environmentId,
      userId: record.userId,
      keyId: record.id,
      permissions: record.permissions,
      rateLimit: record.rateLimit,
      operator: false,
    },
  };
}

async function verifyConfiguredKey(
  key: ConfiguredKey,
  request: VerificationRequest,
  lookups: Lookups,
): Promise<Verification> {
  if (!key.active) return { accepted: false, reason: 'inactive' };
  const selector = request.environment ?? key.environment;
  const access = await lookups.tenantAccess(key.tenantId, selector);
  if (!access?.tenantActive) return { accepted: false, reason: 'inactive' };
  const { environment } = access;
  if (environment === null && (request.needsEnvironment || request.environment !== null)) {
    return { accepted: false, reason: 'environment' };
  }
  // Its environment may be inactive where none is needed: that is how it can be activated again.
  if (environment?.status === 'inactive' && request.needsEnvironment)
    return { accepted: false, reason: 'inactive' };
  return { accepted: true, identity: identityOf(key, environment) };
}

const identityOf = (key: ConfiguredKey, environment: TenantAccess['environment']): Identity => ({
  tenantId: key.tenantId,
  environmentId: environment?.id ?? null,
  userId: key.userId,
  keyId: key.id,
  permissions: ['*'],
  rateLimit: environment?.rateLimit ?? null,
  operator: true,
});
