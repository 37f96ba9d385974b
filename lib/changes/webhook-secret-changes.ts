import type {
  CreatedWebhookSecret,
  CreateWebhookSecret,
  HmacSettings,
  WebhookSecret,
} from '../../schemas/webhooks.ts';
import type { Actor } from '../auth/scope.ts';
import { newId } from '../crypto/ids.ts';
import type { Sealer } from '../crypto/sealer.ts';
import { ApiError, invalid, notFound } from '../http/api-error.ts';
import { lockInbox } from '../stores/webhook-delivery-store.ts';
import * as secrets from '../stores/webhook-secret-store.ts';
import { contextOf, maxSecrets } from '../webhooks/sealed-secrets.ts';
import { webhookProviders } from '../webhooks/webhook-providers.ts';
import type { Author } from './author.ts';
import type { ChangeLog, Transaction } from './change-log.ts';

/**
 * Stores a signing secret, or makes one. It is in force for what arrives from the answer on.
 * @throws ApiError `validation_error`, `already_exists` when there are two, or `service_unavailable` without a master key
 */
export async function createWebhookSecret(
  changeLog: ChangeLog,
  sealer: Sealer,
  { actor, ...scope }: Author,
  request: CreateWebhookSecret,
): Promise<CreatedWebhookSecret> {
  const { provider } = request;
  const { text, isNew } = secretFor(request);
  const row = { id: newId('whs'), provider, hmac: hmacOf(request), scope };
  const sealed = sealer.seal(text, contextOf(row));
  const secret = await changeLog.commit(async (transaction) => {
    await lockInbox(transaction.connection, scope);
    const count = await secrets.countWebhookSecrets(transaction.connection, scope, provider);
    if (count >= maxSecrets) throw tooMany();
    const created = await secrets.insertWebhookSecret(transaction.connection, { ...row, sealed });
    await record(transaction, 'webhook_secret.created', null, created, actor);
    return created;
  });
  return { secret, signing_secret: isNew ? text : null };
}

/**
 * Deletes a signing secret: nothing that arrives from the answer on is accepted by it.
 * @throws ApiError `not_found`
 */
export async function deleteWebhookSecret(
  changeLog: ChangeLog,
  { actor, ...scope }: Author,
  id: string,
): Promise<void> {
  await changeLog.commit(async (transaction) => {
    const deleted = await secrets.deleteWebhookSecret(transaction.connection, scope, id);
    if (deleted === null) throw notFound('Webhook secret');
    await record(transaction, 'webhook_secret.deleted', deleted, null, actor);
  });
}

/** Returns the request's secret, or a new one. @throws ApiError when it doesn't match the provider's format */
function secretFor({ provider, secret }: CreateWebhookSecret): { text: string; isNew: boolean } {
  const { secretPattern, newSecret } = webhookProviders[provider];
  if (secret !== undefined) {
    if (!secretPattern.test(secret)) throw invalid('/secret', `is not a valid secret of ${provider}`);
    return { text: secret, isNew: false };
  }
  if (newSecret === null) throw invalid('/secret', 'is required: the provider generates it');
  return { text: newSecret(), isNew: true };
}

function hmacOf({ provider, ...request }: CreateWebhookSecret): HmacSettings | null {
  const hmac = request.hmac ?? null;
  if ((provider === 'hmac') === (hmac !== null)) return hmac;
  throw invalid('/hmac', provider === 'hmac' ? 'is required' : 'is only allowed for the provider hmac');
}

const tooMany = (): ApiError =>
  new ApiError(
    'already_exists',
    `This environment already has ${maxSecrets} secrets of this provider: delete one first`,
  );

async function record(
  transaction: Transaction,
  kind: 'webhook_secret.created' | 'webhook_secret.deleted',
  before: WebhookSecret | null,
  after: WebhookSecret | null,
  actor: Actor,
): Promise<void> {
  const subject = before ?? after;
  if (subject === null) return;
  await transaction.append({
    kind,
    tenantId: subject.tenant_id,
    environmentId: subject.environment_id,
    subjectId: subject.id,
    keyHash: null,
    before,
    after,
    actor,
  });
}
