import type { Environment } from '../../schemas/environments.ts';
import type { Tenant, UpdateTenant } from '../../schemas/tenants.ts';
import { type Actor, systemActor } from '../auth/scope.ts';
import { newId } from '../crypto/ids.ts';
import { updateKind } from '../events/event-kinds.ts';
import { notFound } from '../http/api-error.ts';
import * as tenants from '../stores/tenant-store.ts';
import type { ChangeLog, Transaction } from './change-log.ts';
import { insertEnvironment } from './environment-changes.ts';
import { type CreatedKey, insertKey } from './key-changes.ts';
import { insertUser } from './user-changes.ts';

/** The environments of every new tenant. */
const environmentNames = ['development', 'production'] as const;

export interface CreatedTenant extends CreatedKey {
  tenant: Tenant;
  environments: Environment[];
}

/** Creates a tenant with its environments and its first key, which has every permission in production. */
export async function createTenant(changeLog: ChangeLog, name: string, actor: Actor): Promise<CreatedTenant> {
  return changeLog.commit(async (transaction) => {
    const tenant = await tenants.insertTenant(transaction.connection, newId('tenant'), name);
    const environments = await completeTenant(transaction, tenant, actor);
    const production = environments.find((environment) => environment.name === 'production');
    if (production === undefined) throw new Error('A new tenant has no production environment');
    const user = await insertUser(transaction, tenant.id, { name: 'First user' }, actor);
    const key = await insertKey(
      transaction,
      { tenantId: tenant.id, environmentId: production.id, actor },
      { name: 'First key', permissions: ['*'] },
      user.id,
    );
    return { tenant, environments, ...key };
  });
}

/** Makes sure that the tenant of a configured key exists, so that the key works on an empty database. */
export async function ensureTenant(changeLog: ChangeLog, id: string): Promise<void> {
  await changeLog.commit(async (transaction) => {
    const tenant = await tenants.insertTenantIfMissing(transaction.connection, id, id);
    if (tenant !== null) await completeTenant(transaction, tenant, systemActor);
  });
}

async function completeTenant(
  transaction: Transaction,
  tenant: Tenant,
  actor: Actor,
): Promise<Environment[]> {
  recordTenantEvent(transaction, 'tenant.created', null, tenant, actor);
  const environments: Environment[] = [];
  for (const name of environmentNames) {
    environments.push(await insertEnvironment(transaction, tenant.id, { name }, actor));
  }
  return environments;
}

/** @throws ApiError `not_found` */
export async function updateTenant(
  changeLog: ChangeLog,
  id: string,
  request: UpdateTenant,
  actor: Actor,
): Promise<Tenant> {
  return changeLog.commit(async (transaction) => {
    const before = await tenants.lockTenant(transaction.connection, id);
    if (before === null) throw notFound('Tenant');
    const after = await tenants.updateTenant(transaction.connection, id, request);
    recordTenantEvent(transaction, updateKind('tenant', before, after), before, after, actor);
    return after;
  });
}

function recordTenantEvent(
  transaction: Transaction,
  kind: 'tenant.created' | ReturnType<typeof updateKind<'tenant'>>,
  before: Tenant | null,
  after: Tenant,
  actor: Actor,
): void {
  const { id } = after;
  transaction.append({
    kind,
    tenantId: id,
    environmentId: null,
    subjectId: id,
    keyHash: null,
    before,
    after,
    actor,
  });
}
