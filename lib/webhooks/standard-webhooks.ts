import { isUtf8 } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import type { DecryptedSecret, WebhookProvider } from './webhook-provider.ts';
import { headerOf, isRecent, isSignedBy, type WebhookRequest } from './webhook-request.ts';

const base64Sha256 = { algorithm: 'sha256', encoding: 'base64' } as const;
const secretPrefix = 'whsec_';

/** Standard Webhooks: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
export const standard: WebhookProvider = {
  verify(incoming: WebhookRequest, { secret }: DecryptedSecret): boolean {
    const headers = {
      'webhook-id': headerOf(incoming, 'webhook-id'),
      'webhook-timestamp': headerOf(incoming, 'webhook-timestamp'),
      'webhook-signature': headerOf(incoming, 'webhook-signature'),
    };
    // The library reads numbers with text behind them, and bytes that aren't text all as the same character.
    if (!isRecent(headers['webhook-timestamp'], incoming) || !isUtf8(incoming.body)) return false;
    // A full stop ends the id in what is signed: with one inside, two deliveries could have one signature.
    if (headers['webhook-id'].includes('.')) return false;
    // The library takes 10 ms for 1 MiB, ten times as long as Node. Only who has signed it may ask that of us.
    const key = Buffer.from(secret.slice(secretPrefix.length), 'base64');
    if (!isSignedBy(key, signedParts(incoming), signaturesOf(incoming), base64Sha256)) return false;
    return verifies(new Webhook(secret), incoming.body, headers);
  },
  deliveryId: (incoming) => headerOf(incoming, 'webhook-id'),
  idIsSigned: true,
  signedParts,
  // 24 to 64 bytes, as the specification has it.
  secretPattern:
    /^whsec_(?=[A-Za-z0-9+/]{32,86}={0,2}$)([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/,
  newSecret: () => secretPrefix + randomBytes(32).toString('base64'),
};

function signedParts(incoming: WebhookRequest): (string | Buffer)[] {
  return [`${headerOf(incoming, 'webhook-id')}.${headerOf(incoming, 'webhook-timestamp')}.`, incoming.body];
}

/** Those of the scheme v1 in `webhook-signature: v1,… v1,… v1a,…`. */
const signaturesOf = (incoming: WebhookRequest): string[] =>
  headerOf(incoming, 'webhook-signature')
    .split(' ')
    .flatMap((signature) => (signature.startsWith('v1,') ? signature.slice(3) : []));

function verifies(webhook: Webhook, body: Buffer, headers: Record<string, string>): boolean {
  try {
    webhook.verify(body, headers, { jsonParse: false });
    return true;
  } catch (error) {
    if (error instanceof WebhookVerificationError) return false;
    throw error;
  }
}
