import { lookup } from 'node:dns/promises';

/** A replica: where its requests go, and the name that they ask for. */
export interface Target {
  url: URL;
  address: string;
}

/** Without the brackets of an address of IPv6. */
export const hostnameOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, '');

/** More than this are no replicas of one service. */
const maxTargets = 1_000;

/**
 * Every address of every URL, so that one name can stand for all replicas (a headless service of Kubernetes, a
 * scaled one of compose). A URL that is there twice is asked twice.
 * @throws when a name has no address, or there are more than 1,000
 */
export async function findTargets(urls: readonly URL[]): Promise<Target[]> {
  const targets = (await Promise.all(urls.map(targetsOf))).flat();
  if (targets.length > maxTargets) throw new Error(`More than ${maxTargets} addresses of replicas`);
  return targets;
}

/** A machine that has addresses of both kinds would be asked twice: those of IPv6 are taken where there are no others. */
async function targetsOf(url: URL): Promise<Target[]> {
  const addresses = await lookup(hostnameOf(url), { all: true });
  const ofIpv4 = addresses.filter(({ family }) => family === 4);
  return (ofIpv4.length > 0 ? ofIpv4 : addresses).map(({ address }) => ({ url, address }));
}
