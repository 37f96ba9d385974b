import { Client } from 'pg';
import t from 'tap';
import type { KeyChange } from '../../../lib/keys/key-change.ts';
import type { KeyRecord } from '../../../lib/keys/key-table.ts';
import { loadKeys } from '../../../lib/stores/key-loading.ts';
import { createMigratedDatabase } from '../../helper.ts';

const expiresAtMs = Date.UTC(2100, 0, 1);

/** Key `n`, in what decides on it different from those before and after. */
const keyOf = (n: number): KeyRecord => ({
  digest: Buffer.alloc(32, n),
  id: `key_${n.toString(16).padStart(32, '0')}`,
  profile: {
    type: n % 2 === 0 ? 'private_key' : 'publishable_key',
    tenantId: 'tenant_1',
    environmentId: 'env_1',
    userId: `user_${n}`,
    userType: n % 3 === 0 ? 'user' : 'service_account',
    permissions: [[], ['*'], ['b:read', 'a:"ü\\,{}'], ['null', '']][n % 4] ?? [],
    rateLimit: n % 5 === 0 ? { limit: n + 1, windowSeconds: 60 } : null,
  },
  active: n % 7 !== 0,
  expiresAtMs: n % 2 === 0 ? null : expiresAtMs + n,
  rotated: n % 11 === 0,
});

t.test('keys are loaded as they are stored, and deleted ones are not', async (t) => {
  const client = new Client({ connectionString: await createMigratedDatabase(t) });
  await client.connect();
  t.teardown(() => client.end());
  await client.query(`INSERT INTO tenants (id, name) VALUES ('tenant_1', 'Tenant');
    INSERT INTO environments (id, tenant_id, name) VALUES ('env_1', 'tenant_1', 'Environment')`);
  const keys = Array.from({ length: 50 }, (_, n) => keyOf(n));
  const insert = ({ profile, ...key }: KeyRecord, status: string) =>
    client.query(
      `INSERT INTO api_keys (id, tenant_id, environment_id, user_id, user_type, hash, display_id, name, type,
                             permissions, rate_limit, status, expires_at, rotated_to)
       VALUES ($1, $2, $3, $4, $5, $6, '', '', $7, $8, $9, $10, to_timestamp($11 / 1000.0::float8), $12)`,
      [
        ...[
          key.id,
          profile.tenantId,
          profile.environmentId,
          profile.userId,
          profile.userType,
          key.digest,
          profile.type,
        ],
        ...[profile.permissions, profile.rateLimit && { limit: profile.rateLimit.limit, window_seconds: 60 }],
        ...[status, key.expiresAtMs, key.rotated ? 'key_next' : null],
      ],
    );
  for (const key of keys) await insert(key, key.active ? 'active' : 'inactive');
  await insert(keyOf(50), 'deleted');

  const changes: KeyChange[] = [];
  await loadKeys(client, (change) => changes.push(change));
  const loaded = changes.flatMap((change) => (change.kind === 'key' ? [change.key] : []));
  t.same(
    loaded.toSorted((a, b) => a.id.localeCompare(b.id)),
    keys,
  );
});
