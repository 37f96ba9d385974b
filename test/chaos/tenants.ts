import { createHash, randomBytes } from 'node:crypto';
import type { Cluster } from './cluster.ts';
import { requestText } from './http-client.ts';
import { type Oracle, type Owner, sessionCustomer, verificationPath } from './oracle.ts';

/** A tenant whose keys one changer changes. */
export interface TestTenant {
  id: string;
  /** A configured key, which manages the keys of the tenant's environment. */
  operatorKey: string;
  environmentId: string;
  /** Not the user of the configured key. */
  userId: string;
  active: Owner;
  environmentActive: Owner;
  userActive: Owner;
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

/**
 * Gives each tenant a user, whose some of its keys are, and a customer, whose the sessions are. To be called when the
 * first replica is ready, and so has made the tenants.
 */
export async function prepareTenants(
  cluster: Cluster,
  { keys }: ConfiguredTenants,
  oracle: Oracle,
): Promise<TestTenant[]> {
  const [replica] = cluster.replicas;
  if (replica === undefined) throw new Error('There is no replica');
  const call = async (key: string, method: string, path: string, body?: object) =>
    JSON.parse((await replica.control.request(requestText(method, path, key, body))).body);
  return Promise.all(
    keys.map(async ({ tenantId, operatorKey }) => {
      const { environment_id } = await call(operatorKey, 'GET', verificationPath);
      const user = await call(operatorKey, 'POST', '/v1/users', { name: 'Chaos', type: 'service_account' });
      await call(operatorKey, 'POST', '/v1/customers', { external_id: sessionCustomer });
      return {
        id: tenantId,
        operatorKey,
        environmentId: environment_id,
        userId: user.id,
        active: oracle.owner(),
        environmentActive: oracle.owner(),
        userActive: oracle.owner(),
      };
    }),
  );
}
