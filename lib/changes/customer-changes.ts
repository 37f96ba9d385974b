import type { Customer, UpdateCustomer } from '../../schemas/customers.ts';
import * as customers from '../stores/customer-store.ts';
import type { Author } from './author.ts';
import type { ChangeLog, Transaction } from './change-log.ts';
import { revokeAllOf } from './session-changes.ts';

/**
 * Changes a customer, who is deactivated by that, and revokes all of its sessions for good.
 * @returns `null` when the scope has no such customer
 */
export async function deactivateCustomer(
  changeLog: ChangeLog,
  author: Author,
  id: string,
  request: UpdateCustomer,
): Promise<Customer | null> {
  return changeLog.commit((transaction) => deactivate(transaction, author, id, request));
}

/**
 * Deletes a customer, and revokes all of its sessions.
 * @returns whether there was one
 */
export async function deleteCustomer(changeLog: ChangeLog, author: Author, id: string): Promise<boolean> {
  return changeLog.commit(async (transaction) => {
    await deactivate(transaction, author, id, { status: 'inactive' });
    return customers.deleteCustomer(transaction.connection, author, id);
  });
}

/** Deactivates first: an inactive customer gets no new session, so the revocation covers all of them. */
async function deactivate(
  transaction: Transaction,
  author: Author,
  id: string,
  request: UpdateCustomer,
): Promise<Customer | null> {
  const customer = await customers.updateCustomer(transaction.connection, author, id, request);
  await revokeAllOf(transaction, author, id);
  return customer;
}
