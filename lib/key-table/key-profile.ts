export interface RateLimit {
  readonly limit: number;
  readonly windowSeconds: number;
}

/** What decides on a key and is mostly the same as other keys': whose it is, where it works, and what it may. */
export interface KeyProfile {
  readonly tenantId: string;
  readonly environmentId: string;
  readonly userId: string;
  /** In any order: a set. */
  readonly permissions: readonly string[];
  readonly rateLimit: RateLimit | null;
}
