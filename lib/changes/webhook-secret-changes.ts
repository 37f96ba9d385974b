import type {
  CreatedWebhookSecret,
  CreateWebhookSecret,
  HmacSettings,
  WebhookSecret,
} from '../../schemas/webhooks.ts';
import type { Actor, Scope } from '../auth/scope.ts';
import { newId } from '../crypto/ids.ts';
import type { Sealer } from '../crypto/sealer.ts';
import { ApiError, invalid, notFound } from '../http/api-error.ts';
import { lockFeed } from '../stores/webhook-delivery-store.ts';
import * as secrets from '../stores/webhook-secret-store.ts';
import { contextOf, maxSecrets } from '../webhooks/sealed-secrets.ts';
import { schemes } from '../webhooks/webhook-providers.ts';
import type { Change, Changes } from './change-log.ts';

/** Who changes signing secrets, and where. */
export interface WebhookChanger extends Scope {
  actor: Actor;
}

/**
 * Stores a signing secret, or makes one. It is in force for what arrives from the answer on.
 * @throws ApiError `validation_error`, `already_exists` when there are two, or `service_unavailable` without a master key
 */
export async function createWebhookSecret(
  changes: Changes,
  sealer: Sealer,
  { actor, ...scope }: WebhookChanger,
  request: CreateWebhookSecret,
): Promise<CreatedWebhookSecret> {
  const { provider } = request;
  const { text, isNew } = secretFor(request);
  const row = { id: newId('whs'), provider, hmac: hmacOf(request), scope };
  const sealed = sealer.seal(text, contextOf(row));
  const secret = await changes.make(async (change) => {
    await lockFeed(change.connection, scope);
    const count = await secrets.countWebhookSecrets(change.connection, scope, provider);
    if (count >= maxSecrets) throw tooMany();
    const created = await secrets.insertWebhookSecret(change.connection, { ...row, sealed });
    await record(change, 'webhook_secret.created', null, created, actor);
    return created;
  });
  return { secret, signing_secret: isNew ? text : null };
}

/**
 * Deletes a signing secret: nothing that arrives from the answer on is accepted by it.
 * @throws ApiError `not_found`
 */
export async function deleteWebhookSecret(
  changes: Changes,
  { actor, ...scope }: WebhookChanger,
  id: string,
): Promise<void> {
  await changes.make(async (change) => {
    const deleted = await secrets.deleteWebhookSecret(change.connection, scope, id);
    if (deleted === null) throw notFound('Webhook secret');
    await record(change, 'webhook_secret.deleted', deleted, null, actor);
  });
}

/** What the environment brought, or a new one. @throws ApiError when it isn't as the provider's are */
function secretFor({ provider, secret }: CreateWebhookSecret): { text: string; isNew: boolean } {
  const { secretPattern, newSecret } = schemes[provider];
  if (secret !== undefined) {
    if (!secretPattern.test(secret)) throw invalid('/secret', `is no secret of ${provider}`);
    return { text: secret, isNew: false };
  }
  if (newSecret === null) throw invalid('/secret', 'is required, the provider makes it');
  return { text: newSecret(), isNew: true };
}

function hmacOf({ provider, ...request }: CreateWebhookSecret): HmacSettings | null {
  const hmac = request.hmac ?? null;
  if ((provider === 'hmac') === (hmac !== null)) return hmac;
  throw invalid('/hmac', provider === 'hmac' ? 'is required' : 'is for the provider hmac only');
}

const tooMany = (): ApiError =>
  new ApiError('already_exists', `There are ${maxSecrets} secrets of this provider: delete one first`);

async function record(
  change: Change,
  kind: 'webhook_secret.created' | 'webhook_secret.deleted',
  before: WebhookSecret | null,
  after: WebhookSecret | null,
  actor: Actor,
): Promise<void> {
  const subject = before ?? after;
  if (subject === null) return;
  await change.record({
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
