import { DatabaseError } from 'pg';
import type { DestinationStream, LoggerOptions } from 'pino';
import { redact } from './redact.ts';

/** The part of an error that is logged: nothing beside its message, code and cause. */
export const serializers = { err: describeError };

/**
 * How the service logs: lines of JSON, each without anything that looks like a key. What an error carries
 * beside its message isn't written, since PostgreSQL quotes rows and Node quotes requests there.
 */
export function loggerOptions(
  level: string,
  stream?: DestinationStream,
): LoggerOptions & { stream?: DestinationStream } {
  return {
    level,
    serializers,
    hooks: { streamWrite: redact },
    ...(stream && { stream }),
  };
}

interface ErrorDescription {
  type: string;
  message: string;
  stack: string | undefined;
  code?: unknown;
  constraint?: string | undefined;
  cause?: ErrorDescription;
}

function describeError(error: unknown): ErrorDescription {
  if (!(error instanceof Error)) return { type: typeof error, message: String(error), stack: undefined };
  return {
    type: error.name,
    message: error.message,
    stack: error.stack,
    ...('code' in error && { code: error.code }),
    ...(error instanceof DatabaseError && { constraint: error.constraint }),
    ...(error.cause !== undefined && { cause: describeError(error.cause) }),
  };
}
