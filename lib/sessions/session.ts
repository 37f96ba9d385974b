/** What a session token says: which customer may see and change what is their own, and until when. */
export interface Session {
  id: string;
  customerId: string;
  tenantId: string;
  environmentId: string;
  /** How often all sessions of the customer had been revoked when it was issued. */
  generation: number;
  /** Milliseconds since the epoch. */
  expiresAtMs: number;
}
