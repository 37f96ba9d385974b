import type { CreateKey, KeyMetadata, RotateKey, UpdateKey } from '../../schemas/keys.ts';
import { newApiKey } from '../auth/api-key.ts';
import type { Actor, Scope } from '../auth/scope.ts';
import { newId } from '../crypto/ids.ts';
import { type EventKindName, updateKind } from '../events/event-kinds.ts';
import { ApiError, notFound } from '../http/api-error.ts';
import * as keys from '../stores/key-store.ts';
import type { Author } from './author.ts';
import type { ChangeLog, Transaction } from './change-log.ts';
import type { IdempotentRequest } from './idempotency-keys.ts';
import {
  normalized,
  permissionsFor,
  requirePermissions,
  throwIfInvalid,
  validationErrors,
} from './key-checks.ts';
import { requireMayIssueTo, requireMayReissue } from './key-owner.ts';
import { type IdempotentResult, withIdempotency } from './with-idempotency.ts';

/** A key as its creation returns it: the only time with its plaintext. */
export interface CreatedKey {
  secret: KeyMetadata;
  api_key: string;
}

/**
 * Creates a key in the scope of its author. Without permissions or a user of its own it gets the author's.
 * @param repeatable what makes the same request again answer the same key, if anything does
 * @throws ApiError `validation_error` or `permission_denied`
 */
export async function createKey(
  changeLog: ChangeLog,
  author: Author,
  request: CreateKey,
  repeatable: IdempotentRequest | null,
): Promise<IdempotentResult<CreatedKey>> {
  // Checked inside: a request that comes again may have been right only the first time.
  return makeKey(changeLog, author, repeatable, async (transaction) => {
    throwIfInvalid(validationErrors(request.type ?? 'private_key', request));
    const permissions = permissionsFor(request, author.permissions);
    await requireMayIssueTo(transaction, author, request.user_id);
    return insertKey(transaction, author, { ...normalized(request), permissions }, request.user_id);
  });
}

/** Makes a key once for each idempotency key. Returns it again only to a caller who might still create it. */
function makeKey(
  changeLog: ChangeLog,
  author: Author,
  repeatable: IdempotentRequest | null,
  work: (transaction: Transaction) => Promise<CreatedKey>,
): Promise<IdempotentResult<CreatedKey>> {
  return changeLog.commit(async (transaction) => {
    const answered = await withIdempotency(transaction, author, repeatable, () => work(transaction));
    if (answered.replayed) requireMayLearnSecret(author, answered.answer.secret);
    return answered;
  });
}

/** The creation as a part of a larger change. */
export async function insertKey(
  transaction: Transaction,
  author: Scope & { actor: Actor },
  request: CreateKey & { permissions: string[] },
  userId = author.actor.userId,
): Promise<CreatedKey> {
  const { plaintext, digest } = newApiKey();
  const key = await keys.insertKey(
    transaction.connection,
    author,
    { ...request, id: newId('key'), userId },
    digest,
  );
  appendKeyEvent(transaction, author, 'key.created', digest.hash, null, key);
  return { secret: key, api_key: plaintext };
}

/**
 * Changes a key. Who holds less than the key can't activate it, nor change its expiry or limit.
 * @throws ApiError `not_found`, `validation_error` or `permission_denied`
 */
export async function updateKey(
  changeLog: ChangeLog,
  author: Author,
  id: string,
  request: UpdateKey,
): Promise<KeyMetadata> {
  return changeLog.commit(async (transaction) => {
    const found = await lockLiveKey(transaction, author, id);
    requireMayChange(found.key, request, author.permissions);
    const key = await keys.updateKey(transaction.connection, author, id, normalized(request));
    appendKeyEvent(transaction, author, updateKind('key', found.key, key), found.hash, found.key, key);
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
  changeLog: ChangeLog,
  author: Author,
  id: string,
  { overlap_seconds = 0 }: RotateKey,
  repeatable: IdempotentRequest | null,
): Promise<IdempotentResult<CreatedKey>> {
  return makeKey(changeLog, author, repeatable, async (transaction) => {
    const found = await lockLiveKey(transaction, author, id);
    requireMayLearnSecret(author, found.key);
    await requireNotRotated(transaction, found.key);
    requireNotExpired(found.key);
    const { plaintext, digest } = newApiKey();
    const { connection } = transaction;
    const successor = await keys.insertSuccessor(connection, author, id, newId('key'), digest);
    const retired = await keys.retireKey(connection, author, id, successor.id, overlap_seconds);
    appendKeyEvent(transaction, author, 'key.created', digest.hash, null, successor);
    appendKeyEvent(transaction, author, 'key.rotated', found.hash, found.key, retired);
    return { secret: successor, api_key: plaintext };
  });
}

/**
 * Deletes a key; deleting it again changes nothing.
 * @throws ApiError `not_found` when the scope never had it
 */
export async function deleteKey(changeLog: ChangeLog, author: Author, id: string): Promise<void> {
  await changeLog.commit(async (transaction) => {
    const found = await keys.lockKey(transaction.connection, author, id);
    if (found === null) throw notFound('Key');
    if (found.deleted) return transaction.confirmUpToHead();
    await keys.markKeyDeleted(transaction.connection, author, id);
    appendKeyEvent(transaction, author, 'key.deleted', found.hash, found.key, null);
  });
}

/** @throws ApiError `not_found`, for a deleted key when its deletion is in force */
async function lockLiveKey(
  transaction: Transaction,
  scope: Scope,
  id: string,
): Promise<{ key: KeyMetadata; hash: Buffer }> {
  const found = await keys.lockKey(transaction.connection, scope, id);
  if (found?.deleted) await transaction.confirmUpToHead();
  if (found === null || found.deleted) throw notFound('Key');
  return found;
}

/** Appends a change of a key to the feed. */
function appendKeyEvent(
  transaction: Transaction,
  { tenantId, environmentId, actor }: Scope & { actor: Actor },
  kind: Extract<EventKindName, `key.${string}`>,
  keyHash: Buffer,
  before: KeyMetadata | null,
  after: KeyMetadata | null,
): void {
  const subjectId = (after ?? before)?.id ?? '';
  transaction.append({ kind, tenantId, environmentId, subjectId, keyHash, before, after, actor });
}

/** Nobody brings a key back to life, or extends it, that holds more than they do. */
function requireMayChange(key: KeyMetadata, request: UpdateKey, held: readonly string[]): void {
  const { status, expires_at, rate_limit } = request;
  const empowers = status === 'active' || expires_at !== undefined || rate_limit !== undefined;
  if (empowers) requirePermissions(held, key.permissions);
  throwIfInvalid(validationErrors(key.type, request));
  requirePermissions(held, request.permissions ?? []);
}

/** Refuses the secret of a key to a caller who might not create it. */
function requireMayLearnSecret(author: Author, key: KeyMetadata): void {
  requirePermissions(author.permissions, key.permissions);
  requireMayReissue(author, key);
}

/** A key has one successor, so that there is one answer to what is in force after it. */
async function requireNotRotated(transaction: Transaction, { rotated_to }: KeyMetadata): Promise<void> {
  if (rotated_to === null) return;
  await transaction.confirmUpToHead();
  throw new ApiError('already_exists', 'The key was already rotated: rotate the key in its rotated_to');
}

/** Refuses an expired key, because its successor would have expired as well. */
function requireNotExpired({ expires_at }: KeyMetadata): void {
  if (expires_at === null || Date.parse(expires_at) > Date.now()) return;
  throw new ApiError('validation_error', 'The key has expired: create a new one', { statusCode: 409 });
}
