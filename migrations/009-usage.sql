-- What keys were used for. Replicas add to it every few seconds, a statement for thousands of keys, so nothing here
-- refers to the keys themselves by a foreign key: each addition would lock them against their changes.

-- Each replica numbers what it writes. A number that is here was written, even if its writer never heard of it.
CREATE TABLE usage_writers (
  id text PRIMARY KEY,
  batch bigint NOT NULL,
  written_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);

CREATE TABLE key_usage (
  key_id text NOT NULL,
  hour timestamptz NOT NULL,
  tenant_id text NOT NULL,
  environment_id text NOT NULL,
  accepted bigint NOT NULL,
  limited bigint NOT NULL,
  permission bigint NOT NULL,
  expired bigint NOT NULL,
  inactive bigint NOT NULL,
  PRIMARY KEY (key_id, hour)
) WITH (fillfactor = 80);
-- Of an environment, and for the removal of what is old.
CREATE INDEX key_usage_hours ON key_usage (hour, tenant_id, environment_id);

-- Beside the keys, as an update writes the whole row anew.
ALTER TABLE api_keys DROP COLUMN last_used_at;
CREATE TABLE key_last_uses (
  key_id text PRIMARY KEY,
  tenant_id text NOT NULL,
  environment_id text NOT NULL,
  last_used_at timestamptz NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE key_addresses (
  key_id text NOT NULL,
  address text NOT NULL,
  tenant_id text NOT NULL,
  environment_id text NOT NULL,
  first_seen_at timestamptz NOT NULL,
  last_seen_at timestamptz NOT NULL,
  -- An index on the time itself would be written with each addition; this one is once a day.
  last_seen_on date NOT NULL,
  PRIMARY KEY (key_id, address)
) WITH (fillfactor = 80);
CREATE INDEX key_addresses_age ON key_addresses (last_seen_on);

-- Which keys expire soon, of those that aren't replaced already.
CREATE INDEX api_keys_expiry ON api_keys (tenant_id, environment_id, expires_at)
  WHERE status = 'active' AND rotated_to IS NULL AND expires_at IS NOT NULL;
