/** The state of this process's copy of all keys. */
export interface LatchkeyReplica {
  keys: number;
  leaseValid: boolean;
  /** Number of the last change that was applied here; `null`: the keys are being loaded. */
  appliedSeq: number | null;
  /** Changes that are known and not applied yet. */
  lagEvents: number;
  /** How often it was too slow, and others stopped waiting for it. */
  timesFenced: number;
}
