import { hash } from 'node:crypto';
import t from 'tap';
import type { KeyProfile } from '../../../lib/key-table/key-profile.ts';
import { absent, type KeyRecord, KeyTable, type KeyUses } from '../../../lib/key-table/key-table.ts';

const digestOf = (n: number): Buffer => hash('sha256', `${n}`, 'buffer');
const find = (table: KeyTable, digest: Buffer): number => table.find(digest.toString('binary'));
const idOf = (n: number): string => `key_${n.toString(16).padStart(32, '0')}`;

const keyOf = (n: number, changes: Partial<Omit<KeyRecord, 'profile'> & KeyProfile> = {}): KeyRecord => {
  const { digest, id, active, expiresAtMs, rotated, ...profile } = changes;
  return {
    digest: digest ?? digestOf(n),
    id: id ?? idOf(n),
    active: active ?? true,
    expiresAtMs: expiresAtMs ?? null,
    rotated: rotated ?? false,
    profile: {
      tenantId: 'tenant_a',
      environmentId: 'env_a',
      userId: 'user_a',
      permissions: ['customers:read'],
      rateLimit: { limit: 100, windowSeconds: 60 },
      ...profile,
    },
  };
};

/** Returns a key's profile, as the table has it. */
function profileOf(table: KeyTable, handle: number): KeyProfile {
  const { environment, permissions, rateLimit } = table.grant(handle);
  return {
    tenantId: environment.tenant.id,
    environmentId: environment.id,
    userId: table.userId(handle),
    permissions,
    rateLimit,
  };
}

const nothingShared = { tenants: 0, environments: 0, users: 0, permissionSets: 0, rateLimits: 0, grants: 0 };

t.test('a key is found by the SHA-256 of its plaintext, with all that was given', async (t) => {
  const table = new KeyTable();
  const digest = Buffer.from(hash('sha256', 'plaintext', 'hex'), 'hex');
  table.upsert({
    digest,
    id: 'key_0193f5a2b4c87def8123456789abcdef',
    profile: {
      tenantId: 'tenant_b',
      environmentId: 'env_b',
      userId: 'user_b',
      permissions: ['b:write', 'a:read', 'b:write'],
      rateLimit: { limit: 7, windowSeconds: 3 },
    },
    active: true,
    expiresAtMs: 1_800_000_000_123,
    rotated: true,
  });
  const handle = table.find(hash('sha256', 'plaintext', 'binary'));
  t.not(handle, absent);
  t.equal(table.isRotated(handle), true);
  t.equal(table.id(handle), 'key_0193f5a2b4c87def8123456789abcdef');
  t.same(profileOf(table, handle), {
    tenantId: 'tenant_b',
    environmentId: 'env_b',
    userId: 'user_b',
    permissions: ['a:read', 'b:write'],
    rateLimit: { limit: 7, windowSeconds: 3 },
  });
  t.equal(table.isActive(handle), true);
  t.equal(table.expiresAtMs(handle), 1_800_000_000_123);
  t.equal(table.size, 1);
});

t.test('all 32 bytes of a digest count', async (t) => {
  const table = new KeyTable();
  table.upsert(keyOf(0));
  for (let byte = 0; byte < 32; byte++) {
    for (const bit of [0, 7]) {
      const other = digestOf(0);
      other.writeUInt8(other.readUInt8(byte) ^ (1 << bit), byte);
      t.equal(find(table, other), absent, `bit ${bit} of byte ${byte}`);
    }
  }
});

t.test('what is no digest is not found and not deleted', async (t) => {
  const table = new KeyTable();
  table.upsert(keyOf(0));
  const binary = digestOf(0).toString('binary');
  for (const digest of ['', binary.slice(1), `${binary}x`]) t.equal(table.find(digest), absent);
  t.equal(table.delete(digestOf(0).subarray(1)), false);
  t.equal(table.delete(Buffer.concat([digestOf(0), Buffer.alloc(1)])), false);
  t.equal(table.size, 1);
});

t.test('the same record twice is one record', async (t) => {
  const table = new KeyTable();
  table.upsert(keyOf(0));
  table.upsert(keyOf(0));
  t.equal(table.size, 1);
  t.equal(table.delete(digestOf(0)), true);
  t.equal(find(table, digestOf(0)), absent);
  t.same(table.shared, nothingShared);
  t.equal(table.delete(digestOf(0)), false);
});

