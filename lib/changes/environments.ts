import type { Pool } from 'pg';
import type { CreateEnvironment, Environment, UpdateEnvironment } from '../../schemas/environments.ts';
import { ApiError, notFound } from '../errors.ts';
import { newId } from '../ids.ts';
import type { Actor } from '../scope.ts';
import { isDuplicate, type Queryable, transaction } from '../stores/database.ts';
import * as environments from '../stores/environments.ts';
import { recordKeyEvent, updateKind } from '../stores/key-events.ts';

/** @throws ApiError `already_exists` when the tenant has one of that name */
export async function createEnvironment(
  pool: Pool,
  tenantId: string,
  request: CreateEnvironment,
  actor: Actor,
): Promise<Environment> {
  return transaction(pool, (connection) => insertEnvironment(connection, tenantId, request, actor)).catch(
    refuseDuplicate,
  );
}

/** The part of the creation that happens inside a transaction, for those who create more. */
export async function insertEnvironment(
  connection: Queryable,
  tenantId: string,
  request: CreateEnvironment,
  actor: Actor,
): Promise<Environment> {
  const environment = await environments.insertEnvironment(connection, tenantId, newId('env'), request);
  await recordKeyEvent(connection, {
    kind: 'environment.created',
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
  pool: Pool,
  tenantId: string,
  id: string,
  change: UpdateEnvironment,
  actor: Actor,
): Promise<Environment> {
  return transaction(pool, async (connection) => {
    const before = await environments.lockEnvironment(connection, tenantId, id);
    if (before === null) throw notFound('Environment');
    const after = await environments.updateEnvironment(connection, tenantId, id, change);
    await recordKeyEvent(connection, {
      kind: updateKind('environment', before, after),
      tenantId,
      environmentId: id,
      subjectId: id,
      before,
      after,
      actor,
    });
    return after;
  }).catch(refuseDuplicate);
}

function refuseDuplicate(error: unknown): never {
  if (!isDuplicate(error)) throw error;
  throw new ApiError('already_exists', 'An environment of this name already exists');
}
