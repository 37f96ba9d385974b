import type { Static, TSchema } from '@sinclair/typebox';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import type { RateLimit } from '../key-table/key-profile.ts';
import type { StateChange } from '../replica/state-change.ts';
import * as stored from './stored-forms.ts';

/** A row of the feed, with the columns that replicas read. */
export interface FeedRow {
  seq: string;
  kind: string;
  /** True if the event changes what an authentication answers. */
  decides: boolean;
  /** The version of the stored form that the event needs. */
  version: number;
  /** SHA-256 of the key, for a change of a key. */
  key_hash: Buffer | null;
  /** The stored form of what changed; `null` when it was deleted. */
  after: object | null;
}

/** The stored form of an event breaks its schema, although this release knows its version. */
export class InvalidEventError extends Error {
  override readonly name = 'InvalidEventError';
}

/** Decodes an event. @throws InvalidEventError when it doesn't match its schema */
export type DecodeEvent = (row: FeedRow) => StateChange;

export const ignoreEvent: DecodeEvent = () => ({ kind: 'none' });

/** Returns a decoder that checks the stored form against its schema first. */
function decoder<Schema extends TSchema>(
  schema: Schema,
  toChange: (form: Static<Schema>, row: FeedRow) => StateChange,
): DecodeEvent {
  const compiled = TypeCompiler.Compile(schema);
  return (row) => {
    if (!compiled.Check(row.after)) throw invalid(row, compiled.Errors(row.after).First()?.path ?? '');
    return toChange(row.after, row);
  };
}

export const decodeTenant = decoder(stored.StoredTenant, changeOfTenant);
export const decodeEnvironment = decoder(stored.StoredEnvironment, changeOfEnvironment);
export const decodeUser = decoder(stored.StoredUser, changeOfUser);
export const decodeRevocation = decoder(stored.StoredRevocation, (form, row) =>
  changeOfRevocation(form, timeMs(form.expires_at, row)),
);
export const decodeKey = decoder(stored.StoredKey, (key, row) => ({
  kind: 'key',
  key: {
    digest: digestOf(row),
    id: key.id,
    profile: {
      tenantId: key.tenant_id,
      environmentId: key.environment_id,
      userId: key.user_id,
      permissions: key.permissions,
      rateLimit: rateLimitOf(key.rate_limit),
    },
    active: key.status === 'active',
    expiresAtMs: expiryOf(key, row),
    rotated: key.rotated_to !== null,
  },
}));

export const decodeDeletedKey: DecodeEvent = (row) => ({ kind: 'key-deleted', digest: digestOf(row) });

export function changeOfTenant({ id, status }: stored.StoredTenant): StateChange {
  return { kind: 'tenant', id, active: status === 'active' };
}

export function changeOfEnvironment(environment: stored.StoredEnvironment): StateChange {
  return {
    kind: 'environment',
    environment: {
      id: environment.id,
      tenantId: environment.tenant_id,
      name: environment.name,
      active: environment.status === 'active',
      rateLimit: rateLimitOf(environment.rate_limit),
    },
  };
}

export function changeOfUser({ tenant_id, id, status }: stored.StoredUser): StateChange {
  return { kind: 'user', tenantId: tenant_id, id, active: status === 'active' };
}

/** @param expiresAtMs milliseconds since the epoch */
export function changeOfRevocation(
  { customer_id: customerId, session_id: sessionId, generation }: Omit<stored.StoredRevocation, 'expires_at'>,
  expiresAtMs: number,
): StateChange {
  const revocation =
    sessionId === ''
      ? ({ kind: 'customer', customerId, generation, expiresAtMs } as const)
      : ({ kind: 'session', customerId, sessionId, expiresAtMs } as const);
  return { kind: 'sessions-revoked', revocation };
}

export const rateLimitOf = (form: stored.StoredRateLimit | null): RateLimit | null =>
  form && { limit: form.limit, windowSeconds: form.window_seconds };

/**
 * Returns the expiry in milliseconds since the epoch. A key that had expired at its last change by the database's
 * clock, such as at a rotation without overlap, has expired by every replica's clock: 0.
 */
function expiryOf({ expires_at, updated_at }: stored.StoredKey, row: FeedRow): number | null {
  if (expires_at === null) return null;
  const expiresAtMs = timeMs(expires_at, row);
  return expiresAtMs <= timeMs(updated_at, row) ? 0 : expiresAtMs;
}

function digestOf(row: FeedRow): Buffer {
  if (row.key_hash === null) throw invalid(row, '/key_hash');
  return row.key_hash;
}

function timeMs(text: string, row: FeedRow): number {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw invalid(row, text);
  return ms;
}

const invalid = ({ seq, kind, version }: FeedRow, where: string): InvalidEventError =>
  new InvalidEventError(`Event ${seq} (${kind}, version ${version}) does not match its schema at ${where}`);
