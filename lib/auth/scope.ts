/** Whose rows a statement may touch. Every statement on what belongs to an environment takes one. */
export interface Scope {
  tenantId: string;
  environmentId: string;
}

/** The author of a change, as the audit trail shows it. */
export interface Actor {
  /** The tenant of the key; `null` for the service itself. The operator's keys change other tenants too. */
  tenantId: string | null;
  keyId: string;
  userId: string;
  address: string;
  requestId: string;
}

/** The actor of what the service does by itself at its start. */
export const systemActor: Actor = {
  tenantId: null,
  keyId: 'system',
  userId: 'system',
  address: '',
  requestId: '',
};
