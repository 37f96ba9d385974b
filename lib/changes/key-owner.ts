import type { KeyMetadata } from '../../schemas/keys.ts';
import type { UserType } from '../../schemas/users.ts';
import { grants } from '../auth/permissions.ts';
import { invalid, permissionDenied } from '../http/api-error.ts';
import { lockUserForShare } from '../stores/user-store.ts';
import type { Author } from './author.ts';
import type { Transaction } from './change-log.ts';

/** The permission that issuing a key to another user requires in addition to `keys:write`. */
const issuing: Record<UserType, string> = {
  user: 'users:keys',
  service_account: 'service_accounts:keys',
};

/**
 * Makes sure that the author of a key may give it to a user, who stays as it is until the transaction ends.
 * @param userId `undefined`: the author's own
 * @throws ApiError `permission_denied`, or `validation_error` when there is no such user, or it is inactive
 */
export async function requireMayIssueTo(
  transaction: Transaction,
  { tenantId, actor, permissions }: Author,
  userId: string | undefined,
): Promise<void> {
  if (userId === undefined || userId === actor.userId) return;
  const mayIssueTo = (type: UserType) => grants(permissions, issuing[type]);
  // Who may issue to nobody doesn't hear who exists.
  if (!mayIssueTo('user') && !mayIssueTo('service_account')) throw permissionDenied();
  const user = await lockUserForShare(transaction.connection, tenantId, userId);
  if (user === null) throw invalid('/user_id', 'is not a user of the tenant');
  if (!mayIssueTo(user.type)) throw permissionDenied();
  if (user.status === 'inactive') throw invalid('/user_id', 'is an inactive user');
}

/**
 * A new secret of a key is a key issued to its user.
 * @throws ApiError `permission_denied` when that is another than the author, who may not issue keys to it
 */
export function requireMayReissue({ actor, permissions }: Author, { user_id, user_type }: KeyMetadata): void {
  if (user_id !== actor.userId && !grants(permissions, issuing[user_type])) throw permissionDenied();
}
