/** The bytes of bodies that a process receives at once from senders who aren't known yet. */
export const bodiesMaxBytes = 64 * 1024 ** 2;

/** The part of them that one sender may have. */
const bodiesOfOneMaxBytes = 4 * 1024 ** 2;

/** Bounds the memory of bodies that are on their way, in all and of each sender. */
export class BodyBudget {
  /** The bodies that were refused since the start, because there was no room for them. */
  refused = 0;
  #bytes = 0;
  readonly #subnetOf: (address: string) => string;
  readonly #bytesOf = new Map<string, number>();

  /** @param subnetOf the network that one customer gets, of an address */
  constructor(subnetOf: (address: string) => string) {
    this.#subnetOf = subnetOf;
  }

  /** Bytes that are reserved now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Reserves the room of a body. @returns the bound that is in the way; `null`: release it later, once */
  reserve(address: string, bytes: number): 'sender' | 'process' | null {
    const sender = this.#subnetOf(address);
    const ofSender = (this.#bytesOf.get(sender) ?? 0) + bytes;
    const exceeded =
      ofSender > bodiesOfOneMaxBytes ? 'sender' : this.#bytes + bytes > bodiesMaxBytes ? 'process' : null;
    if (exceeded !== null) {
      this.refused += 1;
      return exceeded;
    }
    this.#bytesOf.set(sender, ofSender);
    this.#bytes += bytes;
    return null;
  }

  release(address: string, bytes: number): void {
    const sender = this.#subnetOf(address);
    this.#bytes -= bytes;
    const left = (this.#bytesOf.get(sender) ?? 0) - bytes;
    if (left > 0) this.#bytesOf.set(sender, left);
    else this.#bytesOf.delete(sender);
  }
}
