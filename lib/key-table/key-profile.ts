export interface RateLimit {
  readonly limit: number;
  readonly windowSeconds: number;
}

/** The part of a key that it mostly shares with others: its owner, its environment and its permissions. */
export interface KeyProfile {
  readonly tenantId: string;
  readonly environmentId: string;
  readonly userId: string;
  /** In any order: a set. */
  readonly permissions: readonly string[];
  readonly rateLimit: RateLimit | null;
}
