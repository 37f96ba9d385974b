import type { Pool } from 'pg';
import type { Provider } from '../../schemas/webhooks.ts';
import type { Scope } from '../auth/scope.ts';
import type { Environments } from '../replica/environments.ts';
import { secretsInForce } from '../stores/webhook-secret-store.ts';
import { webhookProviders } from './webhook-providers.ts';

/** The destination that a delivery names; anything that can stand in a URL. */
export interface NamedDestination extends Scope {
  provider: string;
}

/** A destination that can exist. */
export interface Destination extends Scope {
  provider: Provider;
}

/** The part of a replica that knows environments. */
interface KnownEnvironments {
  readonly state: { readonly environments: Environments };
  canDecide(): boolean;
}

/**
 * Looks a destination up before the body of its delivery is read. Most that don't exist cost no statement.
 * @returns `null` if nobody can have signed for it: no such provider, environment or secret, or it is deactivated
 */
export async function findDestination(
  replica: KnownEnvironments,
  pool: Pool,
  named: NamedDestination,
): Promise<Destination | null> {
  const destination = parseDestination(named);
  if (destination === null) return null;
  if (replica.canDecide() && !isActive(replica.state.environments, destination)) return null;
  const secrets = await secretsInForce(pool, destination, destination.provider);
  return secrets.length > 0 ? destination : null;
}

/** Ids have letters, digits, _ and -. What the database can't even read, such as NUL, never gets there. */
function parseDestination({ provider, tenantId, environmentId }: NamedDestination): Destination | null {
  const areIds = [tenantId, environmentId].every((id) => /^[\w-]{1,64}$/.test(id));
  return areIds && isProvider(provider) ? { provider, tenantId, environmentId } : null;
}

const isProvider = (text: string): text is Provider => Object.hasOwn(webhookProviders, text);

function isActive(environments: Environments, { tenantId, environmentId }: Scope): boolean {
  const environment = environments.get(environmentId);
  return environment?.tenantId === tenantId && environment.active && environments.isTenantActive(tenantId);
}
