import { createHash, randomBytes } from 'node:crypto';
import type { Pool } from 'pg';
import type { Oracle, Owner } from './oracle.ts';

/** A tenant whose keys one changer changes. */
export interface TestTenant {
  id: string;
  /** A configured key, which manages the keys of the tenant's environment. */
  operatorKey: string;
  environmentId: string;
  active: Owner;
  environmentActive: Owner;
}

export interface ConfiguredTenants {
  /** May switch the tenants off and on again. */
  operatorKey: string;
  keys: { tenantId: string; operatorKey: string }[];
  /** The setting that makes them known to a replica, which makes the tenants. */
  apiKeys: string;
}

const newKey = (): string => randomBytes(32).toString('hex');

export function configureTenants(count: number): ConfiguredTenants {
  const operatorKey = newKey();
  const keys = Array.from({ length: count }, (_, i) => ({
    tenantId: `tenant_chaos_${i}`,
    operatorKey: newKey(),
  }));
  const entries = [{ tenantId: 'tenant_operator', operatorKey }, ...keys].map((tenant) => [
    createHash('sha256').update(tenant.operatorKey).digest('hex'),
    {
      tenant_id: tenant.tenantId,
      user_id: 'user_chaos',
      name: 'Chaos',
      is_active: true,
      environment_id: 'production',
    },
  ]);
  return { operatorKey, keys, apiKeys: JSON.stringify(Object.fromEntries(entries)) };
}

/** To be called when the first replica has started, and so has made the tenants. */
export async function readTenants(
  pool: Pool,
  { keys }: ConfiguredTenants,
  oracle: Oracle,
): Promise<TestTenant[]> {
  const { rows } = await pool.query<{ tenant_id: string; id: string }>(
    "SELECT tenant_id, id FROM environments WHERE name = 'production'",
  );
  const environmentIds = new Map(rows.map(({ tenant_id, id }) => [tenant_id, id]));
  return keys.map(({ tenantId, operatorKey }) => ({
    id: tenantId,
    operatorKey,
    environmentId: environmentIds.get(tenantId) ?? '',
    active: oracle.owner(),
    environmentActive: oracle.owner(),
  }));
}
