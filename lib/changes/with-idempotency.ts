import { timingSafeEqual } from 'node:crypto';
import type { Actor, Scope } from '../auth/scope.ts';
import { open, seal } from '../crypto/encryption.ts';
import { ApiError } from '../http/api-error.ts';
import { claimKey, keepAnswer, readAnswer } from '../stores/idempotent-answer-store.ts';
import type { Transaction } from './change-log.ts';
import { deriveIdempotencyKeys, type IdempotentRequest } from './idempotency-keys.ts';

/** An answer, and whether it is that of an earlier request. */
export interface IdempotentResult<Answer> {
  answer: Answer;
  replayed: boolean;
}

/**
 * Does the work of a request, or answers what it answered when it was made before. What fails leaves no trace, and
 * is tried anew.
 * @param request `null`: it says nothing by which it could be known again
 * @param work its result must survive JSON
 * @throws ApiError 422 `validation_error` when the same key came with another request
 */
export async function withIdempotency<Answer>(
  transaction: Transaction,
  caller: Scope & { actor: Actor },
  request: IdempotentRequest | null,
  work: () => Promise<Answer>,
): Promise<IdempotentResult<Answer>> {
  if (request === null) return { answer: await work(), replayed: false };
  const { id, sealingKey, fingerprint } = deriveIdempotencyKeys(request, caller);
  if (await claimKey(transaction.connection, caller, id, fingerprint)) {
    const answer = await work();
    await keepAnswer(transaction.connection, caller, id, seal(sealingKey, id, JSON.stringify(answer)));
    return { answer, replayed: false };
  }
  const known = await readAnswer(transaction.connection, caller, id);
  if (!timingSafeEqual(known.fingerprint, fingerprint)) throw reused();
  // The request that was answered first may still wait to be in force everywhere, or have given up waiting.
  await transaction.confirmUpToHead();
  return { answer: JSON.parse(open(sealingKey, id, known.answer)), replayed: true };
}

const reused = (): ApiError =>
  new ApiError(
    'validation_error',
    'This Idempotency-Key was already used for a different request: use a new one',
    {
      statusCode: 422,
    },
  );
