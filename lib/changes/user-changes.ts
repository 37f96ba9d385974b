import type { CreateUser, UpdateUser, User } from '../../schemas/users.ts';
import { missingPermissions } from '../auth/permissions.ts';
import { type Actor, systemActor } from '../auth/scope.ts';
import { newId } from '../crypto/ids.ts';
import { updateKind } from '../events/event-kinds.ts';
import { invalid, notFound, permissionDenied } from '../http/api-error.ts';
import * as users from '../stores/user-store.ts';
import type { TenantAuthor } from './author.ts';
import type { ChangeLog, Transaction } from './change-log.ts';

export async function createUser(
  changeLog: ChangeLog,
  tenantId: string,
  request: CreateUser,
  actor: Actor,
): Promise<User> {
  return changeLog.commit((transaction) => insertUser(transaction, tenantId, request, actor));
}

/** The creation as a part of a larger change. */
export async function insertUser(
  transaction: Transaction,
  tenantId: string,
  request: CreateUser,
  actor: Actor,
): Promise<User> {
  const user = await users.insertUser(transaction.connection, tenantId, newId('user'), request);
  recordUserEvent(transaction, 'user.created', null, user, actor);
  return user;
}

/** Makes sure that the user of a configured key exists, in a tenant that does. */
export async function ensureUser(changeLog: ChangeLog, tenantId: string, id: string): Promise<void> {
  await changeLog.commit(async (transaction) => {
    const user = await users.insertUserIfMissing(transaction.connection, tenantId, id, id);
    if (user !== null) recordUserEvent(transaction, 'user.created', null, user, systemActor);
  });
}

/**
 * Changes a user. Deactivating one refuses all of its keys, with one write and one event.
 * @throws ApiError `not_found`; `validation_error` if the caller would lock itself out; or `permission_denied`
 * if the caller holds less than the keys that would be activated
 */
export async function updateUser(
  changeLog: ChangeLog,
  { tenantId, actor, permissions }: TenantAuthor,
  id: string,
  request: UpdateUser,
): Promise<User> {
  if (id === actor.userId && request.status === 'inactive') {
    throw invalid('/status', 'deactivating the user of your own key would lock you out');
  }
  return changeLog.commit(async (transaction) => {
    const { connection } = transaction;
    const before = await users.lockUserForUpdate(connection, tenantId, id);
    if (before === null) throw notFound('User');
    if (before.status === 'inactive' && request.status === 'active') {
      const revived = await users.permissionsOfUser(connection, tenantId, id);
      if (missingPermissions(permissions, revived).length > 0) throw permissionDenied();
    }
    const after = await users.updateUser(connection, tenantId, id, request);
    recordUserEvent(transaction, updateKind('user', before, after), before, after, actor);
    return after;
  });
}

function recordUserEvent(
  transaction: Transaction,
  kind: 'user.created' | ReturnType<typeof updateKind<'user'>>,
  before: User | null,
  after: User,
  actor: Actor,
): void {
  const { id, tenant_id: tenantId } = after;
  transaction.append({
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
