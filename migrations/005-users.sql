-- Whom keys belong to, people and service accounts. The id of a user is unique within the tenant: that of a
-- configured key's comes from the configuration.
CREATE TABLE users (
  tenant_id text NOT NULL REFERENCES tenants (id),
  id text NOT NULL,
  type text NOT NULL DEFAULT 'user' CHECK (type IN ('user', 'service_account')),
  name text NOT NULL,
  email text,
  roles text[] NOT NULL DEFAULT '{}',
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'inactive')),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id)
);

-- They are the user's.
ALTER TABLE api_keys DROP COLUMN roles;

-- What a replica loads of them.
CREATE INDEX users_inactive ON users (tenant_id, id) WHERE status = 'inactive';

-- What a user's keys may is asked before the user is activated.
CREATE INDEX api_keys_of_user ON api_keys (tenant_id, user_id) WHERE status <> 'deleted';

-- Those that have keys already.
INSERT INTO users (tenant_id, id, type, name)
SELECT tenant_id, user_id, max(user_type), user_id FROM api_keys GROUP BY tenant_id, user_id;
