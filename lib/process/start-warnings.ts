import type { Config } from '../config/config.ts';

/**
 * Returns what an operator should know of a start that works all the same, a sentence each.
 * @param keys how many keys are stored
 */
export function startWarnings({ nodeEnv, host, configuredKeys }: Config, keys: number): string[] {
  if (nodeEnv !== 'production')
    return isLoopback(host)
      ? []
      : [`HOST is ${host}: the development key, which everybody knows, is accepted from other machines`];
  if (configuredKeys.size > 0 || keys > 0) return [];
  return ['API_KEYS is empty and no key is stored: nobody can call the service'];
}

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
