-- Tenants, their environments, the keys of each environment, and every change of them in order.
-- A row of an environment carries its tenant too, and the foreign keys check that the two belong together.

CREATE TABLE tenants (
  id text PRIMARY KEY,
  name text NOT NULL,
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'inactive')),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE environments (
  id text PRIMARY KEY,
  tenant_id text NOT NULL REFERENCES tenants (id),
  name text NOT NULL,
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'inactive')),
  rate_limit jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (tenant_id, id),
  UNIQUE (tenant_id, name)
);

CREATE TABLE api_keys (
  id text PRIMARY KEY,
  tenant_id text NOT NULL,
  environment_id text NOT NULL,
  user_id text NOT NULL,
  user_type text NOT NULL DEFAULT 'user' CHECK (user_type IN ('user', 'service_account')),
  -- The SHA-256 of the key: the key itself is stored nowhere.
  hash bytea NOT NULL CHECK (octet_length(hash) = 32),
  display_id text NOT NULL,
  name text NOT NULL,
  description text,
  type text NOT NULL CHECK (type IN ('private_key', 'publishable_key')),
  provider text NOT NULL DEFAULT 'latchkey',
  roles text[] NOT NULL DEFAULT '{}',
  permissions text[] NOT NULL,
  rate_limit jsonb,
  metadata jsonb NOT NULL DEFAULT '{}',
  -- A deleted key keeps its row, so that its hash can never come back to life and repeating the
  -- deletion is known from deleting what never was.
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'inactive', 'deleted')),
  expires_at timestamptz,
  last_used_at timestamptz,
  rotated_to text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  FOREIGN KEY (tenant_id, environment_id) REFERENCES environments (tenant_id, id)
);

CREATE UNIQUE INDEX api_keys_hash ON api_keys (hash);

-- Ids grow with time, so this is the order of the listing as well; the rest lets the total be counted,
-- filtered or not, from the index alone.
CREATE INDEX api_keys_listing ON api_keys (tenant_id, environment_id, id) INCLUDE (status, type)
  WHERE status <> 'deleted';

CREATE TABLE customers (
  id text PRIMARY KEY,
  tenant_id text NOT NULL,
  environment_id text NOT NULL,
  external_id text NOT NULL,
  name text,
  email text,
  metadata jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (tenant_id, environment_id, external_id),
  FOREIGN KEY (tenant_id, environment_id) REFERENCES environments (tenant_id, id)
);

CREATE INDEX customers_listing ON customers (tenant_id, environment_id, id);

-- The head of the feed. Its one row is locked from the update to the commit, which makes the order of the
-- numbers the order of the commits, without gaps. (A sequence gives neither.) The random id names the history
-- that the number belongs to: a restored backup gives the same numbers to other changes.
CREATE TABLE key_event_counter (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  seq bigint NOT NULL,
  event_id uuid NOT NULL
);
INSERT INTO key_event_counter (seq, event_id) VALUES (0, gen_random_uuid());

-- The feed: each change of what decides on a key, written in the transaction that makes the change, with all
-- that a replica needs to apply it.
CREATE TABLE key_events (
  seq bigint PRIMARY KEY,
  event_id uuid NOT NULL,
  kind text NOT NULL,
  tenant_id text NOT NULL,
  environment_id text,
  subject_id text NOT NULL,
  key_hash bytea CHECK (octet_length(key_hash) = 32),
  before jsonb,
  after jsonb,
  actor_key_id text NOT NULL,
  actor_user_id text NOT NULL,
  actor_address text NOT NULL,
  request_id text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX key_events_of_subject ON key_events (tenant_id, subject_id, seq);

-- The beginning is an event too, so that every position in the feed is that of an event.
INSERT INTO key_events (seq, event_id, kind, tenant_id, subject_id, actor_key_id, actor_user_id, actor_address, request_id)
SELECT seq, event_id, 'feed.created', '', '', 'system', 'system', '', '' FROM key_event_counter;
