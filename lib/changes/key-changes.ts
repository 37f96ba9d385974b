import type { CreateKey, KeyMetadata, RotateKey, UpdateKey } from '../../schemas/keys.ts';
import { newSecret } from '../auth/api-key.ts';
import type { Actor, Scope } from '../auth/scope.ts';
import { newId } from '../crypto/ids.ts';
import { ApiError, notFound } from '../http/api-error.ts';
import { type KeyEvent, updateKind } from '../stores/key-event-store.ts';
import * as keys from '../stores/key-store.ts';
import type { Change, Changes } from './change-log.ts';
import type { RepeatableRequest } from './idempotency-keys.ts';
import { mistakesIn, normalized, permissionsFor, refuseLacking, refuseMistakes } from './key-checks.ts';
import { checkOwner, refuseOwner } from './key-owner.ts';
import { type Answered, idempotently } from './with-idempotency.ts';

/** Who changes keys, where, and what they may pass on. */
export interface KeyChanger extends Scope {
  actor: Actor;
  permissions: readonly string[];
}

/** A key as its creation answers it: the one time that its plaintext is told. */
export interface CreatedKey {
  secret: KeyMetadata;
  api_key: string;
}

/**
 * Creates a key in the scope of its creator. Without permissions or a user of its own it gets the creator's.
 * @param repeatable what makes the same request again answer the same key, if anything does
 * @throws ApiError `validation_error` or `permission_denied`
 */
export async function createKey(
  changes: Changes,
  creator: KeyChanger,
  request: CreateKey,
  repeatable: RepeatableRequest | null,
): Promise<Answered<CreatedKey>> {
  // Checked inside: a request that comes again may have been right only the first time.
  return makeKey(changes, creator, repeatable, async (change) => {
    refuseMistakes(mistakesIn(request.type ?? 'private_key', request));
    const permissions = permissionsFor(request, creator.permissions);
    await checkOwner(change, creator, request.user_id);
    return insertKey(change, creator, { ...normalized(request), permissions }, request.user_id);
  });
}

/** Makes a key once, however often it is asked for. It is told again to whoever might still have it made. */
function makeKey(
  changes: Changes,
  changer: KeyChanger,
  repeatable: RepeatableRequest | null,
  work: (change: Change) => Promise<CreatedKey>,
): Promise<Answered<CreatedKey>> {
  return changes.make(async (change) => {
    const answered = await idempotently(change, changer, repeatable, () => work(change));
    if (answered.replayed) refuseSecretOf(changer, answered.answer.secret);
    return answered;
  });
}

/** The creation as a part of a larger change. */
export async function insertKey(
  change: Change,
  creator: Scope & { actor: Actor },
  request: CreateKey & { permissions: string[] },
  userId = creator.actor.userId,
): Promise<CreatedKey> {
  const { plaintext, digest } = newSecret();
  const key = await keys.insertKey(
    change.connection,
    creator,
    { ...request, id: newId('key'), userId },
    digest,
  );
  recordKey(change, creator, 'key.created', digest.hash, null, key);
  return { secret: key, api_key: plaintext };
}

/**
 * Changes a key. Who holds less than the key can't activate it, nor change its expiry or limit.
 * @throws ApiError `not_found`, `validation_error` or `permission_denied`
 */
export async function updateKey(
  changes: Changes,
  changer: KeyChanger,
  id: string,
  request: UpdateKey,
): Promise<KeyMetadata> {
  return changes.make(async (change) => {
    const found = await lockLiveKey(change, changer, id);
    checkChange(found.key, request, changer.permissions);
    const key = await keys.updateKey(change.connection, changer, id, normalized(request));
    recordKey(change, changer, updateKind('key', found.key, key), found.hash, found.key, key);
    return key;
  });
}

