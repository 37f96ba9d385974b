import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';

/** The part of a request that says where it comes from. A connection may have no address, unlike Fastify's type says. */
interface AddressedRequest {
  readonly raw: { readonly headers: IncomingHttpHeaders };
  readonly ip: string | undefined;
  /** The addresses from the connection's own to `ip`; only where proxies are trusted. */
  readonly ips?: string[] | undefined;
}

/**
 * Returns the address of a request as it may be counted and written down, without a port. A trusted proxy may pass
 * anything on in `X-Forwarded-For`: an entry that is no address is ignored for the nearest hop that has one.
 * @returns `unknown` for a connection that has no address any more
 */
export function addressOf(request: AddressedRequest): string {
  const { ip } = request;
  // That of the connection, which is an address. This is asked for each accepted request.
  if (request.raw.headers['x-forwarded-for'] === undefined && ip?.includes('%') === false) return ip;
  const address = parseAddress(ip);
  if (address !== null) return address;
  const hops = request.ips?.map(parseAddress) ?? [];
  return hops.findLast((hop) => hop !== null) ?? 'unknown';
}

/** Returns whether an address is that of a trusted proxy, and the hop of `X-Forwarded-For` that it is. */
export type IsTrusted = (address: string, hop: number) => boolean;

/** Returns Fastify's `trustProxy`, which asks `isTrusted`. Some proxies write a port behind the address. */
export function trustWithPorts(isTrusted: IsTrusted): IsTrusted {
  return (text, hop) => {
    const address = parseAddress(text);
    return address !== null && isTrusted(address, hop);
  };
}

/** Returns the address of `1.2.3.4`, `1.2.3.4:5678`, `::1`, `[::1]` or `[::1]:5678`; `null` for any other text. */
function parseAddress(text: string | undefined): string | null {
  if (text === undefined) return null;
  // The interface, as in fe80::1%eth0, may be any text.
  if (isIP(text) !== 0) return text.replace(/%.*/, '');
  const [, v4, v6] = /^(?:([\d.]{7,15}):\d{1,5}|\[([\da-f:.]{2,45})\](?::\d{1,5})?)$/i.exec(text) ?? [];
  const address = v4 ?? v6;
  return address !== undefined && isIP(address) !== 0 ? address : null;
}
