import type { KeyType } from '../../schemas/keys.ts';
import { permissionCatalogue } from '../../schemas/permissions.ts';

/**
 * Returns whether the permissions held cover the one required. `*` covers all, `customers:*` every action on customers (and
 * `customers:*` itself, when that is what is required).
 */
export function grants(held: readonly string[], required: string): boolean {
  if (held.includes(required) || held.includes('*')) return true;
  // Without a colon, nothing is left of it but `*`, which is not held.
  return held.includes(`${required.slice(0, required.indexOf(':') + 1)}*`);
}

/** Returns the required permissions that the ones held don't cover. */
export const missingPermissions = (held: readonly string[], required: readonly string[]): string[] =>
  required.filter((permission) => !grants(held, permission));

const resourceOf = (permission: string): string => permission.slice(0, permission.indexOf(':'));

/** The resources of the catalogue, whose other names are reserved. */
const ownResources = new Set(Object.keys(permissionCatalogue).map(resourceOf));

const publishablePermissions = new Set(
  Object.entries(permissionCatalogue).flatMap(([name, { publishable }]) => (publishable ? [name] : [])),
);

/** The resources of the catalogue all of whose permissions a publishable key may hold: `customers:*` is one of them. */
const publishableResources = new Set(
  [...ownResources].filter((resource) =>
    Object.keys(permissionCatalogue).every(
      (name) => resourceOf(name) !== resource || publishablePermissions.has(name),
    ),
  ),
);

/**
 * Returns whether a key of this type may hold a permission. Strangers can read a publishable key, so of Latchkey's own
 * permissions it holds only those that the catalogue marks; an API's own permissions are free.
 */
export function isAllowedOn(type: KeyType, permission: string): boolean {
  if (type === 'private_key') return true;
  if (permission === '*') return false;
  if (!ownResources.has(resourceOf(permission))) return true;
  if (permission.endsWith(':*')) return publishableResources.has(resourceOf(permission));
  return publishablePermissions.has(permission);
}

/** Returns the permissions of a new key whose request names none: all that its creator holds and its type allows. */
export const defaultPermissions = (type: KeyType, held: readonly string[]): string[] =>
  held.filter((permission) => isAllowedOn(type, permission));