t.test('an upsert replaces everything, and lets go of what it replaced', async (t) => {
  const table = new KeyTable();
  table.upsert(keyOf(0, { expiresAtMs: 5 }));
  table.upsert(
    keyOf(0, {
      id: idOf(1),
      tenantId: 'tenant_b',
      environmentId: 'env_b',
      userId: 'user_b',
      permissions: [],
      rateLimit: null,
      active: false,
    }),
  );
  const handle = find(table, digestOf(0));
  t.equal(table.id(handle), idOf(1));
  t.same(profileOf(table, handle), {
    tenantId: 'tenant_b',
    environmentId: 'env_b',
    userId: 'user_b',
    permissions: [],
    rateLimit: null,
  });
  t.equal(table.isActive(handle), false);
  t.equal(table.expiresAtMs(handle), Number.POSITIVE_INFINITY);
  t.same(table.shared, {
    tenants: 1,
    environments: 1,
    users: 1,
    permissionSets: 1,
    rateLimits: 0,
    grants: 1,
  });
});

t.test('a deleted key leaves every other where it can be found', async (t) => {
  const table = new KeyTable();
  for (let n = 0; n < 10_000; n++) table.upsert(keyOf(n));
  for (let n = 0; n < 10_000; n += 2) table.delete(digestOf(n));
  const wrong = Array.from({ length: 10_000 }, (_, n) => n).filter((n) => {
    const handle = find(table, digestOf(n));
    return n % 2 === 0 ? handle !== absent : handle === absent || table.id(handle) !== idOf(n);
  });
  t.same(wrong, []);
  t.equal(table.size, 5000);
});

t.test('what the table can not hold is refused before anything changes', async (t) => {
  const table = new KeyTable();
  for (const id of ['', 'key_', 'key_configured_1', idOf(0).toUpperCase(), `${idOf(0)}0`, `${idOf(0)}\n`]) {
    t.throws(() => table.upsert(keyOf(0, { id })), { name: 'TypeError', message: /lower-case hex/ });
  }
  for (const length of [0, 31, 33]) {
    t.throws(() => table.upsert(keyOf(0, { digest: Buffer.alloc(length) })), /32 bytes/);
  }
  for (const expiresAtMs of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    t.throws(() => table.upsert(keyOf(0, { expiresAtMs })), /no instant/);
  }
  t.equal(table.size, 0);
  t.same(table.shared, nothingShared);
});

t.test('shared values are kept once and can not be changed from outside', async (t) => {
  const table = new KeyTable();
  const permissions = ['b:read', 'a:read'];
  const rateLimit = { limit: 1, windowSeconds: 1 };
  table.upsert(keyOf(0, { permissions, rateLimit }));
  table.upsert(keyOf(1, { permissions: ['a:read', 'b:read', 'a:read'], rateLimit: { ...rateLimit } }));
  permissions.push('*');
  rateLimit.limit = 1_000_000;
  const [one, other] = [find(table, digestOf(0)), find(table, digestOf(1))];
  t.same(table.grant(one).permissions, ['a:read', 'b:read']);
  t.same(table.grant(one).rateLimit, { limit: 1, windowSeconds: 1 });
  t.equal(table.grant(one).permissions, table.grant(other).permissions);
  t.equal(table.grant(one).rateLimit, table.grant(other).rateLimit);
  t.ok(Object.isFrozen(table.grant(one).permissions) && Object.isFrozen(table.grant(one).rateLimit));
});

t.test('sets and limits that only look alike are told apart', async (t) => {
  const table = new KeyTable();
  table.upsert(keyOf(0, { permissions: ['a', 'b'], rateLimit: { limit: 1, windowSeconds: 11 } }));
  table.upsert(keyOf(1, { permissions: ['a","b'], rateLimit: { limit: 11, windowSeconds: 1 } }));
  table.upsert(keyOf(2, { permissions: ['a,b'], rateLimit: null }));
  t.equal(table.shared.permissionSets, 3);
  t.equal(table.shared.rateLimits, 2);
  t.same(table.grant(find(table, digestOf(1))).permissions, ['a","b']);
  t.same(table.grant(find(table, digestOf(1))).rateLimit, { limit: 11, windowSeconds: 1 });
});

