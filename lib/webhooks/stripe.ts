import type { DecryptedSecret, WebhookProvider } from './webhook-provider.ts';
import { headerOf, isRecent, isSignedBy, type WebhookRequest } from './webhook-request.ts';

const hexSha256 = { algorithm: 'sha256', encoding: 'hex' } as const;

/** Stripe: https://docs.stripe.com/webhooks#verify-manually */
export const stripe: WebhookProvider = {
  verify(incoming: WebhookRequest, { secret }: DecryptedSecret): boolean {
    const [timestamp = '', ...more] = fieldsOf(incoming, 't');
    // Of several schemes only v1 counts: another may be weaker.
    const signatures = fieldsOf(incoming, 'v1');
    const isSigned = isSignedBy(secret, signedParts(incoming), signatures, hexSha256);
    return isSigned && more.length === 0 && isRecent(timestamp, incoming);
  },
  // Stripe signs anew for each attempt; the event keeps its id.
  deliveryId: ({ body }) => idInJson(body),
  idIsSigned: true,
  signedParts,
  secretPattern: /^whsec_[A-Za-z0-9_]{16,250}$/,
  newSecret: null,
};

/** The values of that name in `Stripe-Signature: t=…,v1=…,v1=…`. */
const fieldsOf = (incoming: WebhookRequest, name: string): string[] =>
  headerOf(incoming, 'stripe-signature')
    .split(',')
    .map((field) => field.trim())
    .flatMap((field) => (field.startsWith(`${name}=`) ? field.slice(name.length + 1) : []));

function signedParts(incoming: WebhookRequest): (string | Buffer)[] {
  const [timestamp = ''] = fieldsOf(incoming, 't');
  return [`${timestamp}.`, incoming.body];
}

function idInJson(body: Buffer): string | null {
  try {
    const event: unknown = JSON.parse(body.toString());
    const isEvent = typeof event === 'object' && event !== null && 'id' in event;
    return isEvent && typeof event.id === 'string' && /^[\w-]{1,255}$/.test(event.id) ? event.id : null;
  } catch {
    return null;
  }
}
