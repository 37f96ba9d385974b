import { absent, type Handle, type KeyTable } from '../key-table/key-table.ts';
import type { ReplicatedState } from '../replica/replicated-state.ts';
import type { EnvironmentRecord } from '../replica/state-change.ts';
import type { ConfiguredKey, ConfiguredKeys } from './configured-keys.ts';
import { decide } from './decision.ts';
import type { Identity } from './identity.ts';
import { StoredIdentity } from './stored-identity.ts';

export type Refusal = 'unknown' | 'expired' | 'inactive' | 'environment';

export type Verification =
  /** `handle`: where a stored key is in the table, valid until something gives way; `absent`: it is configured. */
  | { accepted: true; identity: Identity; handle: Handle }
  /** `keyId`, `tenantId`: which key it was, and whose, where that is known. `stored`: it is one of the table. */
  | { accepted: false; reason: Refusal; keyId: string | null; tenantId: string | null; stored: boolean };

export interface VerificationRequest {
  /** SHA-256 of the key, a character for each byte (`crypto.hash('sha256', key, 'binary')`). */
  digest: string;
  /** The environment that the request selects (`X-Environment-ID`): its id or its name. A stored key doesn't ask. */
  environment: () => string | null;
  /** Whether what it asks for happens in an environment. */
  needsEnvironment: boolean;
  /** Milliseconds since the epoch. */
  nowMs: number;
}

/**
 * Decides on a key: the configured ones first, then the stored ones. It asks nothing but memory, so its caller
 * has to know that the memory is current.
 */
export function verifyKey(
  request: VerificationRequest,
  configuredKeys: ConfiguredKeys,
  { keys, environments }: ReplicatedState,
): Verification {
  const configuredKey = configuredKeys.get(request.digest);
  if (configuredKey !== undefined) return verifyConfiguredKey(configuredKey, request, { keys, environments });
  const handle = keys.find(request.digest);
  const decision = decide(keys, handle, request.nowMs);
  if (decision !== 'accepted') {
    return { accepted: false, reason: decision, ...knownOf(keys, handle) };
  }
  const identity = new StoredIdentity(keys, handle, (id) => environments.rateLimitOf(id));
  return { accepted: true, handle, identity };
}

const unknown = { keyId: null, tenantId: null, stored: false };

function knownOf(
  keys: KeyTable,
  handle: Handle,
): Pick<Verification & { accepted: false }, keyof typeof unknown> {
  if (handle === absent) return unknown;
  return { keyId: keys.id(handle), tenantId: keys.grant(handle).environment.tenant.id, stored: true };
}

function verifyConfiguredKey(
  key: ConfiguredKey,
  request: VerificationRequest,
  { keys, environments }: Pick<ReplicatedState, 'keys' | 'environments'>,
): Verification {
  const refuse = (reason: Refusal): Verification => ({
    accepted: false,
    reason,
    keyId: key.id,
    tenantId: key.tenantId,
    stored: false,
  });
  if (!key.isActive || !environments.isTenantActive(key.tenantId)) return refuse('inactive');
  if (!keys.isUserActive(key.tenantId, key.userId)) return refuse('inactive');
  const selected = request.environment();
  const selector = selected ?? key.environment;
  const environment = selector === null ? undefined : environments.select(key.tenantId, selector);
  if (environment === undefined && (request.needsEnvironment || selected !== null)) {
    return refuse('environment');
  }
  // Its environment may be inactive where none is needed: that is how it can be activated again.
  if (environment?.active === false && request.needsEnvironment) return refuse('inactive');
  return { accepted: true, identity: identityOf(key, environment), handle: absent };
}

const identityOf = (key: ConfiguredKey, environment: EnvironmentRecord | undefined): Identity => ({
  tenantId: key.tenantId,
  environmentId: environment?.id ?? null,
  userId: key.userId,
  keyId: key.id,
  permissions: ['*'],
  rateLimit: environment?.rateLimit ?? null,
  isConfiguredKey: true,
  sunsetAtMs: null,
});
