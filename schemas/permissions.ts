/** A permission of Latchkey itself. */
interface CatalogueEntry {
  /** The sentence that documents it. */
  readonly allows: string;
  /** True if it manages keys, people or settings, rather than an API's own data. */
  readonly manages: boolean;
  /** True if a publishable key may hold it, which strangers can read. */
  readonly publishable: boolean;
}

/**
 * Every permission that a route of Latchkey can require, and no other. An API that Latchkey protects has permissions of
 * its own (`billing:write`): they belong to resources that aren't listed here, and any key may hold them.
 */
export const permissionCatalogue = {
  'keys:read': {
    allows: 'List and read keys, their usage and their audit trail.',
    manages: true,
    publishable: false,
  },
  'keys:write': {
    allows: 'Create, update, rotate and delete keys.',
    manages: true,
    publishable: false,
  },
  'keys:import': {
    allows: 'Import keys of another system by their hashes.',
    manages: true,
    publishable: false,
  },
  'keys:verify': {
    allows: 'Ask whether another key of the tenant is valid, and what it may do.',
    manages: true,
    publishable: false,
  },
  'environments:read': {
    allows: 'List and read the environments of the tenant.',
    manages: true,
    publishable: false,
  },
  'environments:write': {
    allows: 'Create, rename, limit, activate and deactivate environments.',
    manages: true,
    publishable: false,
  },
  'tenants:read': { allows: 'Read the tenant of the key.', manages: true, publishable: false },
  'users:read': { allows: 'List and read users and service accounts.', manages: true, publishable: false },
  'users:write': {
    allows: 'Create, update, activate and deactivate users and service accounts.',
    manages: true,
    publishable: false,
  },
  'users:keys': { allows: 'Issue keys to other users.', manages: true, publishable: false },
  'service_accounts:keys': { allows: 'Issue keys to service accounts.', manages: true, publishable: false },
  'sessions:write': {
    allows: "Issue and revoke customers' portal sessions.",
    manages: true,
    publishable: false,
  },
  'webhooks:read': {
    allows: 'List webhook secrets (never the secrets themselves) and read deliveries.',
    manages: true,
    publishable: false,
  },
  'webhooks:write': {
    allows: 'Create and delete webhook secrets, and acknowledge deliveries.',
    manages: true,
    publishable: false,
  },
  'audit:read': { allows: 'Read and follow the audit trail.', manages: true, publishable: false },
  'latchkey:debug': {
    allows: 'Ask with `Latchkey-Debug` how long a decision took.',
    manages: false,
    publishable: false,
  },
  'customers:read': { allows: 'List and read customers.', manages: false, publishable: true },
  'customers:write': {
    allows: 'Create, update, activate, deactivate and delete customers.',
    manages: false,
    publishable: true,
  },
} as const satisfies Record<`${string}:${string}`, CatalogueEntry>;

/** A permission that a route of Latchkey can require. */
export type CataloguePermission = keyof typeof permissionCatalogue;
