/** Longer than any IPv6 address with its zone and a port, and shorter than any key. */
const maxLength = 60;

/**
 * The address of a request as it may be written down. What a trusted proxy passes on in `X-Forwarded-For`
 * is whatever the client made up, if the proxy doesn't overwrite it. A connection may have none: Fastify's type
 * doesn't say so.
 */
export const addressOf = ({ ip }: { ip: string | undefined }): string =>
  ip === undefined || ip.length > maxLength ? 'unknown' : ip;
