import { randomBytes } from 'node:crypto';
import type { HmacSettings } from '../../schemas/webhooks.ts';
import type { DecryptedSecret, WebhookProvider } from './webhook-provider.ts';
import { headerOf, isRecent, isSignedBy, type WebhookRequest } from './webhook-request.ts';

/** Stands in for a missing secret, so that the check takes as long. */
const anySettings: HmacSettings = {
  signature_header: 'X-Signature',
  algorithm: 'sha256',
  encoding: 'hex',
};

/** An HMAC (RFC 2104) of the body, or of `<timestamp>.<body>`, in a header, as the environment says. */
export const hmac: WebhookProvider = {
  verify(incoming: WebhookRequest, open: DecryptedSecret): boolean {
    const { signature_header, prefix = '', ...encoding } = open.hmac ?? anySettings;
    const header = headerOf(incoming, signature_header);
    const isSigned = isSignedBy(
      open.secret,
      signedParts(incoming, open),
      [header.slice(prefix.length)],
      encoding,
    );
    const timestamp = timestampOf(incoming, open);
    return isSigned && header.startsWith(prefix) && (timestamp === null || isRecent(timestamp, incoming));
  },
  deliveryId(incoming: WebhookRequest, { hmac: settings }: DecryptedSecret): string | null {
    if (settings?.id_header === undefined) return null;
    return headerOf(incoming, settings.id_header).slice(0, 255) || null;
  },
  idIsSigned: false,
  signedParts,
  secretPattern: /^[\s\S]{16,256}$/,
  newSecret: () => randomBytes(32).toString('base64url'),
};

function timestampOf(incoming: WebhookRequest, { hmac: settings }: DecryptedSecret): string | null {
  return settings?.timestamp_header === undefined ? null : headerOf(incoming, settings.timestamp_header);
}

function signedParts(incoming: WebhookRequest, open: DecryptedSecret): (string | Buffer)[] {
  const timestamp = timestampOf(incoming, open);
  return timestamp === null ? [incoming.body] : [`${timestamp}.`, incoming.body];
}
