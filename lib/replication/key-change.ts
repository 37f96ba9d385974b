/** What a replica has to know of a key in order to decide by it. Never the key itself: only its SHA-256. */
export interface ReplicatedKey {
  readonly keyId: string;
  /** SHA-256 of the key, 64 lower-case hexadecimal digits. */
  readonly digestHex: string;
  readonly tenantId: string;
  readonly environmentId: string;
  readonly userId: string | null;
  readonly type: 'private_key' | 'publishable_key';
  readonly status: 'active' | 'inactive';
  readonly permissions: readonly string[];
  readonly rateLimit: { readonly limit: number; readonly windowSeconds: number } | null;
  /** Milliseconds since 1970, or null for a key that doesn't expire. */
  readonly expiresAtMs: number | null;
}

/**
 * One change as it stands in the feed. Each says what holds from now on and not what is different, so applying
 * it twice changes nothing. The change of an owner is one event for all of its keys: the state of a key and
 * of its owners are kept apart, and a key is usable if all are active.
 */
export type KeyChange =
  | { readonly kind: 'key_upserted'; readonly key: ReplicatedKey }
  | { readonly kind: 'key_deleted'; readonly keyId: string; readonly digestHex: string }
  | {
      readonly kind: 'owner_status_changed';
      readonly owner: 'tenant' | 'environment' | 'user';
      readonly ownerId: string;
      readonly status: 'active' | 'inactive';
    };
