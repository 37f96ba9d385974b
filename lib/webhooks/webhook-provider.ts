import type { HmacSettings } from '../../schemas/webhooks.ts';
import type { WebhookRequest } from './webhook-request.ts';

/** A secret in the clear, for as long as a request takes. */
export interface DecryptedSecret {
  secret: string;
  /** How the provider `hmac` signs. */
  hmac: HmacSettings | null;
}

/** How a provider signs. */
export interface WebhookProvider {
  /** Returns whether the secret has signed it, and lately where that is signed too. Takes as long for yes as for no. */
  verify(incoming: WebhookRequest, secret: DecryptedSecret): boolean;
  /** The provider's own id of a delivery that was found to be signed, if it has one. */
  deliveryId(incoming: WebhookRequest, secret: DecryptedSecret): string | null;
  /** True if the id stands in what is signed. Otherwise a replay could come under another. */
  idIsSigned: boolean;
  /** The bytes that the signature covers. */
  signedParts(incoming: WebhookRequest, secret: DecryptedSecret): (string | Buffer)[];
  /** The format of the provider's secrets. */
  secretPattern: RegExp;
  /** Makes a secret; `null`: the provider makes it. */
  newSecret: (() => string) | null;
}
