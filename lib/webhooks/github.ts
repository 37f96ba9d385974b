import { randomBytes } from 'node:crypto';
import type { DecryptedSecret, WebhookProvider } from './webhook-provider.ts';
import { headerOf, isSignedBy, type WebhookRequest } from './webhook-request.ts';

const hexSha256 = { algorithm: 'sha256', encoding: 'hex' } as const;
const prefix = 'sha256=';

/** GitHub: https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries */
export const github: WebhookProvider = {
  verify(incoming: WebhookRequest, { secret }: DecryptedSecret): boolean {
    const header = headerOf(incoming, 'x-hub-signature-256');
    const isSigned = isSignedBy(secret, [incoming.body], [header.slice(prefix.length)], hexSha256);
    return isSigned && header.startsWith(prefix);
  },
  deliveryId: (incoming) => headerOf(incoming, 'x-github-delivery').slice(0, 255) || null,
  // Nothing but the body is.
  idIsSigned: false,
  signedParts: ({ body }) => [body],
  secretPattern: /^[\s\S]{16,256}$/,
  newSecret: () => randomBytes(32).toString('base64url'),
};
