import type { Handle } from '../key-table/key-table.ts';
import type { RequestCount } from '../rate-limits/request-count.ts';
import type { KeyDigest } from './api-key.ts';
import type { Identity } from './identity.ts';
import type { Place } from './place.ts';

/** Every outcome of authenticating and authorizing a request with a key; the values of a metric's label. */
export const authOutcomes = [
  'accepted',
  'missing',
  'unknown',
  'expired',
  'inactive',
  'environment',
  'permission',
  'limited',
  'undecidable',
] as const;
export type AuthOutcome = (typeof authOutcomes)[number];

/** The result of a decision on a key, or on a session: accepted with whom it speaks for, or refused with the reason. */
export type AuthResult<Accepted = AcceptedKey> = Accepted | RefusedResult;

/** An accepted key. */
export class AcceptedKey {
  readonly outcome = 'accepted';
  readonly identity: Identity;
  readonly digest: KeyDigest;
  readonly place: Place;
  /** Position of a stored key in the key table, valid until the next `await`; `absent` for a configured key. */
  readonly handle: Handle;
  /** The count of its rate limit, once the request was counted; `null`: the key has no limit. */
  limit: RequestCount | null = null;

  constructor(identity: Identity, digest: KeyDigest, place: Place, handle: Handle) {
    this.identity = identity;
    this.digest = digest;
    this.place = place;
    this.handle = handle;
  }
}

export interface RefusedResult {
  readonly outcome: Exclude<AuthOutcome, 'accepted'> | 'revoked';
  /** The key that was refused, where it is known. */
  readonly key: RefusedKey | null;
  /** The count of the limit that the request exceeded, or that it was counted against before it was refused. */
  readonly limit: RequestCount | null;
  /** The error that prevented a decision, for the log. */
  readonly cause?: unknown;
}

interface RefusedKey {
  readonly keyId: string;
  readonly tenantId: string;
  /** `false`: a configured key. */
  readonly isStored: boolean;
  /** The identity of an accepted key whose request exceeds its limit or lacks a permission. */
  readonly identity: Identity | null;
}

/** Creates the refusal of a request whose key is not known. */
const refusalWithoutKey = (outcome: RefusedResult['outcome']): RefusedResult =>
  Object.freeze({ outcome, key: null, limit: null });

/** Refusals that say nothing about a key; allocated once, because strangers can cause any number of them. */
export const refusedWithoutKey = {
  missing: refusalWithoutKey('missing'),
  unknown: refusalWithoutKey('unknown'),
  expired: refusalWithoutKey('expired'),
  inactive: refusalWithoutKey('inactive'),
  revoked: refusalWithoutKey('revoked'),
  undecidable: refusalWithoutKey('undecidable'),
};

/** Refuses an accepted key that exceeds its limit or lacks a permission. */
export const refuseAccepted = (
  { identity, limit }: AcceptedKey,
  outcome: 'limited' | 'permission',
): RefusedResult => ({
  outcome,
  key: { keyId: identity.keyId, tenantId: identity.tenantId, isStored: !identity.isConfiguredKey, identity },
  limit,
});

/** Refuses a request whose sender has sent too many that were refused. @param waitMs until the next one counts anew */
export const limitedRefusal = ({ key }: RefusedResult, waitMs: number): RefusedResult => ({
  outcome: 'limited',
  key,
  limit: { limit: 0, remaining: 0, resetMs: waitMs, exceeded: true },
});

/** The refusal for an error that prevented the decision: neither accepted nor rejected. */
export const undecidable = (cause: unknown): RefusedResult => ({
  ...refusedWithoutKey.undecidable,
  cause,
});
