import type { Pool } from 'pg';
import type { CreateKey, KeyMetadata, KeyType, UpdateKey } from '../../schemas/keys.ts';
import { ApiError, invalid, notFound } from '../errors.ts';
import { newId } from '../ids.ts';
import { lacking, mayHold } from '../keys/permissions.ts';
import { newSecret } from '../keys/secret.ts';
import type { Actor, Scope } from '../scope.ts';
import { type Queryable, transaction } from '../stores/database.ts';
import { recordKeyEvent, updateKind } from '../stores/key-events.ts';
import * as keys from '../stores/keys.ts';

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
export async function createKey(pool: Pool, creator: KeyChanger, request: CreateKey): Promise<CreatedKey> {
  const key = { ...request, ...normalized(request) };
  const permissions = permissionsFor(request, creator.permissions);
  return transaction(pool, (connection) => insertKey(connection, creator, { ...key, permissions }));
}

/** The part of the creation that happens inside a transaction, for those who create more than a key. */
export async function insertKey(
  connection: Queryable,
  { actor, ...scope }: Scope & { actor: Actor },
  request: CreateKey & { permissions: string[] },
  userId = actor.userId,
): Promise<CreatedKey> {
  const { plaintext, digest } = newSecret();
  const key = await keys.insertKey(connection, scope, { ...request, id: newId('key'), userId }, digest);
  await recordKeyEvent(connection, {
    kind: 'key.created',
    tenantId: scope.tenantId,
    environmentId: scope.environmentId,
    subjectId: key.id,
    before: null,
    after: key,
    actor,
  });
  return { secret: key, api_key: plaintext };
}

/** @throws ApiError `not_found`, `validation_error` or `permission_denied` */
export async function updateKey(
  pool: Pool,
  changer: KeyChanger,
  id: string,
  change: UpdateKey,
): Promise<KeyMetadata> {
  const checked = { ...change, ...normalized(change) };
  return transaction(pool, async (connection) => {
    const found = await keys.lockKey(connection, changer, id);
    if (found === null || found.deleted) throw notFound('Key');
    if (change.permissions) checkPermissions(found.key.type, change.permissions, changer.permissions);
    const key = await keys.updateKey(connection, changer, id, checked);
    await recordKeyEvent(connection, {
      kind: updateKind('key', found.key, key),
      tenantId: changer.tenantId,
      environmentId: changer.environmentId,
      subjectId: id,
      before: found.key,
      after: key,
      actor: changer.actor,
    });
    return key;
  });
}

/**
 * Deletes a key; deleting it again changes nothing.
 * @throws ApiError `not_found` when the scope never had it
 */
export async function deleteKey(pool: Pool, changer: KeyChanger, id: string): Promise<void> {
  await transaction(pool, async (connection) => {
    const found = await keys.lockKey(connection, changer, id);
    if (found === null) throw notFound('Key');
    if (found.deleted) return;
    await keys.markKeyDeleted(connection, changer, id);
    await recordKeyEvent(connection, {
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
  if (permissions === undefined) return held.filter((permission) => mayHold(type, permission));
  checkPermissions(type, permissions, held);
  return permissions;
}

/** A key never grants what the one who makes or changes it lacks. */
function checkPermissions(type: KeyType, asked: readonly string[], held: readonly string[]): void {
  if (asked.some((permission) => !mayHold(type, permission)))
    throw invalid('/permissions', "a publishable key can't hold * or a permission on keys");
  if (lacking(held, asked).length > 0) throw new ApiError('permission_denied', 'Permission denied');
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
