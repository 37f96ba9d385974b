import t from 'tap';
import { digestOf, hashOf } from '../../../lib/auth/api-key.ts';
import { anywhere } from '../../../lib/auth/place.ts';
import type { KeyRecord } from '../../../lib/key-table/key-table.ts';
import { ReplicatedState } from '../../../lib/replica/replicated-state.ts';
import { authenticatorOver } from '../../fixtures/authenticator.ts';

const expiresAtMs = 1_800_000_000_000;
const plaintext = 'plaintext';

/** A state with one key, and its Authenticator's outcomes at instants. */
function stateWith(fields: Partial<KeyRecord> = {}) {
  const state = new ReplicatedState();
  state.apply({
    kind: 'key',
    key: {
      digest: Buffer.from(hashOf(plaintext), 'hex'),
      id: 'key_0193f5a2b4c87def8123456789abcdef',
      profile: {
        tenantId: 'tenant_a',
        environmentId: 'env_a',
        userId: 'user_a',
        permissions: ['customers:read'],
        rateLimit: { limit: 10, windowSeconds: 1 },
      },
      active: true,
      expiresAtMs,
      rotated: false,
      ...fields,
    },
  });
  let nowMs = 0;
  const authenticator = authenticatorOver(state, () => nowMs);
  const outcomeAt = (instantMs: number, key = plaintext) => {
    nowMs = instantMs;
    return authenticator.authenticate(digestOf(key), anywhere).outcome;
  };
  return { state, outcomeAt };
}

t.test('an unknown key is unknown', async (t) => {
  const { outcomeAt } = stateWith();
  t.equal(outcomeAt(0, 'another'), 'unknown');
});

t.test('an active key is accepted until the last millisecond before its expiry', async (t) => {
  const { outcomeAt } = stateWith();
  t.equal(outcomeAt(expiresAtMs - 1), 'accepted');
  t.equal(outcomeAt(expiresAtMs), 'expired');
  t.equal(outcomeAt(expiresAtMs + 1), 'expired');
  t.equal(outcomeAt(expiresAtMs - 1), 'accepted', 'the instant alone decides');
});

t.test('a key without an expiry is accepted at any instant, but not at NaN', async (t) => {
  const { outcomeAt } = stateWith({ expiresAtMs: null });
  t.equal(outcomeAt(Number.MAX_SAFE_INTEGER), 'accepted');
  t.equal(outcomeAt(Number.NaN), 'expired');
});

t.test('a deactivated key, tenant, environment or user is inactive', async (t) => {
  t.equal(stateWith({ active: false }).outcomeAt(0), 'inactive', 'key');
  const { state, outcomeAt } = stateWith();
  for (const [what, set] of Object.entries({
    tenant: (active: boolean) => state.keys.setTenantActive('tenant_a', active),
    environment: (active: boolean) => state.keys.setEnvironmentActive('tenant_a', 'env_a', active),
    user: (active: boolean) => state.keys.setUserActive('tenant_a', 'user_a', active),
  })) {
    set(false);
    t.equal(outcomeAt(0), 'inactive', what);
    set(true);
    t.equal(outcomeAt(0), 'accepted', `${what} again`);
  }
});

t.test('a key both expired and inactive is expired', async (t) => {
  const { state, outcomeAt } = stateWith({ active: false });
  state.keys.setTenantActive('tenant_a', false);
  t.equal(outcomeAt(expiresAtMs), 'expired');
});
