import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { Client } from 'pg';
import t, { type Test } from 'tap';
import { eventKinds } from '../../../lib/events/event-kinds.ts';
import type { KeyRecord } from '../../../lib/key-table/key-table.ts';
import { loadState } from '../../../lib/replica/load-state.ts';
import { PostgresReplicaDatabase } from '../../../lib/replica/postgres-replication.ts';
import { ReservedConnection } from '../../../lib/replica/reserved-connection.ts';
import type { StateChange } from '../../../lib/replica/state-change.ts';
import { createMigratedDatabase } from '../../helper.ts';

const expiresAtMs = Date.UTC(2100, 0, 1);

/** Key `n`, in what decides on it different from those before and after. */
const keyOf = (n: number): KeyRecord => ({
  digest: Buffer.alloc(32, n),
  id: `key_${n.toString(16).padStart(32, '0')}`,
  profile: {
    tenantId: 'tenant_1',
    environmentId: 'env_1',
    userId: `user_${n}`,
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
          'user',
          key.digest,
          'private_key',
        ],
        ...[profile.permissions, profile.rateLimit && { limit: profile.rateLimit.limit, window_seconds: 60 }],
        ...[status, key.expiresAtMs, key.rotated ? 'key_next' : null],
      ],
    );
  for (const key of keys) await insert(key, key.active ? 'active' : 'inactive');
  await insert(keyOf(50), 'deleted');

  const changes: StateChange[] = [];
  await loadState(client, (change) => changes.push(change));
  const loaded = changes.flatMap((change) => (change.kind === 'key' ? [change.key] : []));
  t.same(
    loaded.toSorted((a, b) => a.id.localeCompare(b.id)),
    keys,
  );
});

/** @returns the URL of the database through a proxy that calls `onFull` once it has passed on `bytesMax` */
async function throughProxy(
  t: Test,
  databaseUrl: string,
  bytesMax: number,
  onFull: (toClient: Socket, fromServer: Socket) => void,
): Promise<string> {
  const { port, hostname } = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  const proxy = createServer((toClient) => {
    const fromServer = connect(Number(port), hostname);
    for (const socket of [toClient, fromServer]) sockets.add(socket.on('error', () => {}));
    toClient.pipe(fromServer);
    let bytes = 0;
    fromServer.on('data', (data) => {
      bytes += data.length;
      if (bytes > bytesMax) onFull(toClient, fromServer);
      else toClient.write(data);
    });
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    proxy.close();
  });
  const address = proxy.address();
  if (address === null || typeof address === 'string') throw new Error('The proxy has no port');
  const url = new URL(databaseUrl);
  url.port = String(address.port);
  return url.href;
}

const replicaDatabase = (databaseUrl: string) => {
  const config = { connectionString: databaseUrl };
  const never = { channels: [], onNotification: () => {}, onLost: () => {} };
  const connection = new ReservedConnection({ config, ...never });
  return new PostgresReplicaDatabase(connection, { config, standstillMs: 500 }, eventKinds);
};

t.test('a load in the middle of which the database is lost fails, and can be tried again', async (t) => {
  const databaseUrl = await createMigratedDatabase(t);
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  t.teardown(() => client.end());
  await client.query(`INSERT INTO tenants (id, name) VALUES ('tenant_1', 'Tenant');
    INSERT INTO environments (id, tenant_id, name) VALUES ('env_1', 'tenant_1', 'Environment');
    INSERT INTO api_keys (id, tenant_id, environment_id, user_id, hash, display_id, name, type, permissions)
    SELECT 'key_' || md5(n::text), 'tenant_1', 'env_1', 'user_1', sha256(n::text::bytea), '', '', 'private_key', '{}'
      FROM generate_series(1, 10000) n`);
  const load = async (url: string): Promise<number> => {
    let keys = 0;
    await replicaDatabase(url).load(({ kind }) => {
      if (kind === 'key') keys += 1;
    });
    return keys;
  };

  const cut = await throughProxy(t, databaseUrl, 200_000, (toClient) => toClient.destroy());
  await t.rejects(load(cut), { message: /Connection terminated/ }, 'cut off');
  const stalled = await throughProxy(t, databaseUrl, 200_000, (_toClient, fromServer) => fromServer.pause());
  await t.rejects(load(stalled), { message: /Connection terminated/ }, 'standing still');
  t.equal(await load(databaseUrl), 10_000);
});