t.test('churn of distinct values leaves nothing behind', async (t) => {
  const table = new KeyTable();
  for (let n = 0; n < 100_000; n++) {
    table.upsert(
      keyOf(n % 10, {
        tenantId: `tenant_${n}`,
        permissions: [`p:${n}`],
        rateLimit: { limit: n + 1, windowSeconds: 1 },
      }),
    );
  }
  t.same(table.shared, {
    tenants: 10,
    environments: 10,
    users: 10,
    permissionSets: 10,
    rateLimits: 10,
    grants: 10,
  });
  for (let n = 0; n < 10; n++) table.delete(digestOf(n));
  t.same(table.shared, nothingShared);
});

t.test('one operation switches all keys of a tenant, an environment or a user', async (t) => {
  const table = new KeyTable();
  const tenants = ['tenant_a', 'tenant_b'];
  const environments = ['env_a', 'env_b'];
  const users = ['user_a', 'user_b'];
  const keys = tenants.flatMap((tenantId) =>
    environments.flatMap((environmentId) => users.map((userId) => ({ tenantId, environmentId, userId }))),
  );
  keys.forEach((key, n) => {
    table.upsert(keyOf(n, key));
  });
  const inactive = () => keys.filter((_, n) => !table.isActive(find(table, digestOf(n))));

  table.setTenantActive('tenant_a', false);
  t.same(
    inactive(),
    keys.filter((key) => key.tenantId === 'tenant_a'),
  );
  table.setTenantActive('tenant_a', true);
  t.same(inactive(), []);
  table.setEnvironmentActive('tenant_a', 'env_b', false);
  t.same(
    inactive(),
    keys.filter((key) => key.tenantId === 'tenant_a' && key.environmentId === 'env_b'),
  );
  table.setEnvironmentActive('tenant_a', 'env_b', true);
  table.setUserActive('tenant_b', 'user_a', false);
  t.same(
    inactive(),
    keys.filter((key) => key.tenantId === 'tenant_b' && key.userId === 'user_a'),
  );
  table.setTenantActive('tenant_b', false);
  table.setUserActive('tenant_b', 'user_a', true);
  t.same(
    inactive(),
    keys.filter((key) => key.tenantId === 'tenant_b'),
    'one flag does not lift another',
  );
});

t.test('a flag that comes before the first key waits for it, and outlives the last', async (t) => {
  const table = new KeyTable();
  table.setTenantActive('tenant_b', false);
  table.setEnvironmentActive('tenant_a', 'env_b', false);
  table.setUserActive('tenant_a', 'user_b', false);
  const keys = [
    keyOf(0, { tenantId: 'tenant_b' }),
    keyOf(1, { environmentId: 'env_b' }),
    keyOf(2, { userId: 'user_b' }),
  ];
  for (let round = 0; round < 2; round++) {
    for (const key of keys) {
      table.upsert(key);
      t.equal(table.isActive(find(table, Buffer.from(key.digest))), false);
    }
    for (const key of keys) table.delete(key.digest);
  }
  table.upsert(keyOf(3));
  t.equal(table.isActive(find(table, digestOf(3))), true);
});

t.test('a flag set twice counts once, and nothing is kept for what is active', async (t) => {
  const table = new KeyTable();
  for (const active of [true, false, false, true, true, false]) {
    table.setTenantActive('tenant_b', active);
    table.setEnvironmentActive('tenant_a', 'env_b', active);
    table.setUserActive('tenant_a', 'user_b', active);
  }
  t.same(table.shared, {
    tenants: 2,
    environments: 1,
    users: 1,
    permissionSets: 0,
    rateLimits: 0,
    grants: 0,
  });
  table.setTenantActive('tenant_b', true);
  table.setEnvironmentActive('tenant_a', 'env_b', true);
  table.setUserActive('tenant_a', 'user_b', true);
  t.same(table.shared, nothingShared);
});

t.test('a key takes 100 bytes or less, and gives them back', async (t) => {
  const table = new KeyTable();
  const empty = table.bytes;
  for (let n = 0; n < 100_000; n++) table.upsert(keyOf(n));
  t.ok(table.bytes / table.size < 100, `${table.bytes / table.size} bytes a key`);
  for (let n = 0; n < 100_000; n++) table.delete(digestOf(n));
  const kept = table.bytes - empty;
  t.ok(kept < 100_000 * 12, `${kept} bytes kept: the index, and one page`);
});

t.test('a stale handle beyond the end throws instead of answering', async (t) => {
  const table = new KeyTable();
  t.throws(() => table.isActive(0), RangeError);
  t.throws(() => table.isActive(absent), RangeError);
});

