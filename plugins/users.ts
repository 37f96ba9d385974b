import fp from 'fastify-plugin';
import type { ConfiguredKeys } from '../lib/auth/configured-keys.ts';
import { ensureUser } from '../lib/changes/user-changes.ts';
import { retryWhileUnavailable } from '../lib/database/retry.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** Whether a configured key belongs to the user, which only the operator may change then. */
    isUserOfConfiguredKey(tenantId: string, userId: string): boolean;
  }
}

interface UsersOptions {
  configuredKeys: ConfiguredKeys;
}

/** Makes sure that every configured key finds its user, on an empty database too. */
export default fp<UsersOptions>(
  async (app, { configuredKeys }) => {
    const operators = new Map(
      [...configuredKeys.values()].map((key) => [nameOf(key.tenantId, key.userId), key]),
    );
    app.decorate('isUserOfConfiguredKey', (tenantId, userId) => operators.has(nameOf(tenantId, userId)));
    for (const { tenantId, userId } of operators.values()) {
      await retryWhileUnavailable(() => ensureUser(app.changeLog, tenantId, userId));
    }
  },
  { name: 'users', dependencies: ['changes', 'tenants'] },
);

/** No id has a line break. */
const nameOf = (tenantId: string, userId: string): string => `${tenantId}\n${userId}`;
