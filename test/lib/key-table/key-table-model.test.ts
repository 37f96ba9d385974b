import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import type { KeyProfile, RateLimit } from '../../../lib/key-table/key-profile.ts';
import { absent, type KeyRecord, KeyTable } from '../../../lib/key-table/key-table.ts';

/** Enough keys for segments to split several times. */
const poolSize = 12_000;

/** Digests as a stranger might choose them. */
const shapes: Record<string, (n: number) => Buffer> = {
  uniform: (n) => Buffer.from(hash('sha256', `${n}`, 'hex'), 'hex'),
  commonPrefix: (n) => withNumberAt(28, n),
  commonSuffix: (n) => withNumberAt(0, n),
  commonLowBits: (n) => withNumberAt(14, n * 65_536),
  equalWords: (n) => Buffer.alloc(32, withNumberAt(0, n).subarray(0, 4)),
};

function withNumberAt(at: number, n: number): Buffer {
  const digest = Buffer.alloc(32, 0xff);
  digest.writeUInt32LE(n, at);
  return digest;
}

const pools = Object.fromEntries(
  Object.entries(shapes).map(([name, shape]) => [
    name,
    Array.from({ length: poolSize }, (_, n) => shape(n)).map((digest) => ({
      digest,
      binary: digest.toString('binary'),
    })),
  ]),
);

/** A small seeded generator (mulberry32): fast-check chooses the seed, so that millions of steps stay cheap. */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const rateLimits: (RateLimit | null)[] = [
  null,
  { limit: 1, windowSeconds: 12 },
  { limit: 11, windowSeconds: 2 },
];

const randomProfile = (random: (below: number) => number): KeyProfile => ({
  tenantId: `tenant_${random(5)}`,
  environmentId: `env_${random(3)}`,
  userId: `user_${random(40)}`,
  permissions: Array.from({ length: random(4) }, () => `r${random(5)}:read`),
  rateLimit: rateLimits[random(rateLimits.length)] ?? null,
});

/** Handed in again and again, as a load does, also after the last key that had one is gone. */
const profiles = Array.from({ length: 30 }, (_, n) => randomProfile(seeded(n)));

function randomKey(digest: Buffer, random: (below: number) => number): KeyRecord {
  return {
    digest,
    id: `key_${random(2 ** 31)
      .toString(16)
      .padStart(32, '0')}`,
    profile: random(4) === 0 ? randomProfile(random) : (profiles[random(profiles.length)] ?? assert.fail()),
    active: random(4) !== 0,
    expiresAtMs: random(2) === 0 ? null : random(1000),
    rotated: random(3) === 0,
  };
}

/** The obvious way to do what the table does. */
class Model {
  readonly keys = new Map<string, KeyRecord>();
  readonly inactiveTenants = new Set<string>();
  readonly inactiveEnvironments = new Set<string>();
  readonly inactiveUsers = new Set<string>();

  isActive({ active, profile: { tenantId, environmentId, userId } }: KeyRecord): boolean {
    return (
      active &&
      !this.inactiveTenants.has(tenantId) &&
      !this.inactiveEnvironments.has(`${tenantId} ${environmentId}`) &&
      !this.inactiveUsers.has(`${tenantId} ${userId}`)
    );
  }

  /** The contents of a table without leaks. */
  shared() {
    const keys = [...this.keys.values()].map(({ profile }) => profile);
    const environments = new Set(keys.map((key) => `${key.tenantId} ${key.environmentId}`));
    const users = new Set(keys.map((key) => `${key.tenantId} ${key.userId}`));
    for (const environment of this.inactiveEnvironments) environments.add(environment);
    for (const user of this.inactiveUsers) users.add(user);
    const tenants = new Set([...environments, ...users].map((member) => member.split(' ')[0]));
    for (const tenant of this.inactiveTenants) tenants.add(tenant);
    const limits = keys.flatMap((key) => (key.rateLimit === null ? [] : [JSON.stringify(key.rateLimit)]));
    return {
      tenants: tenants.size,
      environments: environments.size,
      users: users.size,
      permissionSets: new Set(keys.map((key) => setOf(key.permissions).join())).size,
      rateLimits: new Set(limits).size,
      grants: new Set(
        keys.map((key) => JSON.stringify({ ...key, userId: '', permissions: setOf(key.permissions) })),
      ).size,
    };
  }
}

