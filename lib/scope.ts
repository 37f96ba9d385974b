/** Whose rows a statement may touch. Every statement on what belongs to an environment takes one. */
export interface Scope {
  tenantId: string;
  environmentId: string;
}

/** Who makes a change, as the audit trail tells it. */
export interface Actor {
  keyId: string;
  userId: string;
  address: string;
  requestId: string;
}

/** The actor of what the service does by itself at its start. */
export const systemActor: Actor = { keyId: 'system', userId: 'system', address: '', requestId: '' };
