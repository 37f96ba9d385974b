import type { Actor, Scope } from '../auth/scope.ts';

/** The caller of a change: as whom the audit trail names it, and which permissions it may pass on. */
export interface TenantAuthor {
  tenantId: string;
  actor: Actor;
  permissions: readonly string[];
}

/** The caller of a change in one environment of its tenant. */
export interface Author extends Scope, TenantAuthor {}
