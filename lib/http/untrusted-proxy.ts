import type { IncomingMessage } from 'node:http';
import type { IsTrusted } from './client-address.ts';

/** Notices that a proxy passes `X-Forwarded-For` on and isn't trusted: all of its clients share one address then. */
export class UntrustedProxy {
  readonly #isTrusted: IsTrusted;
  readonly #onFirst: (address: string) => void;
  #isSeen = false;
  /** The address that was trusted last, which most requests come from. */
  #trusted: string | undefined;

  /**
   * @param isTrusted whether an address is that of a trusted proxy
   * @param onFirst called once, for the first request from one that isn't
   */
  constructor(isTrusted: IsTrusted, onFirst: (address: string) => void) {
    this.#isTrusted = isTrusted;
    this.#onFirst = onFirst;
  }

  get isSeen(): boolean {
    return this.#isSeen;
  }

  check({ headers, socket: { remoteAddress } }: IncomingMessage): void {
    if (this.#isSeen || headers['x-forwarded-for'] === undefined) return;
    if (remoteAddress === undefined || remoteAddress === this.#trusted) return;
    if (this.#isTrusted(remoteAddress, 0)) {
      this.#trusted = remoteAddress;
      return;
    }
    this.#isSeen = true;
    this.#onFirst(remoteAddress);
  }
}
