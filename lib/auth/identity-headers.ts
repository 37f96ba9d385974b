import type { Identity } from './identity.ts';

/**
 * The identity of a request, as headers for the service behind a proxy. All of them are always there, the empty ones
 * too, so that a proxy that copies them leaves nothing of what a client wrote under these names.
 */
export const identityHeaders = ({ tenantId, environmentId, userId, keyId, permissions }: Identity) => ({
  'x-auth-tenant-id': tenantId,
  'x-auth-environment-id': environmentId ?? '',
  'x-auth-user-id': userId,
  'x-auth-key-id': keyId,
  'x-auth-permissions': permissions.join(','),
});
