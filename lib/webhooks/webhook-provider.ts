import type { HmacSettings } from '../../schemas/webhooks.ts';
import type { Incoming } from './webhook-request.ts';

/** A secret in the clear, for as long as a request takes. */
export interface OpenSecret {
  secret: string;
  /** How the provider `hmac` signs. */
  hmac: HmacSettings | null;
}

/** How a provider signs. */
export interface Scheme {
  /** Whether the secret has signed it, and lately where that is signed too. Takes as long for yes as for no. */
  isSigned(incoming: Incoming, secret: OpenSecret): boolean;
  /** The provider's own id of a delivery that was found to be signed, if it has one. */
  deliveryId(incoming: Incoming, secret: OpenSecret): string | null;
  /** Whether the id stands in what is signed. Otherwise a replay could come under another. */
  signsId: boolean;
  /** What the signature is over. */
  signedParts(incoming: Incoming, secret: OpenSecret): (string | Buffer)[];
  /** What a provider's secret looks like. */
  secretPattern: RegExp;
  /** Makes a secret; `null`: the provider makes it. */
  newSecret: (() => string) | null;
}