/**
 * Replaces the secret of a key: makes a new key that is all that the old one is, and lets the old one expire after
 * the overlap. Who holds less than the key, or may not issue keys to its user, can't have its new secret.
 * @param repeatable as for `createKey`
 * @throws ApiError `not_found`, `permission_denied`, or 409 when the key was rotated before or has expired
 */
export async function rotateKey(
  changes: Changes,
  changer: KeyChanger,
  id: string,
  { overlap_seconds = 0 }: RotateKey,
  repeatable: RepeatableRequest | null,
): Promise<Answered<CreatedKey>> {
  return makeKey(changes, changer, repeatable, async (change) => {
    const found = await lockLiveKey(change, changer, id);
    refuseSecretOf(changer, found.key);
    await refuseRotated(change, found.key);
    refuseExpired(found.key);
    const { plaintext, digest } = newSecret();
    const { connection } = change;
    const successor = await keys.insertSuccessor(connection, changer, id, newId('key'), digest);
    const retired = await keys.retireKey(connection, changer, id, successor.id, overlap_seconds);
    recordKey(change, changer, 'key.created', digest.hash, null, successor);
    recordKey(change, changer, 'key.rotated', found.hash, found.key, retired);
    return { secret: successor, api_key: plaintext };
  });
}

/**
 * Deletes a key; deleting it again changes nothing.
 * @throws ApiError `not_found` when the scope never had it
 */
export async function deleteKey(changes: Changes, changer: KeyChanger, id: string): Promise<void> {
  await changes.make(async (change) => {
    const found = await keys.lockKey(change.connection, changer, id);
    if (found === null) throw notFound('Key');
    if (found.deleted) return change.repeat();
    await keys.markKeyDeleted(change.connection, changer, id);
    recordKey(change, changer, 'key.deleted', found.hash, found.key, null);
  });
}

/** @throws ApiError `not_found`, for a deleted key when its deletion is in force */
async function lockLiveKey(
  change: Change,
  scope: Scope,
  id: string,
): Promise<{ key: KeyMetadata; hash: Buffer }> {
  const found = await keys.lockKey(change.connection, scope, id);
  if (found?.deleted) await change.repeat();
  if (found === null || found.deleted) throw notFound('Key');
  return found;
}

/** Appends a change of a key to the feed. */
function recordKey(
  change: Change,
  { tenantId, environmentId, actor }: Scope & { actor: Actor },
  kind: KeyEvent['kind'],
  keyHash: Buffer,
  before: KeyMetadata | null,
  after: KeyMetadata | null,
): void {
  const subjectId = (after ?? before)?.id ?? '';
  change.record({ kind, tenantId, environmentId, subjectId, keyHash, before, after, actor });
}

/** Nobody brings a key back to life, or extends it, that holds more than they do. */
function checkChange(key: KeyMetadata, request: UpdateKey, held: readonly string[]): void {
  const { status, expires_at, rate_limit } = request;
  const empowers = status === 'active' || expires_at !== undefined || rate_limit !== undefined;
  if (empowers) refuseLacking(held, key.permissions);
  refuseMistakes(mistakesIn(key.type, request));
  refuseLacking(held, request.permissions ?? []);
}

/** Nobody is told a secret of a key that they might not make. */
function refuseSecretOf(changer: KeyChanger, key: KeyMetadata): void {
  refuseLacking(changer.permissions, key.permissions);
  refuseOwner(changer, key);
}

/** A key has one successor, so that there is one answer to what is in force after it. */
async function refuseRotated(change: Change, { rotated_to }: KeyMetadata): Promise<void> {
  if (rotated_to === null) return;
  await change.repeat();
  throw new ApiError('already_exists', 'The key was rotated before: rotate the key that replaces it');
}

/** What would replace it would have expired as well. */
function refuseExpired({ expires_at }: KeyMetadata): void {
  if (expires_at === null || Date.parse(expires_at) > Date.now()) return;
  throw new ApiError('validation_error', 'The key has expired: create another', { statusCode: 409 });
}
