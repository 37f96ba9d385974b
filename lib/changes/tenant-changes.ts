import type { Environment } from '../../schemas/environments.ts';
import type { Tenant, UpdateTenant } from '../../schemas/tenants.ts';
import { type Actor, systemActor } from '../auth/scope.ts';
import { newId } from '../crypto/ids.ts';
import { notFound } from '../http/api-error.ts';
import { updateKind } from '../stores/key-event-store.ts';
import * as tenants from '../stores/tenant-store.ts';
import type { Change, Changes } from './change-log.ts';
import { insertEnvironment } from './environment-changes.ts';
import { type CreatedKey, insertKey } from './key-changes.ts';
import { insertUser } from './user-changes.ts';

/** What every tenant begins with. */
const environmentNames = ['development', 'production'] as const;

export interface CreatedTenant extends CreatedKey {
  tenant: Tenant;
  environments: Environment[];
}

/** Creates a tenant with its environments and its first key, which has every permission in production. */
export async function createTenant(changes: Changes, name: string, actor: Actor): Promise<CreatedTenant> {
  return changes.make(async (change) => {
    const tenant = await tenants.insertTenant(change.connection, newId('tenant'), name);
    const environments = await completeTenant(change, tenant, actor);
    const production = environments.find((environment) => environment.name === 'production');
    if (production === undefined) throw new Error('A new tenant has no production environment');
    const user = await insertUser(change, tenant.id, { name: 'First user' }, actor);
    const key = await insertKey(
      change,
      { tenantId: tenant.id, environmentId: production.id, actor },
      { name: 'First key', permissions: ['*'] },
      user.id,
    );
    return { tenant, environments, ...key };
  });
}

/** Makes sure that the tenant of a configured key exists, so that the key works on an empty database. */
export async function ensureTenant(changes: Changes, id: string): Promise<void> {
  await changes.make(async (change) => {
    const tenant = await tenants.insertTenantIfMissing(change.connection, id, id);
    if (tenant !== null) await completeTenant(change, tenant, systemActor);
  });
}

async function completeTenant(change: Change, tenant: Tenant, actor: Actor): Promise<Environment[]> {
  recordTenantEvent(change, 'tenant.created', null, tenant, actor);
  const environments: Environment[] = [];
  for (const name of environmentNames) {
    environments.push(await insertEnvironment(change, tenant.id, { name }, actor));
  }
  return environments;
}

/** @throws ApiError `not_found` */
export async function updateTenant(
  changes: Changes,
  id: string,
  request: UpdateTenant,
  actor: Actor,
): Promise<Tenant> {
  return changes.make(async (change) => {
    const before = await tenants.lockTenant(change.connection, id);
    if (before === null) throw notFound('Tenant');
    const after = await tenants.updateTenant(change.connection, id, request);
    recordTenantEvent(change, updateKind('tenant', before, after), before, after, actor);
    return after;
  });
}

function recordTenantEvent(
  change: Change,
  kind: 'tenant.created' | ReturnType<typeof updateKind<'tenant'>>,
  before: Tenant | null,
  after: Tenant,
  actor: Actor,
): void {
  const { id } = after;
  change.record({
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
