import { createHash, randomBytes } from 'node:crypto';
import type { Pool } from 'pg';
import { newId } from '../crypto/ids.ts';
import type { Sealer } from '../crypto/sealer.ts';
import { transaction } from '../database/database.ts';
import { ApiError, unavailable } from '../http/api-error.ts';
import { appendDelivery, insertReceipt } from '../stores/webhook-delivery-store.ts';
import { type SealedSecret, secretsInForce } from '../stores/webhook-secret-store.ts';
import type { Destination } from './find-destination.ts';
import { contextOf, maxSecrets } from './sealed-secrets.ts';
import type { DecryptedSecret, WebhookProvider } from './webhook-provider.ts';
import { webhookProviders } from './webhook-providers.ts';
import { keptHeaders, type WebhookRequest } from './webhook-request.ts';

/** Bound on the stored deliveries of an environment, acknowledged or not; beyond it, providers are asked to retry. */
const storedMaxBytes = 1024 ** 3;

/** A delivery as it was found. `unknown`: not signed, or nothing is there to sign for. */
export type ReceiveResult = 'stored' | 'repeated' | 'unknown';

/**
 * Verifies a delivery and stores it, once.
 * @throws ApiError `service_unavailable` when it could be genuine and can't be verified, or there is no room for it
 */
export async function receiveWebhook(
  pool: Pool,
  sealer: Sealer,
  destination: Destination,
  incoming: WebhookRequest,
): Promise<ReceiveResult> {
  const secrets = await secretsInForce(pool, destination, destination.provider);
  const scheme = webhookProviders[destination.provider];
  const signer = findSigner(scheme, sealer, secrets, incoming);
  return signer === null ? 'unknown' : store(pool, destination, scheme, signer, incoming);
}

interface Signer extends DecryptedSecret {
  id: string;
}

/** Nothing is signed with it: it is there to take the same time where there is no secret. */
const nobody: DecryptedSecret = { secret: `whsec_${randomBytes(32).toString('base64')}`, hmac: null };

/** Finds the secret that signed. Always tries as many as there may be, and each of them to the end. */
function findSigner(
  scheme: WebhookProvider,
  sealer: Sealer,
  secrets: readonly SealedSecret[],
  incoming: WebhookRequest,
): Signer | null {
  let signer: Signer | null = null;
  let unopened: string | null = null;
  for (let i = 0; i < Math.max(maxSecrets, secrets.length); i += 1) {
    const sealed = secrets[i];
    const secret = sealed === undefined ? nobody.secret : sealer.open(sealed.sealed, contextOf(sealed));
    if (secret === null && sealed !== undefined) unopened = sealed.id;
    const open = { secret: secret ?? nobody.secret, hmac: sealed?.hmac ?? null };
    const isSigned = scheme.verify(incoming, open);
    if (isSigned && sealed !== undefined && secret !== null) signer = { ...open, id: sealed.id };
  }
  if (signer === null && unopened !== null) throw unopenable(unopened);
  return signer;
}

const unopenable = (id: string): ApiError =>
  unavailable(
    'Service temporarily unavailable',
    new Error(`the webhook secret ${id} can't be opened: MASTER_KEYS lacks the key it was sealed under`),
  );

async function store(
  pool: Pool,
  { provider, ...scope }: Destination,
  scheme: WebhookProvider,
  signer: Signer,
  incoming: WebhookRequest,
): Promise<ReceiveResult> {
  const deliveryId = scheme.deliveryId(incoming, signer);
  const digests = receiptsOf(scheme, deliveryId, incoming, signer);
  const delivery = {
    id: newId('whd'),
    provider,
    secretId: signer.id,
    deliveryId,
    headers: keptHeaders(incoming, signer.hmac?.signature_header ?? null),
    body: incoming.body,
  };
  return transaction(pool, async (connection) => {
    for (const digest of digests) {
      if (!(await insertReceipt(connection, scope, provider, digest))) return 'repeated';
    }
    if (!(await appendDelivery(connection, scope, delivery, storedMaxBytes))) throw full();
    return 'stored';
  });
}

/**
 * The digest that identifies a delivery: of its id and, if that isn't signed, of the signed bytes. A replay under another id is
 * still a replay, and so is a repetition that was signed anew. What is signed comes first, and if that is known, the
 * id isn't remembered: otherwise a replay could use up the ids of deliveries that are still to come. (With this order
 * two transactions never wait for one another either.)
 */
function receiptsOf(
  scheme: WebhookProvider,
  deliveryId: string | null,
  incoming: WebhookRequest,
  signer: DecryptedSecret,
): Buffer[] {
  const id = deliveryId === null ? [] : [digestOf('id\n', deliveryId)];
  const isIdEnough = scheme.idIsSigned && deliveryId !== null;
  const signed = isIdEnough ? [] : [digestOf('signed\n', ...scheme.signedParts(incoming, signer))];
  return [...signed, ...id];
}

function digestOf(...parts: (string | Buffer)[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

const full = (): ApiError =>
  new ApiError('service_unavailable', 'The environment stores its maximum of deliveries: acknowledge some', {
    headers: { 'retry-after': '60' },
  });
