import type { CreateEnvironment, Environment, UpdateEnvironment } from '../../schemas/environments.ts';
import type { Actor } from '../auth/scope.ts';
import { newId } from '../crypto/ids.ts';
import { isDuplicate } from '../database/database.ts';
import { updateKind } from '../events/event-kinds.ts';
import { ApiError, notFound } from '../http/api-error.ts';
import * as environments from '../stores/environment-store.ts';
import type { ChangeLog, Transaction } from './change-log.ts';

/** @throws ApiError `already_exists` when the tenant has one of that name */
export async function createEnvironment(
  changeLog: ChangeLog,
  tenantId: string,
  request: CreateEnvironment,
  actor: Actor,
): Promise<Environment> {
  return changeLog
    .commit((transaction) => insertEnvironment(transaction, tenantId, request, actor))
    .catch(refuseDuplicate);
}

/** The creation as a part of a larger change. */
export async function insertEnvironment(
  transaction: Transaction,
  tenantId: string,
  request: CreateEnvironment,
  actor: Actor,
): Promise<Environment> {
  const environment = await environments.insertEnvironment(
    transaction.connection,
    tenantId,
    newId('env'),
    request,
  );
  transaction.append({
    kind: 'environment.created',
    keyHash: null,
    tenantId,
    environmentId: environment.id,
    subjectId: environment.id,
    before: null,
    after: environment,
    actor,
  });
  return environment;
}

/** @throws ApiError `not_found`, or `already_exists` when the tenant has another of the new name */
export async function updateEnvironment(
  changeLog: ChangeLog,
  tenantId: string,
  id: string,
  request: UpdateEnvironment,
  actor: Actor,
): Promise<Environment> {
  return changeLog
    .commit(async (transaction) => {
      const before = await environments.lockEnvironment(transaction.connection, tenantId, id);
      if (before === null) throw notFound('Environment');
      const after = await environments.updateEnvironment(transaction.connection, tenantId, id, request);
      transaction.append({
        keyHash: null,
        kind: updateKind('environment', before, after),
        tenantId,
        environmentId: id,
        subjectId: id,
        before,
        after,
        actor,
      });
      return after;
    })
    .catch(refuseDuplicate);
}

function refuseDuplicate(error: unknown): never {
  if (!isDuplicate(error)) throw error;
  throw new ApiError('already_exists', 'An environment of this name already exists');
}
