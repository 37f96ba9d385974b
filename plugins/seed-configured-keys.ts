import fp from 'fastify-plugin';
import type { ConfiguredKeys } from '../lib/auth/configured-keys.ts';
import { ensureTenant } from '../lib/changes/tenant-changes.ts';
import { ensureUser } from '../lib/changes/user-changes.ts';
import { retryWhileUnavailable } from '../lib/database/retry.ts';

interface SeedConfiguredKeysOptions {
  configuredKeys: ConfiguredKeys;
}

/** Makes sure that every configured key finds its tenant and its user, on an empty database too. */
export default fp<SeedConfiguredKeysOptions>(
  async ({ changeLog }, { configuredKeys }) => {
    const users = new Map<string, Set<string>>();
    for (const { tenantId, userId } of configuredKeys.values())
      users.set(tenantId, (users.get(tenantId) ?? new Set()).add(userId));
    for (const [tenantId, userIds] of users) {
      await retryWhileUnavailable(() => ensureTenant(changeLog, tenantId));
      for (const userId of userIds)
        await retryWhileUnavailable(() => ensureUser(changeLog, tenantId, userId));
    }
  },
  { name: 'seed-configured-keys', dependencies: ['changes'] },
);