t.test('uses are counted each key by itself, wherever its record goes, until they are taken', async (t) => {
  const gone: KeyUses[] = [];
  const table = new KeyTable((uses) => gone.push(uses));
  for (let n = 0; n < 5; n++) table.upsert(keyOf(n));
  const use = (n: number, nowMs: number, address = 1) =>
    table.countUse(find(table, digestOf(n)), nowMs, address);
  const take = () => {
    const taken: KeyUses[] = [];
    let at = 0;
    while (at !== absent) at = table.takeUses(at, 100, taken);
    return taken.map(({ keyId, count, lastUsedSeconds }) => [keyId, count, lastUsedSeconds]);
  };
  t.same([use(4, 5_000), use(4, 6_999), use(4, 7_000, 2), use(4, 7_000, 1)], [true, false, true, true]);
  use(0, 8_000);
  use(2, 9_000);
  table.upsert(keyOf(4, { active: false }));
  table.delete(digestOf(0));
  t.same(gone, [{ keyId: idOf(0), count: 1, lastUsedSeconds: 8 }], 'a deleted key leaves its uses');
  t.equal(use(4, 7_500, 1), false, 'the move of a record takes the address along');
  table.upsert(keyOf(6));
  t.same(take(), [
    [idOf(4), 5, 7],
    [idOf(2), 1, 9],
  ]);
  t.same(take(), [], 'once');
  t.equal(use(4, 10_000, 1), true, 'and the first use after that tells its address');
  table.delete(digestOf(4));
  table.upsert(keyOf(5));
  t.same(take(), [], 'a new key takes over nothing');
  t.equal(use(5, 11_000, 1), true);
  t.equal(gone.length, 2);
});

t.test('uses are taken of so many keys at a time, page by page', async (t) => {
  const table = new KeyTable();
  const handles = 10_000;
  for (let n = 0; n < handles; n++) table.upsert(keyOf(n));
  for (let handle = 0; handle < handles; handle += 3) table.countUse(handle, 1_000, 1);
  const taken: KeyUses[] = [];
  const visited = [];
  for (let at = 0; at !== absent; ) {
    const before = taken.length;
    at = table.takeUses(at, 500, taken);
    visited.push(taken.length - before);
  }
  t.equal(taken.length, Math.ceil(handles / 3));
  t.equal(new Set(taken.map(({ keyId }) => keyId)).size, taken.length);
  t.equal(Math.max(...visited), 500);
  t.equal(new KeyTable().takeUses(0, 1, []), absent, 'an empty table has none');
});

t.test('requests are counted in windows, each key by itself, wherever its record goes', async (t) => {
  const table = new KeyTable();
  for (let n = 0; n < 3; n++) table.upsert(keyOf(n));
  const limit = { limit: 10, windowSeconds: 2 };
  const count = (n: number, nowMs: number, cost = 1, rateLimit = limit) =>
    table.countRequest(find(table, digestOf(n)), rateLimit, cost, nowMs);
  const endsInMs = (nowMs: number, rateLimit = limit) =>
    table.windowEndsInMs(find(table, digestOf(2)), rateLimit, nowMs);
  t.same([count(2, 4000), count(2, 5999), count(1, 5500)], [1, 2, 1]);
  t.same([endsInMs(4500), endsInMs(6000)], [1500, 0]);
  table.upsert(keyOf(2, { active: false }));
  table.delete(digestOf(0));
  t.equal(count(2, 5999), 3, 'a change of the key keeps its count, and so does the move of its record');
  t.same([count(2, 5999, 6), count(2, 5999, 2), count(2, 5999, 0)], [9, 11, 9], 'all of it, or nothing');
  t.equal(count(2, 5999), 10);
  t.same([count(2, 6000, 0), count(2, 6000, 11), endsInMs(6000)], [0, 11, 0], 'which begins no window');
  t.equal(count(2, 6000), 1, 'the next window begins');
  const shorter = { limit: 10, windowSeconds: 1 };
  t.equal(endsInMs(6001, shorter), 0);
  t.equal(count(2, 6001, 1, shorter), 1, 'a shorter window begins anew');
  t.equal(count(2, 1), 1, 'and so does one that a clock set back would make endless');
  table.delete(digestOf(2));
  table.upsert(keyOf(3));
  t.equal(count(3, 2), 1, 'a new key takes over nothing');
});
