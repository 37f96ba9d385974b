import fp from 'fastify-plugin';
import type { ConfiguredKeys } from '../lib/auth/configured-keys.ts';
import { ensureTenant } from '../lib/changes/tenant-changes.ts';
import { retryWhileUnavailable } from '../lib/database/retry.ts';

interface TenantsOptions {
  configuredKeys: ConfiguredKeys;
}

/** Makes sure that every configured key finds its tenant, on an empty database too. */
export default fp<TenantsOptions>(
  async (app, { configuredKeys }) => {
    const tenantIds = new Set([...configuredKeys.values()].map(({ tenantId }) => tenantId));
    for (const tenantId of tenantIds)
      await retryWhileUnavailable(() => ensureTenant(app.changeLog, tenantId));
  },
  { name: 'tenants', dependencies: ['changes'] },
);
