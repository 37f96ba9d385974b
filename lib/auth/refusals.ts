import { ApiError, tooManyRequests, unavailable } from '../http/api-error.ts';
import type { RefusedResult } from './auth-result.ts';

/** RFC 6750, section 3: the challenge names an error only where a key was presented. */
function unauthorized(message: string, error = '', scheme = 'Bearer'): ApiError {
  const headers = { 'www-authenticate': `${scheme} realm="latchkey"${error}` };
  return new ApiError('permission_denied', message, { statusCode: 401, headers });
}

const invalidToken = ', error="invalid_token"';

/** Why a request is refused. Each is made once: a flood of wrong keys would otherwise cost a stack trace each. */
export const refusals = {
  missing: unauthorized('API key required'),
  unknown: unauthorized('Invalid API key', invalidToken),
  expired: unauthorized('API key has expired', invalidToken),
  inactive: new ApiError('permission_denied', 'API key is inactive'),
  environment: new ApiError('permission_denied', 'Invalid or inaccessible environment'),
  permission: new ApiError('permission_denied', 'Permission denied'),
};

/** No decision is possible at this instant, neither for nor against. */
export const authUnavailable = (cause: unknown = new Error('no valid lease')): ApiError =>
  unavailable('Authentication temporarily unavailable', cause);

/** The error that a refused key is answered with. */
export function refusalOf({ outcome, limit, cause }: RefusedResult): ApiError {
  if (outcome === 'limited') return tooManyRequests(limit?.resetMs ?? 0);
  if (outcome === 'undecidable') return authUnavailable(cause);
  return outcome === 'revoked' ? refusals.unknown : refusals[outcome];
}

const withoutIdentity = (message: string): ApiError => unauthorized(message, '', 'Signed-Identity');

/** Why a request is refused that should bring a signed identity. */
export const identityRefusals = {
  missing: withoutIdentity('Signed identity required'),
  invalid: withoutIdentity('Invalid signed identity'),
  expired: withoutIdentity('Signed identity has expired'),
};

const withoutSession = (message: string): ApiError => unauthorized(message, '', 'Session');

/** Why a request to a route for sessions is refused. */
const sessionRefusals = {
  missing: withoutSession('Session token required'),
  invalid: withoutSession('Invalid session token'),
  expired: withoutSession('Session has expired'),
  revoked: withoutSession('Session has been revoked'),
  inactive: new ApiError('permission_denied', 'Session is inactive'),
};

/** The error that a refused session is answered with. */
export function sessionRefusalOf({ outcome, limit, cause }: RefusedResult): ApiError {
  switch (outcome) {
    case 'limited':
      return tooManyRequests(limit?.resetMs ?? 0);
    case 'missing':
    case 'expired':
    case 'revoked':
    case 'inactive':
      return sessionRefusals[outcome];
    case 'undecidable':
      return authUnavailable(cause);
    default:
      return sessionRefusals.invalid;
  }
}
