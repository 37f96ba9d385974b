import { hash } from 'node:crypto';
import t from 'tap';
import { decide } from '../../../lib/auth/decision.ts';
import { absent, type KeyRecord, KeyTable } from '../../../lib/key-table/key-table.ts';

const expiresAtMs = 1_800_000_000_000;

function tableWith(changes: Partial<KeyRecord> = {}): { table: KeyTable; handle: number } {
  const table = new KeyTable();
  table.upsert({
    digest: hash('sha256', 'plaintext', 'buffer'),
    id: 'key_0193f5a2b4c87def8123456789abcdef',
    profile: {
      type: 'private_key',
      tenantId: 'tenant_a',
      environmentId: 'env_a',
      userId: 'user_a',
      userType: 'service_account',
      permissions: ['customers:read'],
      rateLimit: { limit: 10, windowSeconds: 1 },
    },
    active: true,
    expiresAtMs,
    rotated: false,
    ...changes,
  });
  return { table, handle: table.find(hash('sha256', 'plaintext', 'binary')) };
}

t.test('an unknown key is denied', async (t) => {
  const { table } = tableWith();
  t.equal(decide(table, absent, 0), 'unknown');
});

t.test('an active key is accepted until the last millisecond before its expiry', async (t) => {
  const { table, handle } = tableWith();
  t.equal(decide(table, handle, expiresAtMs - 1), 'accepted');
  t.equal(decide(table, handle, expiresAtMs), 'expired');
  t.equal(decide(table, handle, expiresAtMs + 1), 'expired');
  t.equal(decide(table, handle, expiresAtMs - 1), 'accepted', 'the instant alone decides');
});

t.test('a key without an expiry is accepted at any instant, but at no non-instant', async (t) => {
  const { table, handle } = tableWith({ expiresAtMs: null });
  t.equal(decide(table, handle, Number.MAX_SAFE_INTEGER), 'accepted');
  t.equal(decide(table, handle, Number.NaN), 'expired');
});

t.test('a deactivated key, tenant, environment or user is denied as inactive', async (t) => {
  const own = tableWith({ active: false });
  t.equal(decide(own.table, own.handle, 0), 'inactive', 'key');
  const { table, handle } = tableWith();
  for (const [what, set] of Object.entries({
    tenant: (active: boolean) => table.setTenantActive('tenant_a', active),
    environment: (active: boolean) => table.setEnvironmentActive('tenant_a', 'env_a', active),
    user: (active: boolean) => table.setUserActive('tenant_a', 'user_a', active),
  })) {
    set(false);
    t.equal(decide(table, handle, 0), 'inactive', what);
    set(true);
    t.equal(decide(table, handle, 0), 'accepted', `${what} again`);
  }
});

t.test('a key both expired and inactive is denied as expired', async (t) => {
  const { table, handle } = tableWith({ active: false });
  table.setTenantActive('tenant_a', false);
  t.equal(decide(table, handle, expiresAtMs), 'expired');
});
