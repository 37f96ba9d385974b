import type { EnvironmentRecord } from '../replica/state-change.ts';
import { digestOf, hashOf, type KeyDigest } from './api-key.ts';
import type { Identity } from './identity.ts';

/** A key that the operator wrote into the configuration. It holds every permission. */
export interface ConfiguredKey {
  /** Names the key in logs and in the audit trail; says nothing of its hash. */
  id: string;
  tenantId: string;
  userId: string;
  name: string;
  isActive: boolean;
  /** The id or the name of the environment that it works in, unless the request selects another. */
  environment: string | null;
}

export type ConfiguredKeys = ReadonlyMap<KeyDigest, ConfiguredKey>;

/** The key of the README's first curl. It is published, so a production start with it is refused. */
export const developmentKey = '0cc505d7b917e0b1f25ccbea029dd43f4002edfea46b7f941f281911246768fe';
export const developmentKeyDigest = digestOf(developmentKey);

export const developmentConfiguredKey: ConfiguredKey = {
  id: configuredKeyId(developmentKeyDigest),
  tenantId: 'tenant_default',
  userId: 'user_default',
  name: 'Development key',
  isActive: true,
  environment: 'development',
};

/** Returns whether a configured key belongs to a user. Only the operator may change such a user. */
export const isUserOfConfiguredKey = (keys: ConfiguredKeys, tenantId: string, userId: string): boolean =>
  [...keys.values()].some((key) => key.tenantId === tenantId && key.userId === userId);

/** The id of a configured key, stable as long as the key is. Hashed once more, so that the hash stays private. */
export function configuredKeyId(digest: KeyDigest): string {
  return `key_configured_${hashOf(digest).slice(0, 16)}`;
}

/** The identity of a configured key in an environment, or in none. */
export const toIdentity = (key: ConfiguredKey, environment: EnvironmentRecord | undefined): Identity => ({
  tenantId: key.tenantId,
  environmentId: environment?.id ?? null,
  userId: key.userId,
  keyId: key.id,
  permissions: ['*'],
  rateLimit: environment?.rateLimit ?? null,
  isConfiguredKey: true,
  sunsetAtMs: null,
});
