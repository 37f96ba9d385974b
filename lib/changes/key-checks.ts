import type { CreateKey, KeyType, UpdateKey } from '../../schemas/keys.ts';
import { defaultPermissions, isAllowedOn, missingPermissions } from '../auth/permissions.ts';
import { ApiError, type ErrorDetail, permissionDenied } from '../http/api-error.ts';

/** Returns the mistakes in a key's fields that a schema can't express. */
export function validationErrors(
  type: KeyType,
  { expires_at, permissions = [] }: Pick<CreateKey | UpdateKey, 'expires_at' | 'permissions'>,
): ErrorDetail[] {
  const mistakes: ErrorDetail[] = [];
  const wrongExpiry = expiryError(expires_at ?? null);
  if (wrongExpiry !== null) mistakes.push({ path: '/expires_at', message: wrongExpiry });
  const forbidden = permissions.filter((permission) => !isAllowedOn(type, permission));
  if (forbidden.length > 0)
    mistakes.push({ path: '/permissions', message: `a publishable key can't hold ${forbidden.join(', ')}` });
  return mistakes;
}

function expiryError(expires_at: string | null): string | null {
  if (expires_at === null) return null;
  const expiry = new Date(expires_at);
  if (!(expiry.getTime() > Date.now())) return 'must be in the future';
  // A time zone may carry it past what four digits of a year can write.
  return expiry.getUTCFullYear() > 9999 ? 'must be before the year 10000' : null;
}

/** @throws ApiError `validation_error` when there are any */
export function throwIfInvalid(details: ErrorDetail[]): void {
  if (details.length > 0) throw new ApiError('validation_error', 'Invalid request', { details });
}

/**
 * Returns the permissions of a new key: those of the request, or all that its author may pass on.
 * @throws ApiError `permission_denied`: a key never grants what the one who makes it lacks
 */
export function permissionsFor(
  { type = 'private_key', permissions }: CreateKey,
  held: readonly string[],
): string[] {
  if (permissions === undefined) return defaultPermissions(type, held);
  requirePermissions(held, permissions);
  return permissions;
}

/** @throws ApiError `permission_denied` when not all that is asked for is held */
export function requirePermissions(held: readonly string[], asked: readonly string[]): void {
  if (missingPermissions(held, asked).length > 0) throw permissionDenied();
}

/** The same with its expiry as the database takes it. */
export const normalized = <Request extends Pick<CreateKey | UpdateKey, 'expires_at'>>(
  request: Request,
): Request =>
  typeof request.expires_at === 'string'
    ? { ...request, expires_at: new Date(request.expires_at).toISOString() }
    : request;
