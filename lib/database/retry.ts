import { setTimeout as delay } from 'node:timers/promises';
import { DatabaseError } from 'pg';
import { ApiError } from '../http/api-error.ts';
import { isLockTimeout, isUnavailable } from './database.ts';

/** How long a start waits for a database that isn't there yet, or that goes away again. */
const defaultTimeoutMs = 30_000;
const retryMs = 500;

export class DatabaseUnreachableError extends Error {
  constructor(cause: unknown) {
    const reason = cause instanceof Error ? cause.message || cause.name : String(cause);
    super(`The database can't be reached (${reason}): check DATABASE_URL`, { cause });
    this.name = 'DatabaseUnreachableError';
  }
}

export interface RetryOptions {
  /** How long to wait for the database, half a minute if not said. */
  timeoutMs?: number | undefined;
  /** Told once, when the waiting begins. */
  onUnavailable?: ((error: unknown) => void) | undefined;
}

/**
 * Repeats `work`, which must be safe to repeat, while the database is unavailable.
 * @throws DatabaseUnreachableError, or what else `work` throws
 */
export async function retryWhileUnavailable<Result>(
  work: () => Promise<Result>,
  { timeoutMs = defaultTimeoutMs, onUnavailable }: RetryOptions = {},
): Promise<Result> {
  let isReported = false;
  const deadlineMs = Date.now() + timeoutMs;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (isRefusal(error)) throw new DatabaseUnreachableError(error);
      if (!isPassing(error)) throw error;
      if (Date.now() > deadlineMs) throw isLockTimeout(error) ? error : new DatabaseUnreachableError(error);
      if (!isReported) onUnavailable?.(error);
      isReported = true;
    }
    await delay(retryMs);
  }
}

/** Returns whether the server lets nobody in who comes like this: its classes 28 (login) and 3D (no such database). */
const isRefusal = (error: unknown): boolean =>
  error instanceof DatabaseError && /^(28|3D)/.test(error.code ?? '');

const isPassing = (error: unknown): boolean =>
  isUnavailable(error) || (error instanceof ApiError && error.code === 'service_unavailable');
