import type { Customer, UpdateCustomer } from '../../schemas/customers.ts';
import * as customers from '../stores/customer-store.ts';
import type { Change, Changes } from './change-log.ts';
import { revokeAllOf, type SessionRevoker } from './session-changes.ts';

/**
 * Changes a customer, who is deactivated by that, and revokes all of its sessions for good.
 * @returns `null` when the scope has no such customer
 */
export async function deactivateCustomer(
  changes: Changes,
  changer: SessionRevoker,
  id: string,
  request: UpdateCustomer,
): Promise<Customer | null> {
  return changes.make((change) => deactivate(change, changer, id, request));
}

/**
 * Deletes a customer, and revokes all of its sessions.
 * @returns whether there was one
 */
export async function deleteCustomer(
  changes: Changes,
  changer: SessionRevoker,
  id: string,
): Promise<boolean> {
  return changes.make(async (change) => {
    await deactivate(change, changer, id, { status: 'inactive' });
    return customers.deleteCustomer(change.connection, changer, id);
  });
}

/** In this order: what is revoked then is all that there will ever be, for an inactive customer gets no session. */
async function deactivate(
  change: Change,
  changer: SessionRevoker,
  id: string,
  request: UpdateCustomer,
): Promise<Customer | null> {
  const customer = await customers.updateCustomer(change.connection, changer, id, request);
  await revokeAllOf(change, changer, id);
  return customer;
}
