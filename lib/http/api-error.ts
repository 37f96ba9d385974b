import type { ErrorBody, ErrorCode } from '../../schemas/errors.ts';

/** The HTTP status of each code of the closed list; an error may override it. */
const statusOfCode: Record<ErrorCode, number> = {
  validation_error: 400,
  permission_denied: 403,
  not_found: 404,
  already_exists: 409,
  too_many_requests: 429,
  system_error: 500,
  service_unavailable: 503,
};

export interface ErrorDetail {
  path: string;
  message: string;
}

interface ApiErrorOptions {
  statusCode?: number;
  details?: ErrorDetail[];
  headers?: Record<string, string>;
  /** The cause, for the log only. */
  cause?: unknown;
}

/** A refusal whose message the client sees. Anything else that is thrown becomes a `system_error`. */
export class ApiError extends Error {
  readonly code: ErrorCode;
  readonly statusCode: number;
  readonly details: ErrorDetail[] | undefined;
  readonly headers: Record<string, string>;

  constructor(code: ErrorCode, message: string, options: ApiErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.name = 'ApiError';
    this.code = code;
    this.statusCode = options.statusCode ?? statusOfCode[code];
    this.details = options.details;
    this.headers = options.headers ?? {};
  }
}

/** The one body of every error. */
export const errorBody = (code: ErrorCode, message: string, details?: ErrorDetail[]): ErrorBody => ({
  success: false,
  error: { message, internal_error: code, ...(details && { details }) },
});

/** The refusal of a caller who may not do what the request asks for. */
export const permissionDenied = (): ApiError => new ApiError('permission_denied', 'Permission denied');

/** The refusal of an id that names nothing that this caller may see. */
export const notFound = (what: string): ApiError => new ApiError('not_found', `${what} not found`);

/** One field of the request is wrong in a way that a schema can't express. */
export const invalid = (path: string, message: string): ApiError =>
  new ApiError('validation_error', 'Invalid request', { details: [{ path, message }] });

export const unavailable = (message: string, cause: unknown): ApiError =>
  new ApiError('service_unavailable', message, { headers: { 'retry-after': '1' }, cause });

/** Kept by seconds: such refusals come in floods, and a stack trace for each would be expensive. */
const tooManyRequestsErrors = new Map<number, ApiError>();
const tooManyRequestsErrorsMaxEntries = 1_000;

/** @param retryAfterMs until it may work again; rounded up to seconds for the client */
export function tooManyRequests(retryAfterMs: number): ApiError {
  const seconds = Math.max(1, Math.ceil(retryAfterMs / 1000));
  const known = tooManyRequestsErrors.get(seconds);
  if (known !== undefined) return known;
  const error = new ApiError('too_many_requests', 'Rate limit exceeded', {
    headers: { 'retry-after': String(seconds) },
  });
  if (tooManyRequestsErrors.size < tooManyRequestsErrorsMaxEntries) tooManyRequestsErrors.set(seconds, error);
  return error;
}
