import type { StateChange } from '../replica/state-change.ts';
import { ReplicaOutdatedError } from '../replication/replica-outdated-error.ts';
import {
  type DecodeEvent,
  decodeDeletedKey,
  decodeEnvironment,
  decodeKey,
  decodeRevocation,
  decodeTenant,
  decodeUser,
  type FeedRow,
  InvalidEventError,
  ignoreEvent,
} from './decode-event.ts';
import {
  storeEnvironment,
  storeKey,
  storeRevocation,
  storeTenant,
  storeUser,
  storeWebhookSecret,
} from './stored-forms.ts';

/** The part of a kind that replicas and the feed need. */
interface EventKind {
  /** True if events of this kind change what an authentication answers. Replicas may skip only those that don't. */
  readonly decides: boolean;
  /**
   * The version of the stored form. A new kind that decides, and a changed form of one, takes the highest version of
   * the table plus one: from its first event on, replicas that don't understand it can't decide.
   */
  readonly version: number;
  readonly decode: DecodeEvent;
}

export type EventKinds = ReadonlyMap<string, EventKind>;

const tenant = { decides: true, version: 1, store: storeTenant, decode: decodeTenant };
const environment = { decides: true, version: 1, store: storeEnvironment, decode: decodeEnvironment };
const user = { decides: true, version: 1, store: storeUser, decode: decodeUser };
const key = { decides: true, version: 1, store: storeKey, decode: decodeKey };
const revocation = { decides: true, version: 1, store: storeRevocation, decode: decodeRevocation };
const webhookSecret = { decides: false, version: 1, store: storeWebhookSecret, decode: ignoreEvent };

/** Every kind of change: how the feed stores it, and how replicas decode it. */
const table = {
  'tenant.created': tenant,
  'tenant.updated': tenant,
  'tenant.activated': tenant,
  'tenant.deactivated': tenant,
  'environment.created': environment,
  'environment.updated': environment,
  'environment.activated': environment,
  'environment.deactivated': environment,
  'user.created': user,
  'user.updated': user,
  'user.activated': user,
  'user.deactivated': user,
  'key.created': key,
  'key.updated': key,
  'key.activated': key,
  'key.deactivated': key,
  'key.rotated': key,
  'key.deleted': { ...key, decode: decodeDeletedKey },
  'session.revoked': revocation,
  'customer.sessions_revoked': revocation,
  'webhook_secret.created': webhookSecret,
  'webhook_secret.deleted': webhookSecret,
} satisfies Record<string, EventKind & { store: (resource: never) => object }>;

type Table = typeof table;
export type EventKindName = keyof Table;

type Resources = { [Name in EventKindName]: Parameters<Table[Name]['store']>[0] };

/** The resource that events of a kind are about, as the API shows it or the database returns it. */
export type ResourceOf<Name extends EventKindName> = Resources[Name];

/** The table once more, typed such that a kind and its resource belong together. */
const stores: { [Name in EventKindName]: { store(resource: Resources[Name]): object } } = table;

export const eventKinds: EventKinds = new Map(Object.entries(table));

/** Returns the stored form of a resource. */
export function storeResource<Name extends EventKindName>(name: Name, resource: ResourceOf<Name>): object {
  return stores[name].store(resource);
}

/** Returns the highest version of the kinds that decide: what a replica with these kinds announces. */
export function understoodVersion(kinds: EventKinds): number {
  return Math.max(...[...kinds.values()].map(({ decides, version }) => (decides ? version : 1)));
}

/**
 * Decodes an event of the feed by the kinds that this release knows. An event that doesn't decide may be unknown. One
 * that is invalid becomes a change that can't be applied, after which the replica loads the tables, where the truth is.
 * @throws ReplicaOutdatedError for an event that decides, and whose kind or version is unknown here
 */
export function decodeEvent(kinds: EventKinds, row: FeedRow): StateChange {
  const kind = kinds.get(row.kind);
  if (kind !== undefined && row.version <= kind.version) return decodeKnown(kind, row);
  if (!row.decides) return { kind: 'none' };
  throw new ReplicaOutdatedError(
    `Event ${row.seq} (${row.kind}, version ${row.version}) decides, and this release does not know it`,
  );
}

function decodeKnown({ decode }: EventKind, row: FeedRow): StateChange {
  try {
    return decode(row);
  } catch (error) {
    if (error instanceof InvalidEventError) return { kind: 'invalid', error };
    throw error;
  }
}

/** The kind of change that an update from `before` to `after` is. */
export function updateKind<Subject extends 'key' | 'tenant' | 'environment' | 'user'>(
  subject: Subject,
  before: { status: string },
  after: { status: string },
): `${Subject}.${'updated' | 'activated' | 'deactivated'}` {
  if (before.status === after.status) return `${subject}.updated`;
  return after.status === 'active' ? `${subject}.activated` : `${subject}.deactivated`;
}
