/** The content of a session token: which customer may see and change what is their own, and until when. */
export interface Session {
  readonly id: string;
  readonly customerId: string;
  readonly tenantId: string;
  readonly environmentId: string;
  /** How often all sessions of the customer had been revoked when it was issued. */
  readonly generation: number;
  /** Milliseconds since the epoch. */
  readonly expiresAtMs: number;
}
