import type { IncomingHttpHeaders } from 'node:http';
import { addressOf } from '../http/client-address.ts';
import { absent, type Handle, type KeyTable } from '../key-table/key-table.ts';
import type { RateLimiter } from '../rate-limits/rate-limiter.ts';
import type { RefusalLimiter } from '../rate-limits/refusal-limiter.ts';
import type { RequestCount } from '../rate-limits/request-count.ts';
import type { ReplicatedState } from '../replica/replicated-state.ts';
import type { Session } from '../sessions/session.ts';
import type { UsageCounter } from '../usage/usage-counter.ts';
import { digestOf, type KeyDigest } from './api-key.ts';
import {
  AcceptedKey,
  type AuthResult,
  limitedRefusal,
  type RefusedResult,
  refuseAccepted,
  refusedWithoutKey,
  undecidable,
} from './auth-result.ts';
import { type ConfiguredKey, type ConfiguredKeys, toIdentity } from './configured-keys.ts';
import { readCredential } from './credential.ts';

import type { MaybePromise } from './maybe-promise.ts';
import { grants } from './permissions.ts';
import type { Place } from './place.ts';
import { type Access, allows } from './route-policy.ts';
import { StoredIdentity } from './stored-identity.ts';

export interface AuthenticatorOptions {
  replica: DecidingReplica;
  rateLimiter: RateLimiter;
  /** `null`: refused requests aren't counted. */
  refusalLimiter: RefusalLimiter | null;
  usage: UsageCounter;
  configuredKeys: ConfiguredKeys;
  /** Milliseconds since the epoch. */
  nowMs: () => number;
}

/** The part of a replica that decisions need. */
interface DecidingReplica {
  readonly state: ReplicatedState;
  /** Returns whether `state` may be decided by at this instant. */
  canDecide(): boolean;
  /** Waits for that, for a bounded time. The answer may be old when it arrives: ask `canDecide` again. */
  waitUntilCanDecide(): Promise<boolean>;
}

/** The part of a request that the Authenticator reads. */
export interface PresentedRequest {
  readonly raw: { readonly headers: IncomingHttpHeaders; readonly rawHeaders: readonly string[] };
  readonly ip: string | undefined;
  readonly ips?: string[] | undefined;
}

/** The requirements of a request: its route's policy, and the permissions that the request itself names. */
export interface Required {
  readonly access: Access | undefined;
  readonly permissions: readonly string[];
}

/**
 * Decides on every API key and session: who it is, whether it may, and whether it is within its limits. Decides from
 * memory, by the state of one instant, and only while the replica's lease is valid: otherwise the result is
 * `undecidable`, never accepted and never rejected. Nothing else in the service decides.
 */
export class Authenticator {
  readonly usage: UsageCounter;
  readonly rateLimiter: RateLimiter;
  readonly refusalLimiter: RefusalLimiter | null;
  readonly #replica: DecidingReplica;
  readonly configuredKeys: ConfiguredKeys;
  readonly #nowMs: () => number;

  constructor(options: AuthenticatorOptions) {
    this.usage = options.usage;
    this.rateLimiter = options.rateLimiter;
    this.refusalLimiter = options.refusalLimiter;
    this.#replica = options.replica;
    this.configuredKeys = options.configuredKeys;
    this.#nowMs = options.nowMs;
  }

  /** Waits, for a bounded time, until keys can be decided on. @returns whether they can */
  waitUntilReady(): Promise<boolean> {
    return this.#replica.waitUntilCanDecide();
  }

  /**
   * Decides on the key that a request presents in its headers, and counts the request: against the key's limit and for
   * its usage if the key is accepted, against the key itself if it is refused, and against the address if the key is
   * unknown. Returns at once unless it has to wait for a lease or Redis; a promise never rejects.
   */
  authenticateRequest(request: PresentedRequest, place: Place, required: Required): MaybePromise<AuthResult> {
    const credential = readCredential(request.raw);
    if (credential.kind === 'none') return refusedWithoutKey.missing;
    if (credential.kind === 'malformed') return this.#countRefusal(request, refusedWithoutKey.unknown);
    const digest = digestOf(credential.key);
    const result = this.authenticate(digest, place);
    if (result.outcome !== 'undecidable') return this.#conclude(request, result, required);
    return this.#authenticateLater(request, digest, place, required);
  }

