import { randomBytes } from 'node:crypto';
import type { OpenSecret, Scheme } from './webhook-provider.ts';
import { headerOf, type Incoming, isSignedBy } from './webhook-request.ts';

const hexSha256 = { algorithm: 'sha256', encoding: 'hex' } as const;
const prefix = 'sha256=';

/** GitHub: https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries */
export const github: Scheme = {
  isSigned(incoming: Incoming, { secret }: OpenSecret): boolean {
    const header = headerOf(incoming, 'x-hub-signature-256');
    const isSigned = isSignedBy(secret, [incoming.body], [header.slice(prefix.length)], hexSha256);
    return isSigned && header.startsWith(prefix);
  },
  deliveryId: (incoming) => headerOf(incoming, 'x-github-delivery').slice(0, 255) || null,
  // Nothing but the body is.
  signsId: false,
  signedParts: ({ body }) => [body],
  secretPattern: /^[\s\S]{16,256}$/,
  newSecret: () => randomBytes(32).toString('base64url'),
};
