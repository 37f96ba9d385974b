/** How many keys a database holds, and from which number on they have a limit of their own. */
export interface Population {
  count: number;
  limitedFrom: number;
}

/** Key `n` as a request presents it. The generator makes the same of the number. */
export const plaintextOf = (n: number): string => n.toString(16).padStart(64, '0');

/**
 * Fills in `count` keys, numbered from 0: a tenant for 500 of them, with two environments and five users, and 100
 * sets of permissions. The keys of all tenants are mixed, as they are when tenants make them over time. Half of
 * them expire, in a year. Limits are never reached: what counting costs is measured, not refusing.
 */
export function fillStatement({ count, limitedFrom }: Population): string {
  const tenants = Math.max(1, Math.floor(count / 500));
  return `
  -- The rows fit together: what checks that would take longer than all else.
  SET session_replication_role = replica;
  -- Indexes are built at the end, which takes a fraction of the time. (Those of constraints stay: the rows come in
  -- the order of their ids.)
  SET work_mem = '256MB';
  SET maintenance_work_mem = '512MB';
  CREATE TEMPORARY TABLE dropped AS SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'api_keys'
    AND indexname NOT IN (SELECT conname FROM pg_constraint WHERE conrelid = 'api_keys'::regclass);
  DO $$ DECLARE name text; BEGIN
    FOR name IN SELECT indexname FROM dropped LOOP EXECUTE format('DROP INDEX %I', name); END LOOP;
  END $$;
  INSERT INTO tenants (id, name) SELECT 'tenant_' || md5(t::text), 'Tenant ' || t FROM generate_series(1, ${tenants}) t;
  INSERT INTO environments (id, tenant_id, name)
  SELECT 'env_' || md5(t || '/' || e), 'tenant_' || md5(t::text), 'Environment ' || e
    FROM generate_series(1, ${tenants}) t, generate_series(0, 1) e;
  INSERT INTO api_keys (id, tenant_id, environment_id, user_id, hash, display_id, name, type, permissions,
                        rate_limit, expires_at)
  SELECT 'key_' || md5(i::text), 'tenant_' || md5(t::text), 'env_' || md5(t || '/' || i / ${tenants} % 2),
         'user_' || md5(t || '/' || i / ${tenants} % 5), sha256(lpad(to_hex(i), 64, '0')::bytea), '0000…0000',
         'Key ' || i, 'private_key', ARRAY['customers:read', 'customers:write', 'p' || i % 100 || ':read'],
         CASE WHEN i >= ${limitedFrom} THEN '{"limit": 1000000000, "window_seconds": 60}'::jsonb END,
         CASE WHEN i % 2 = 0 THEN now() + interval '1 year' END
    FROM (SELECT i, 1 + i % ${tenants} AS t FROM generate_series(0, ${count - 1}) i) numbered
   ORDER BY 1;
  DO $$ DECLARE definition text; BEGIN
    FOR definition IN SELECT indexdef FROM dropped LOOP EXECUTE definition; END LOOP;
  END $$;
  DROP TABLE dropped;
  ANALYZE`;
}