  /**
   * Decides whom a key speaks for: a configured key first, then a stored one. Counts nothing.
   * @returns with no `await` between the check of the lease and the decision
   */
  authenticate(digest: KeyDigest, place: Place): AuthResult {
    if (!this.#replica.canDecide()) return refusedWithoutKey.undecidable;
    const configuredKey = this.configuredKeys.get(digest);
    if (configuredKey !== undefined) return this.#authenticateConfiguredKey(configuredKey, digest, place);
    const { keys, environments } = this.#replica.state;
    const handle = keys.find(digest);
    if (handle === absent) return refusedWithoutKey.unknown;
    const outcome = stateOf(keys, handle, this.#nowMs());
    if (outcome !== 'accepted') return refuseStored(keys, handle, outcome);
    return new AcceptedKey(new StoredIdentity(keys, handle, environments), digest, place, handle);
  }

  /** Decides whether an accepted key may do what is required; a refusal is returned as it is. Counts nothing. */
  authorize(result: AuthResult, { access, permissions }: Required): AuthResult {
    if (result.outcome !== 'accepted') return result;
    const { identity } = result;
    if (!allows(access, identity)) return refuseAccepted(result, 'permission');
    for (const permission of permissions)
      if (!grants(identity.permissions, permission)) return refuseAccepted(result, 'permission');
    return result;
  }

  /** Decides again on a key that was accepted before, for what outlives a decision: a body or a stream. Counts nothing. */
  reauthenticate({ digest, place }: AcceptedKey, required: Required): AuthResult {
    return this.authorize(this.authenticate(digest, place), required);
  }

  /**
   * Counts a request of an accepted key against its limit and for its usage, and authorizes it. A key over its limit
   * isn't told what it may.
   * @param cost counted in whole or not at all; at 0 the limit is only looked at, and it isn't a use of the key
   */
  charge(key: AcceptedKey, required: Required, cost: number, address: string): MaybePromise<AuthResult> {
    const count = this.rateLimiter.countKey(key, cost, this.#nowMs());
    if (!(count instanceof Promise)) return this.#settle(key, key.handle, required, count, cost, address);
    // The key may have moved in the table, or be gone, while Redis was asked.
    return count.then((counted) => {
      const handle = this.#replica.state.keys.find(key.digest);
      return this.#settle(key, handle, required, counted, cost, address);
    });
  }

  /**
   * Decides on the session of a request to a route for sessions, as on a key.
   * @param readToken verifies the token's signature; `null`: it isn't a token of this service
   * @returns never rejects, except by what `readToken` throws
   */
  async authenticateSession(
    request: PresentedRequest,
    tokens: readonly string[],
    readToken: (token: string) => Promise<Session | null>,
  ): Promise<AuthResult<AcceptedSession>> {
    const [token, ...others] = tokens;
    if (token === undefined) return refusedWithoutKey.missing;
    const session = others.length === 0 ? await readToken(token) : null;
    if (session === null) return this.#countRefusal(request, refusedWithoutKey.unknown);
    if (!this.#replica.canDecide()) await this.#replica.waitUntilCanDecide();
    return this.reauthenticateSession(session);
  }

  /** Decides on a session whose token was verified, by the state of this instant. */
  reauthenticateSession(session: Session): AuthResult<AcceptedSession> {
    if (!this.#replica.canDecide()) return refusedWithoutKey.undecidable;
    const { sessions, environments } = this.#replica.state;
    // In this order, an instant that is not a number is refused.
    if (!(this.#nowMs() < session.expiresAtMs) || sessions.hasForgotten(session.expiresAtMs))
      return refusedWithoutKey.expired;
    if (sessions.isRevoked(session)) return refusedWithoutKey.revoked;
    const environment = environments.get(session.environmentId);
    const isActive = environment?.tenantId === session.tenantId && environment.active;
    if (!isActive || !environments.isTenantActive(session.tenantId)) return refusedWithoutKey.inactive;
    return { outcome: 'accepted', session };
  }

  async #authenticateLater(
    request: PresentedRequest,
    digest: KeyDigest,
    place: Place,
    required: Required,
  ): Promise<AuthResult> {
    try {
      await this.#replica.waitUntilCanDecide();
      return await this.#conclude(request, this.authenticate(digest, place), required);
    } catch (error) {
      return undecidable(error);
    }
  }

  #conclude(request: PresentedRequest, result: AuthResult, required: Required): MaybePromise<AuthResult> {
    if (result.outcome !== 'accepted') {
      this.usage.countRefusal(result, this.#nowMs());
      return this.#countRefusal(request, result);
    }
    const charged = this.charge(result, required, 1, addressOf(request));
    if (charged instanceof Promise) return charged.then(this.#countOverLimit, undecidable);
    return this.#countOverLimit(charged);
  }

  readonly #countOverLimit = (result: AuthResult): AuthResult => {
    if (result.outcome === 'limited') this.rateLimiter.keyRefusals += 1;
    return result;
  };

  #settle(
    key: AcceptedKey,
    handle: Handle,
    required: Required,
    count: RequestCount | null,
    cost: number,
    address: string,
  ): AuthResult {
    key.limit = count;
    const result = count?.exceeded ? refuseAccepted(key, 'limited') : this.authorize(key, required);
    if (cost > 0) this.usage.countOutcome(handle, result.outcome, address, this.#nowMs());
    return result;
  }

  /** Counts a refusal, and returns it, or that its sender has to wait. */
  #countRefusal(request: PresentedRequest, result: RefusedResult): MaybePromise<RefusedResult> {
    const waitMs = this.#waitAfter(request, result);
    if (waitMs === 0) return result;
    if (!(waitMs instanceof Promise)) return limitedRefusal(result, waitMs);
    return waitMs.then((settled) => (settled === 0 ? result : limitedRefusal(result, settled)), undecidable);
  }

  #waitAfter(request: PresentedRequest, { outcome, key }: RefusedResult): MaybePromise<number> {
    if (this.refusalLimiter === null) return 0;
    if (outcome === 'unknown') return this.refusalLimiter.countUnknownKey(addressOf(request));
    const isRefusedKey = (outcome === 'expired' || outcome === 'inactive') && key !== null;
    return isRefusedKey ? this.refusalLimiter.countRefusedKey(key.keyId) : 0;
  }

  #authenticateConfiguredKey(key: ConfiguredKey, digest: KeyDigest, place: Place): AuthResult {
    const { keys, environments } = this.#replica.state;
    const isActive = key.isActive && environments.isTenantActive(key.tenantId);
    if (!isActive || !keys.isUserActive(key.tenantId, key.userId)) return refuseConfigured(key, 'inactive');
    const selector = place.environment ?? key.environment;
    const environment = selector === null ? undefined : environments.select(key.tenantId, selector);
    if (environment === undefined && (place.needsEnvironment || place.environment !== null))
      return refuseConfigured(key, 'environment');
    // An inactive environment is no obstacle where none is needed: how else could it be activated again?
    if (environment?.active === false && place.needsEnvironment) return refuseConfigured(key, 'inactive');
    return new AcceptedKey(toIdentity(key, environment), digest, place, absent);
  }
}

/** An accepted session. */
export interface AcceptedSession {
  readonly outcome: 'accepted';
  readonly session: Session;
}

/**
 * The state of a stored key at an instant. A key that is both expired and inactive is expired: that is final, while an
 * inactive key can be activated again; and the holder of an expired key learns nothing of the state of its tenant.
 * @param nowMs milliseconds since the epoch. A key is expired from the very instant of its expiry on
 */
function stateOf(keys: KeyTable, handle: Handle, nowMs: number): 'accepted' | 'expired' | 'inactive' {
  // In this order, an instant that is not a number is refused.
  if (!(nowMs < keys.expiresAtMs(handle))) return 'expired';
  return keys.isActive(handle) ? 'accepted' : 'inactive';
}

function refuseStored(keys: KeyTable, handle: Handle, outcome: 'expired' | 'inactive'): RefusedResult {
  const tenantId = keys.grant(handle).environment.tenant.id;
  const key = { keyId: keys.id(handle), tenantId, isStored: true, identity: null };
  return { outcome, key, limit: null };
}

const refuseConfigured = (
  { id, tenantId }: ConfiguredKey,
  outcome: 'inactive' | 'environment',
): RefusedResult => ({
  outcome,
  key: { keyId: id, tenantId, isStored: false, identity: null },
  limit: null,
});
