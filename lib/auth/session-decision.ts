import type { ReplicatedState } from '../replica/replicated-state.ts';
import type { Session } from '../sessions/session.ts';

export type SessionRefusal = 'expired' | 'revoked' | 'inactive';

/**
 * Why a session is not accepted at an instant; `null`: it is. It asks nothing but memory, so its caller has to know
 * that the memory is current.
 * @param session from a token whose signature is right
 * @param nowMs milliseconds since the epoch. A session is expired from the very instant of its expiry on
 */
export function refusalOf(
  session: Session,
  { sessions, environments }: Pick<ReplicatedState, 'sessions' | 'environments'>,
  nowMs: number,
): SessionRefusal | null {
  // Asked this way round, so that an instant that is not a number denies.
  if (!(nowMs < session.expiresAtMs) || sessions.hasForgotten(session.expiresAtMs)) return 'expired';
  if (sessions.isRevoked(session)) return 'revoked';
  const environment = environments.get(session.environmentId);
  const isActive = environment?.tenantId === session.tenantId && environment.active;
  return isActive && environments.isTenantActive(session.tenantId) ? null : 'inactive';
}
