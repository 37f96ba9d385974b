import type { CreateUser, UpdateUser, User } from '../../schemas/users.ts';
import { lacking } from '../auth/permissions.ts';
import { type Actor, systemActor } from '../auth/scope.ts';
import { newId } from '../crypto/ids.ts';
import { ApiError, invalid, notFound } from '../http/api-error.ts';
import { updateKind } from '../stores/key-event-store.ts';
import * as users from '../stores/user-store.ts';
import type { Change, Changes } from './change-log.ts';

/** Who changes users, and what they may. */
export interface UserChanger {
  tenantId: string;
  actor: Actor;
  permissions: readonly string[];
}

export async function createUser(
  changes: Changes,
  tenantId: string,
  request: CreateUser,
  actor: Actor,
): Promise<User> {
  return changes.make((change) => insertUser(change, tenantId, request, actor));
}

/** The creation as a part of a larger change. */
export async function insertUser(
  change: Change,
  tenantId: string,
  request: CreateUser,
  actor: Actor,
): Promise<User> {
  const user = await users.insertUser(change.connection, tenantId, newId('user'), request);
  recordUserEvent(change, 'user.created', null, user, actor);
  return user;
}

/** Makes sure that the user of a configured key exists, in a tenant that does. */
export async function ensureUser(changes: Changes, tenantId: string, id: string): Promise<void> {
  await changes.make(async (change) => {
    const user = await users.insertUserIfMissing(change.connection, tenantId, id, id);
    if (user !== null) recordUserEvent(change, 'user.created', null, user, systemActor);
  });
}

/**
 * Changes a user. Deactivating one refuses all of its keys, with one write and one event.
 * @throws ApiError `not_found`; `validation_error` for whoever would lock themselves out; or `permission_denied`
 * for whoever holds less than the keys that would come back to life
 */
export async function updateUser(
  changes: Changes,
  { tenantId, actor, permissions }: UserChanger,
  id: string,
  request: UpdateUser,
): Promise<User> {
  if (id === actor.userId && request.status === 'inactive') {
    throw invalid('/status', 'the user of your own key would lock you out');
  }
  return changes.make(async (change) => {
    const { connection } = change;
    const before = await users.lockUser(connection, tenantId, id);
    if (before === null) throw notFound('User');
    if (before.status === 'inactive' && request.status === 'active') {
      const revived = await users.permissionsOfUser(connection, tenantId, id);
      if (lacking(permissions, revived).length > 0) throw denied();
    }
    const after = await users.updateUser(connection, tenantId, id, request);
    recordUserEvent(change, updateKind('user', before, after), before, after, actor);
    return after;
  });
}

const denied = (): ApiError => new ApiError('permission_denied', 'Permission denied');

function recordUserEvent(
  change: Change,
  kind: 'user.created' | ReturnType<typeof updateKind<'user'>>,
  before: User | null,
  after: User,
  actor: Actor,
): void {
  const { id, tenant_id: tenantId } = after;
  change.record({
    kind,
    tenantId,
    environmentId: null,
    subjectId: id,
    keyHash: null,
    before,
    after,
    actor,
  });
}
