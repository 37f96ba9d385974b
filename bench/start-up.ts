/**
 * Measures how long the service takes from the start of its process until it decides on keys, with many keys.
 *
 * Run by `node --import=tsx bench/start-up.ts [count]`, 1,000,000 keys by default. It compiles the sources, fills
 * a database of its own, and starts the service five times. Fails if the goal is missed.
 */
import { loadavg } from 'node:os';
import { Client } from 'pg';
import { migrate } from '../lib/stores/migrations.ts';
import { buildService, startService, withDatabase } from './built-service.ts';
import { quantile } from './statistics.ts';

const count = Number(process.argv[2] ?? 1_000_000);
const starts = 5;
const goalMsPerMillion = 5_000;

/**
 * A tenant for 500 keys, with two environments and five users, and 100 sets of permissions. The keys of all
 * tenants are mixed, as they are when tenants make them over time.
 */
const tenants = Math.max(1, Math.floor(count / 500));
const fill = `
  -- The rows fit together: what checks that would take longer than all else.
  SET session_replication_role = replica;
  INSERT INTO tenants (id, name) SELECT 'tenant_' || md5(t::text), 'Tenant ' || t FROM generate_series(1, ${tenants}) t;
  INSERT INTO environments (id, tenant_id, name)
  SELECT 'env_' || md5(t || '/' || e), 'tenant_' || md5(t::text), 'Environment ' || e
    FROM generate_series(1, ${tenants}) t, generate_series(0, 1) e;
  INSERT INTO api_keys (id, tenant_id, environment_id, user_id, hash, display_id, name, type, permissions,
                        rate_limit, expires_at)
  SELECT 'key_' || md5(i::text), 'tenant_' || md5(t::text), 'env_' || md5(t || '/' || i / ${tenants} % 2),
         'user_' || md5(t || '/' || i / ${tenants} % 5), sha256(i::text::bytea), '0000…0000', 'Key ' || i,
         'private_key', ARRAY['customers:read', 'customers:write', 'p' || i % 100 || ':read'],
         CASE WHEN i % 3 = 0 THEN '{"limit": 100, "window_seconds": 60}'::jsonb END,
         CASE WHEN i % 2 = 0 THEN now() + interval '1 year' END
    FROM (SELECT i, 1 + i % ${tenants} AS t FROM generate_series(1, ${count}) i) numbered;
  ANALYZE`;

async function fillDatabase(databaseUrl: string): Promise<void> {
  await migrate(databaseUrl);
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(fill);
  } finally {
    await client.end();
  }
}

/** Starts the service once, reports on it, and stops it. @returns how long it took to be ready */
async function measureStart(databaseUrl: string): Promise<number> {
  const service = await startService(databaseUrl);
  try {
    const { keys, key_table_bytes: bytes } = service.readiness.replica;
    console.log(
      `  ready after ${service.readyAfterMs.toFixed(0)} ms with ${keys} keys, ${(bytes / keys).toFixed(1)} bytes ` +
        `a key in the table, rss ${(service.residentBytes() / 1e6).toFixed(0)} MB, ` +
        `load average ${loadavg()[0]?.toFixed(2)}`,
    );
    if (keys !== count) throw new Error(`${count} keys were to be loaded`);
    return service.readyAfterMs;
  } finally {
    await service.stop();
  }
}

buildService();
await withDatabase(async (databaseUrl) => {
  const fillStartMs = performance.now();
  await fillDatabase(databaseUrl);
  console.log(`${count} keys filled in within ${((performance.now() - fillStartMs) / 1000).toFixed(1)} s`);
  const times: number[] = [];
  for (let n = 0; n < starts; n++) times.push(await measureStart(databaseUrl));
  const goalMs = Math.max(goalMsPerMillion, (count / 1e6) * goalMsPerMillion);
  const medianMs = quantile(times, 0.5);
  const met = medianMs <= goalMs;
  console.log(
    `median ${medianMs.toFixed(0)} ms, from ${quantile(times, 0).toFixed(0)} to ${quantile(times, 1).toFixed(0)}; ` +
      `goal of at most ${goalMs} ms: ${met ? 'met' : 'MISSED'}`,
  );
  if (!met) process.exitCode = 1;
});
