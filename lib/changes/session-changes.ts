import type { RevocationRow } from '../events/stored-forms.ts';
import { notFound } from '../http/api-error.ts';
import * as sessions from '../stores/session-store.ts';
import type { Author } from './author.ts';
import type { ChangeLog, Transaction } from './change-log.ts';

/**
 * Revokes all sessions that a customer has. Repeating it changes nothing for them.
 * @throws ApiError `not_found` when the scope has no such customer
 */
export async function revokeSessions(
  changeLog: ChangeLog,
  author: Author,
  externalId: string,
): Promise<void> {
  const found = await changeLog.commit(async (transaction) => {
    const holder = await sessions.lockSessionHolder(transaction.connection, author, externalId);
    await (holder === null ? transaction.confirmUpToHead() : revokeAllOf(transaction, author, holder.id));
    return holder !== null;
  });
  if (!found) throw notFound('Customer');
}

/** The revocation of all sessions of a customer as a part of a larger change. */
export async function revokeAllOf(
  transaction: Transaction,
  author: Author,
  customerId: string,
): Promise<void> {
  const revoked = await sessions.revokeGeneration(transaction.connection, author, customerId);
  if (revoked === null) return transaction.confirmUpToHead();
  // Last, because a transaction that has removed rows must not wait for another's.
  await sessions.removeExpiredRevocations(transaction.connection);
  appendRevocation(transaction, author, 'customer.sessions_revoked', customerId, revoked);
}

/**
 * Revokes one session of a customer, whether it was ever issued or not; repeating it changes nothing.
 * @throws ApiError `not_found` when the scope has no such customer
 */
export async function revokeSession(
  changeLog: ChangeLog,
  author: Author,
  externalId: string,
  sessionId: string,
): Promise<void> {
  const found = await changeLog.commit(async (transaction) => {
    const { connection } = transaction;
    const holder = await sessions.lockSessionHolder(connection, author, externalId);
    const revoked =
      holder?.sessions_until &&
      (await sessions.insertRevocation(connection, author, holder.id, sessionId, holder.sessions_until));
    if (revoked) {
      await sessions.removeExpiredRevocations(connection);
      appendRevocation(transaction, author, 'session.revoked', sessionId, revoked);
    } else {
      await transaction.confirmUpToHead();
    }
    return holder !== null;
  });
  if (!found) throw notFound('Customer');
}

function appendRevocation(
  transaction: Transaction,
  { tenantId, environmentId, actor }: Author,
  kind: 'session.revoked' | 'customer.sessions_revoked',
  subjectId: string,
  after: RevocationRow,
): void {
  transaction.append({
    kind,
    tenantId,
    environmentId,
    subjectId,
    keyHash: null,
    before: null,
    after,
    actor,
  });
}
