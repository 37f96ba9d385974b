/** How a replica is built. */
export interface ReplicaSettings {
  databaseUrl: string;
  /** Settings as in the environment. */
  env: Record<string, string>;
  /** `false` answers changes at once: that is what the harness must see. */
  confirmChanges: boolean;
  notifications: boolean;
}
