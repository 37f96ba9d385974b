import type { CreateKey, KeyMetadata, KeyType, UpdateKey } from '../../schemas/keys.ts';
import { ApiError, invalid, notFound } from '../errors.ts';
import { newId } from '../ids.ts';
import { inherited, lacking, mayHold } from '../keys/permissions.ts';
import { newSecret } from '../keys/secret.ts';
import type { Actor, Scope } from '../scope.ts';
import { updateKind } from '../stores/key-events.ts';
import * as keys from '../stores/keys.ts';
import type { Change, Changes } from './changes.ts';

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
 * Creates a key in the scope of its creator. Without permissions of its own it gets the creator's.
 * @throws ApiError `validation_error` or `permission_denied`
 */
export async function createKey(
  changes: Changes,
  creator: KeyChanger,
  request: CreateKey,
): Promise<CreatedKey> {
  const key = { ...request, ...normalized(request) };
  const permissions = permissionsFor(request, creator.permissions);
  return changes.make((change) => insertKey(change, creator, { ...key, permissions }));
}

/** The creation as a part of a larger change. */
export async function insertKey(
  change: Change,
  { actor, ...scope }: Scope & { actor: Actor },
  request: CreateKey & { permissions: string[] },
  userId = actor.userId,
): Promise<CreatedKey> {
  const { plaintext, digest } = newSecret();
  const key = await keys.insertKey(
    change.connection,
    scope,
    { ...request, id: newId('key'), userId },
    digest,
  );
  change.record({
    kind: 'key.created',
    keyHash: digest.hash,
    tenantId: scope.tenantId,
    environmentId: scope.environmentId,
    subjectId: key.id,
    before: null,
    after: key,
    actor,
  });
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
  const checked = { ...request, ...normalized(request) };
  const updated = await changes.make(async (change) => {
    const found = await keys.lockKey(change.connection, changer, id);
    if (found === null) return null;
    if (found.deleted) {
      await change.repeat();
      return null;
    }
    checkChange(found.key, request, changer.permissions);
    const key = await keys.updateKey(change.connection, changer, id, checked);
    change.record({
      kind: updateKind('key', found.key, key),
      tenantId: changer.tenantId,
      environmentId: changer.environmentId,
      subjectId: id,
      keyHash: found.hash,
      before: found.key,
      after: key,
      actor: changer.actor,
    });
    return key;
  });
  // Told only now: whoever hears that a key is gone may rely on it.
  if (updated === null) throw notFound('Key');
  return updated;
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
    change.record({
      keyHash: found.hash,
      kind: 'key.deleted',
      tenantId: changer.tenantId,
      environmentId: changer.environmentId,
      subjectId: id,
      before: found.key,
      after: null,
      actor: changer.actor,
    });
  });
}

function permissionsFor({ type = 'private_key', permissions }: CreateKey, held: readonly string[]): string[] {
  if (permissions === undefined) return inherited(type, held);
  checkPermissions(type, permissions, held);
  return permissions;
}

/** Nobody brings a key back to life, or extends it, that holds more than they do. */
function checkChange(key: KeyMetadata, request: UpdateKey, held: readonly string[]): void {
  const { status, expires_at, rate_limit } = request;
  const empowers = status === 'active' || expires_at !== undefined || rate_limit !== undefined;
  if (empowers && lacking(held, key.permissions).length > 0) throw denied();
  if (request.permissions) checkPermissions(key.type, request.permissions, held);
}

const denied = (): ApiError => new ApiError('permission_denied', 'Permission denied');

/** A key never grants what the one who makes or changes it lacks. */
function checkPermissions(type: KeyType, asked: readonly string[], held: readonly string[]): void {
  if (asked.some((permission) => !mayHold(type, permission)))
    throw invalid('/permissions', "a publishable key can't hold * or a permission on keys");
  if (lacking(held, asked).length > 0) throw denied();
}

/** The expiry as the database takes it. @throws ApiError when it isn't in the future */
function normalized({ expires_at }: CreateKey | UpdateKey): { expires_at?: string | null } {
  if (expires_at === undefined || expires_at === null) return expires_at === null ? { expires_at } : {};
  const expiry = new Date(expires_at);
  if (!(expiry.getTime() > Date.now())) throw invalid('/expires_at', 'must be in the future');
  // A time zone may carry it past what four digits of a year can write.
  if (expiry.getUTCFullYear() > 9999) throw invalid('/expires_at', 'must be before the year 10000');
  return { expires_at: expiry.toISOString() };
}
