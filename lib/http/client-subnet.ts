import { normalizeIP } from '@fastify/rate-limit';

/** Returns what is counted for an address: an address of IPv4, or the network of IPv6 that one customer gets (/64). */
export const subnetOf = (address: string): string => (address.includes(':') ? normalizeIP(address) : address);
