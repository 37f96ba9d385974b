import type { KeyType } from '../../schemas/keys.ts';

/**
 * Whether the permissions held cover the one asked for. `*` covers all, `customers:*` every action on
 * customers (and `customers:*` itself, when that is what is asked for).
 */
export function grants(held: readonly string[], asked: string): boolean {
  if (held.includes(asked) || held.includes('*')) return true;
  // Without a colon, nothing is left of it but `*`, which is not held.
  return held.includes(`${asked.slice(0, asked.indexOf(':') + 1)}*`);
}

/** Those of the permissions asked for that the ones held don't cover. */
export const missingPermissions = (held: readonly string[], asked: readonly string[]): string[] =>
  asked.filter((permission) => !grants(held, permission));

/** A publishable key is seen by strangers: it may not manage keys. */
export const isAllowedOn = (type: KeyType, permission: string): boolean =>
  type === 'private_key' || !(permission === '*' || permission.startsWith('keys:'));

/** What a new key gets that asks for nothing: all that its creator holds, but nothing of management for strangers. */
export const defaultPermissions = (type: KeyType, held: readonly string[]): string[] =>
  held.filter(
    (permission) => isAllowedOn(type, permission) && (type === 'private_key' || !isManagement(permission)),
  );

const isManagement = (permission: string): boolean =>
  /^(audit|environments|tenants|users|service_accounts|sessions|webhooks):/.test(permission);
