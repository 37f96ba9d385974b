import fc from 'fast-check';
import t from 'tap';
import { digestOfHash, type KeyDigest } from '../../../lib/auth/api-key.ts';
import type { ConfiguredKey } from '../../../lib/auth/configured-keys.ts';
import { ReplicatedState } from '../../../lib/replica/replicated-state.ts';
import type { StateChange } from '../../../lib/replica/state-change.ts';
import { authenticatorOver } from '../../fixtures/authenticator.ts';

/** Two tenants with an environment each, which have users, keys, configured keys and customers of the same ids. */
const places = [0, 1];
const users = [0, 1];
const keys = [0, 1, 2, 3];
const generations = [0, 1, 2];
const nowMs = 1_000;

const tenantOf = (place: number) => `tenant_${place}`;
const environmentOf = (place: number) => `env_${place}`;
const userOf = (user: number) => `user_${user}`;
const customerOf = (place: number) => `cust_${place}`;
const digestOf = (key: number) => Buffer.alloc(32, key + 1);

const eventArbitrary = fc.record({
  kind: fc.constantFrom(
    'key',
    'key-deleted',
    'tenant',
    'environment',
    'user',
    'sessions-revoked',
    'session-revoked',
  ),
  place: fc.constantFrom(...places),
  user: fc.constantFrom(...users),
  key: fc.constantFrom(...keys),
  generation: fc.constantFrom(...generations),
  active: fc.boolean(),
});
type Event = typeof eventArbitrary extends fc.Arbitrary<infer One> ? One : never;

function changeOf({ kind, place, user, key, generation, active }: Event): StateChange {
  const [customerId, expiresAtMs] = [customerOf(place), 2 * nowMs];
  switch (kind) {
    case 'key':
      return {
        kind,
        key: {
          digest: digestOf(key),
          id: `key_${String(key).padStart(32, '0')}`,
          active,
          rotated: false,
          expiresAtMs: null,
          profile: {
            tenantId: tenantOf(place),
            environmentId: environmentOf(place),
            userId: userOf(user),
            permissions: ['*'],
            rateLimit: null,
          },
        },
      };
    case 'key-deleted':
      return { kind, digest: digestOf(key) };
    case 'tenant':
      return { kind, id: tenantOf(place), active };
    case 'environment':
      return {
        kind,
        environment: {
          id: environmentOf(place),
          tenantId: tenantOf(place),
          name: 'production',
          active,
          rateLimit: null,
        },
      };
    case 'user':
      return { kind, tenantId: tenantOf(place), id: userOf(user), active };
    case 'sessions-revoked':
      return { kind, revocation: { kind: 'customer', customerId, generation, expiresAtMs } };
    default:
      return {
        kind: 'sessions-revoked',
        revocation: { kind: 'session', customerId, sessionId: `sess_${generation}`, expiresAtMs },
      };
  }
}

/** The last event of a kind that is about the same as another. */
const lastOf = (events: readonly Event[], is: (event: Event) => boolean): Event | undefined =>
  events.findLast(is);

const isActive = (events: readonly Event[], kind: Event['kind'], place: number, user?: number): boolean =>
  lastOf(events, (e) => e.kind === kind && e.place === place && (user === undefined || e.user === user))
    ?.active ?? true;

/** The expected decisions, read off the list of events. */
function expectedOf(events: readonly Event[]): string[] {
  const isPlaceActive = (place: number) =>
    isActive(events, 'tenant', place) && isActive(events, 'environment', place);
  const ofKeys = keys.map((key) => {
    const last = lastOf(events, (e) => (e.kind === 'key' || e.kind === 'key-deleted') && e.key === key);
    if (last?.kind !== 'key') return 'unknown';
    const { active, place, user } = last;
    return active && isPlaceActive(place) && isActive(events, 'user', place, user) ? 'accepted' : 'inactive';
  });
  const ofConfigured = places.flatMap((place) =>
    users.map((user) =>
      isPlaceActive(place) && isActive(events, 'user', place, user) ? 'accepted' : 'inactive',
    ),
  );
  const ofSessions = places.flatMap((place) =>
    generations.map((generation) => {
      const isRevoked = events.some(
        (e) =>
          e.place === place &&
          ((e.kind === 'sessions-revoked' && generation < e.generation) ||
            (e.kind === 'session-revoked' && e.generation === generation)),
      );
      if (isRevoked) return 'revoked';
      return isPlaceActive(place) ? 'accepted' : 'inactive';
    }),
  );
  return [...ofKeys, ...ofConfigured, ...ofSessions];
}

/** The service's decision. */
function decisionsOf(state: ReplicatedState): string[] {
  const place = { environment: null, needsEnvironment: true };
  const outcomeOf = (digest: Buffer, configured = new Map<KeyDigest, ConfiguredKey>()) =>
    authenticatorOver(state, () => nowMs, configured).authenticate(digestOfHash(digest), place).outcome;
  const ofKeys = keys.map((key) => outcomeOf(digestOf(key)));
  const ofConfigured = places.flatMap((place) =>
    users.map((user) => {
      const key = {
        id: 'key_configured',
        tenantId: tenantOf(place),
        userId: userOf(user),
        name: 'Configured',
        isActive: true,
        environment: environmentOf(place),
      };
      const digest = Buffer.alloc(32, 0xff);
      return outcomeOf(digest, new Map([[digestOfHash(digest), key]]));
    }),
  );
  const ofSessions = places.flatMap((place) =>
    generations.map((generation) => {
      const session = {
        id: `sess_${generation}`,
        customerId: customerOf(place),
        tenantId: tenantOf(place),
        environmentId: environmentOf(place),
        generation,
        expiresAtMs: 2 * nowMs,
      };
      return authenticatorOver(state, () => nowMs).reauthenticateSession(session).outcome;
    }),
  );
  return [...ofKeys, ...ofConfigured, ...ofSessions];
}

/** Every tenant and environment is known before anything is changed. */
const beginning: Event[] = places.flatMap((place) =>
  (['tenant', 'environment'] as const).map((kind) => ({
    kind,
    place,
    user: 0,
    key: 0,
    generation: 0,
    active: true,
  })),
);

t.test(
  'keys, users and sessions are decided on as all changes together say, each taken in once or twice',
  async () => {
    fc.assert(
      fc.property(fc.array(eventArbitrary, { maxLength: 40 }), fc.boolean(), (changes, twice) => {
        const state = new ReplicatedState();
        const events: Event[] = [];
        for (const event of [...beginning, ...changes]) {
          events.push(event);
          state.apply(changeOf(event));
          if (twice) state.apply(changeOf(event));
          if (events.length < beginning.length) continue;
          const [expected, decided] = [expectedOf(events).join(), decisionsOf(state).join()];
          if (expected !== decided) throw new Error(`${decided} instead of ${expected}`);
        }
      }),
      { numRuns: 300 },
    );
  },
);
