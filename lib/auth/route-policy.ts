import type { CataloguePermission } from '../../schemas/permissions.ts';
import type { Identity } from './identity.ts';
import { grants } from './permissions.ts';

/** Who may call a route. Every route says it in its `config.access`. */
export type Access =
  | { kind: 'public' }
  /** A key with this permission (`null`: any key), in one environment or in the tenant as a whole. */
  | { kind: 'key'; permission: string | null; scope: 'environment' | 'tenant' }
  /** A configured key: the operator's own. */
  | { kind: 'operator' }
  /** A customer's session, and no key. */
  | { kind: 'session' };

export const isPublic: Access = { kind: 'public' };
export const requiresAnyKey: Access = { kind: 'key', permission: null, scope: 'tenant' };
export const requiresConfiguredKey: Access = { kind: 'operator' };
export const requiresSession: Access = { kind: 'session' };

/**
 * The policy of a route that requires a key with a permission of the catalogue.
 * @param options `scope: 'tenant'`: the key needs no environment
 */
export const requires = (
  permission: CataloguePermission,
  { scope = 'environment' }: { scope?: 'environment' | 'tenant' } = {},
): Access => ({ kind: 'key', permission, scope });

/** Returns whether an accepted key may call a route. A route without a policy allows nobody. */
export function allows(access: Access | undefined, { isConfiguredKey, permissions }: Identity): boolean {
  if (access?.kind === 'operator') return isConfiguredKey;
  return access?.kind === 'key' && (access.permission === null || grants(permissions, access.permission));
}

/** Returns whether requests to a route need a key. A route without a policy is treated as if they did. */
export const needsKey = (access: Access | undefined): boolean =>
  access?.kind !== 'public' && access?.kind !== 'session';

/** Returns whether a key needs an environment to call a route. */
export const needsEnvironment = (access: Access | undefined): boolean =>
  access?.kind === 'key' && access.scope === 'environment';
