import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { isUnavailable } from '../lib/database/database.ts';
import { ApiError, errorBody, unavailable } from '../lib/http/api-error.ts';

/** One envelope for every error, and for the client never a cause. */
export default fp(
  async (app) => {
    app.setErrorHandler(sendError);
  },
  { name: 'errors' },
);

/** Answers any error that was thrown, in a handler, a hook or the framework. */
export function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const refusal = refusalOf(error);
  if (refusal.statusCode >= 500) request.log.error({ err: refusal.cause ?? error }, refusal.message);
  reply
    .code(refusal.statusCode)
    .headers({ 'x-request-id': request.id, ...refusal.headers })
    .send(errorBody(refusal.code, refusal.message, refusal.details));
}

function refusalOf(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (isUnavailable(error)) return unavailable('Service temporarily unavailable', error);
  if (isFastifyError(error)) return refusalOfFastify(error);
  return new ApiError('system_error', 'Internal server error', { cause: error });
}

const isFastifyError = (error: unknown): error is FastifyError =>
  error instanceof Error && 'code' in error && 'statusCode' in error;

/** Translates Fastify's own errors: broken JSON, a body too large, a wrong media type, a wrong URL. */
function refusalOfFastify(error: FastifyError): ApiError {
  const statusCode = error.statusCode ?? 500;
  if (statusCode >= 500) return new ApiError('system_error', 'Internal server error', { cause: error });
  return new ApiError('validation_error', messages[error.code] ?? 'Invalid request', { statusCode });
}

/** In words of our own where Fastify's would repeat what the client sent. */
const messages: Record<string, string> = {
  FST_ERR_BAD_URL: 'The URL is not valid',
  FST_ERR_CTP_BODY_TOO_LARGE: 'The body is too large',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'The body is empty, but its content type is application/json',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'The body is not as long as Content-Length says',
  FST_ERR_CTP_INVALID_JSON_BODY: 'The body is not valid JSON',
  FST_ERR_MAX_PARAM_LENGTH: 'A part of the path is too long',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'The body must be application/json',
};
