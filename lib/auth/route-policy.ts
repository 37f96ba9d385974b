import type { Identity } from './identity.ts';
import { grants } from './permissions.ts';

/** Who may call a route. Every route says it in its `config.access`. */
export type Access =
  | { kind: 'public' }
  /** A key with this permission (`null`: any key), on its environment or on its tenant as a whole. */
  | { kind: 'key'; permission: string | null; level: 'environment' | 'tenant' }
  /** A configured key: the operator's own. */
  | { kind: 'operator' }
  /** A customer's session, and no key. */
  | { kind: 'session' };

export const everybody: Access = { kind: 'public' };
export const anyKey: Access = { kind: 'key', permission: null, level: 'tenant' };
export const operatorOnly: Access = { kind: 'operator' };
export const sessionOnly: Access = { kind: 'session' };

/** A key with this permission (`null`: any key), working in an environment. */
export const permitted = (permission: string | null): Access => ({
  kind: 'key',
  permission,
  level: 'environment',
});

/** A key with this permission; no environment is needed. */
export const permittedOnTenant = (permission: string): Access => ({
  kind: 'key',
  permission,
  level: 'tenant',
});

/** Whether an accepted key may do what a route is for. What isn't named isn't allowed. */
export function allows(access: Access | undefined, { isConfiguredKey, permissions }: Identity): boolean {
  if (access?.kind === 'operator') return isConfiguredKey;
  return access?.kind === 'key' && (access.permission === null || grants(permissions, access.permission));
}

/** Whether requests to a route need a key; a route that doesn't say who may call it is treated as if they did. */
export const needsKey = (access: Access | undefined): boolean =>
  access?.kind !== 'public' && access?.kind !== 'session';

/** Whether a key needs an environment to call a route. */
export const needsEnvironment = (access: Access | undefined): boolean =>
  access?.kind === 'key' && access.level === 'environment';