const setOf = (permissions: readonly string[]): string[] => [...new Set(permissions)].sort();

function assertSame(table: KeyTable, model: Model, binary: string): void {
  const handle = table.find(binary);
  const key = model.keys.get(binary);
  assert.equal(handle === absent, key === undefined);
  if (key === undefined) return;
  assert.equal(table.id(handle), key.id);
  const { profile } = key;
  const { environment, permissions, rateLimit } = table.grant(handle);
  assert.equal(environment.tenant.id, profile.tenantId);
  assert.equal(environment.id, profile.environmentId);
  assert.equal(table.userId(handle), profile.userId);
  assert.equal(permissions.join(), setOf(profile.permissions).join());
  assert.equal(rateLimit?.limit, profile.rateLimit?.limit);
  assert.equal(rateLimit?.windowSeconds, profile.rateLimit?.windowSeconds);
  assert.equal(table.isActive(handle), model.isActive(key));
  assert.equal(table.isRotated(handle), key.rotated);
  assert.equal(table.expiresAtMs(handle), key.expiresAtMs ?? Number.POSITIVE_INFINITY);
}

function setFlag(inactive: Set<string>, name: string, active: boolean): void {
  if (active) inactive.delete(name);
  else inactive.add(name);
}

function flip(table: KeyTable, model: Model, random: (below: number) => number): void {
  const tenant = `tenant_${random(6)}`;
  const environment = `env_${random(4)}`;
  const user = `user_${random(41)}`;
  const active = random(3) !== 0;
  const what = random(3);
  if (what === 0) {
    table.setTenantActive(tenant, active);
    setFlag(model.inactiveTenants, tenant, active);
  } else if (what === 1) {
    table.setEnvironmentActive(tenant, environment, active);
    setFlag(model.inactiveEnvironments, `${tenant} ${environment}`, active);
  } else {
    table.setUserActive(tenant, user, active);
    setFlag(model.inactiveUsers, `${tenant} ${user}`, active);
  }
}

const scenario = fc.record({
  seed: fc.integer(),
  shape: fc.constantFrom(...Object.keys(shapes)),
  keys: fc.integer({ min: 1, max: poolSize }),
  steps: fc.integer({ min: 1, max: 40_000 }),
  /** How many of ten steps insert or update. Those up to the eighth delete: tables grow, stay or shrink. */
  upserts: fc.integer({ min: 1, max: 6 }),
});

t.test('the table does what a map would, whatever digests come', async (t) => {
  let steps = 0;
  fc.assert(
    fc.property(scenario, (given) => {
      const table = new KeyTable();
      const model = new Model();
      const random = seeded(given.seed);
      const pool = pools[given.shape] ?? [];
      for (let step = 0; step < given.steps; step++) {
        const { digest, binary } = pool[random(given.keys)] ?? assert.fail();
        const kind = random(10);
        if (kind < given.upserts) {
          const key = randomKey(digest, random);
          table.upsert(key);
          model.keys.set(binary, key);
        } else if (kind < 8) {
          assert.equal(table.delete(digest), model.keys.delete(binary));
        } else if (random(4) === 0) {
          flip(table, model, random);
        }
        assertSame(table, model, pool[random(poolSize)]?.binary ?? assert.fail());
        assert.equal(table.size, model.keys.size);
      }
      for (const { binary } of pool) assertSame(table, model, binary);
      assert.deepEqual(table.shared, model.shared());
      for (const { digest } of pool) table.delete(digest);
      assert.equal(table.size, 0);
      assert.equal(table.shared.permissionSets + table.shared.rateLimits + table.shared.grants, 0);
      steps += given.steps + 2 * poolSize;
    }),
    { numRuns: 200 },
  );
  t.ok(steps > 4_000_000, `${steps} steps`);
});
