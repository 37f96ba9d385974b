import type { Pool } from 'pg';
import type { Environment } from '../../schemas/environments.ts';
import type { Tenant, UpdateTenant } from '../../schemas/tenants.ts';
import { notFound } from '../errors.ts';
import { newId } from '../ids.ts';
import { type Actor, systemActor } from '../scope.ts';
import { type Queryable, transaction } from '../stores/database.ts';
import { recordKeyEvent, updateKind } from '../stores/key-events.ts';
import * as tenants from '../stores/tenants.ts';
import { insertEnvironment } from './environments.ts';
import { type CreatedKey, insertKey } from './keys.ts';

/** What every tenant begins with. */
const environmentNames = ['development', 'production'] as const;

export interface CreatedTenant extends CreatedKey {
  tenant: Tenant;
  environments: Environment[];
}

/** Creates a tenant with its environments and its first key, which has every permission in production. */
export async function createTenant(pool: Pool, name: string, actor: Actor): Promise<CreatedTenant> {
  return transaction(pool, async (connection) => {
    const tenant = await tenants.insertTenant(connection, newId('tenant'), name);
    const environments = await completeTenant(connection, tenant, actor);
    const production = environments.find((environment) => environment.name === 'production');
    if (production === undefined) throw new Error('A new tenant has no production environment');
    const key = await insertKey(
      connection,
      { tenantId: tenant.id, environmentId: production.id, actor },
      { name: 'First key', permissions: ['*'] },
      newId('user'),
    );
    return { tenant, environments, ...key };
  });
}

/** Makes sure that the tenant of a configured key exists, so that the key works on an empty database. */
export async function ensureTenant(pool: Pool, id: string): Promise<void> {
  await transaction(pool, async (connection) => {
    const tenant = await tenants.insertTenantIfMissing(connection, id, id);
    if (tenant !== null) await completeTenant(connection, tenant, systemActor);
  });
}

async function completeTenant(connection: Queryable, tenant: Tenant, actor: Actor): Promise<Environment[]> {
  await recordTenantEvent(connection, 'tenant.created', null, tenant, actor);
  const environments: Environment[] = [];
  for (const name of environmentNames) {
    environments.push(await insertEnvironment(connection, tenant.id, { name }, actor));
  }
  return environments;
}

/** @throws ApiError `not_found` */
export async function updateTenant(
  pool: Pool,
  id: string,
  change: UpdateTenant,
  actor: Actor,
): Promise<Tenant> {
  return transaction(pool, async (connection) => {
    const before = await tenants.lockTenant(connection, id);
    if (before === null) throw notFound('Tenant');
    const after = await tenants.updateTenant(connection, id, change);
    await recordTenantEvent(connection, updateKind('tenant', before, after), before, after, actor);
    return after;
  });
}

async function recordTenantEvent(
  connection: Queryable,
  kind: 'tenant.created' | ReturnType<typeof updateKind<'tenant'>>,
  before: Tenant | null,
  after: Tenant,
  actor: Actor,
): Promise<void> {
  const { id } = after;
  await recordKeyEvent(connection, {
    kind,
    tenantId: id,
    environmentId: null,
    subjectId: id,
    before,
    after,
    actor,
  });
}
