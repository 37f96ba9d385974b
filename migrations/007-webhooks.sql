-- Webhooks that an environment receives: the secrets that they are signed with, and what has arrived.

CREATE TABLE webhook_secrets (
  id text PRIMARY KEY,
  tenant_id text NOT NULL,
  environment_id text NOT NULL,
  provider text NOT NULL CHECK (provider IN ('standard', 'stripe', 'github', 'hmac')),
  -- How the provider `hmac` signs; null for the others, which say so themselves.
  hmac jsonb CHECK ((hmac IS NOT NULL) = (provider = 'hmac')),
  -- Encrypted under the master key of this id, which is in the configuration and never here.
  master_key_id text NOT NULL,
  sealed bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  FOREIGN KEY (tenant_id, environment_id) REFERENCES environments (tenant_id, id)
);
CREATE INDEX webhook_secrets_listing ON webhook_secrets (tenant_id, environment_id, provider, id);
CREATE INDEX webhook_secrets_sealing ON webhook_secrets (master_key_id, id);

-- The head of each environment's deliveries. Its row is locked from the update to the commit, which makes the
-- order of the numbers the order of the commits: who has read up to one will never find a lower one.
CREATE TABLE webhook_feeds (
  tenant_id text NOT NULL,
  environment_id text NOT NULL,
  last_seq bigint NOT NULL DEFAULT 0,
  stored_bytes bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant_id, environment_id),
  FOREIGN KEY (tenant_id, environment_id) REFERENCES environments (tenant_id, id)
) WITH (fillfactor = 50);

-- What tells a delivery from all others, as SHA-256. Kept longer than the delivery, so that it isn't taken again.
CREATE TABLE webhook_receipts (
  tenant_id text NOT NULL,
  environment_id text NOT NULL,
  provider text NOT NULL,
  digest bytea NOT NULL CHECK (octet_length(digest) = 32),
  received_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, environment_id, provider, digest),
  FOREIGN KEY (tenant_id, environment_id) REFERENCES environments (tenant_id, id)
);
CREATE INDEX webhook_receipts_age ON webhook_receipts (received_at);

CREATE TABLE webhook_deliveries (
  id text PRIMARY KEY,
  tenant_id text NOT NULL,
  environment_id text NOT NULL,
  seq bigint NOT NULL,
  provider text NOT NULL,
  -- The secret that it was signed with, which may be gone by now.
  secret_id text NOT NULL,
  -- The provider's own id of it.
  delivery_id text,
  headers jsonb NOT NULL,
  body bytea NOT NULL,
  body_bytes integer NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now(),
  acknowledged_at timestamptz,
  UNIQUE (tenant_id, environment_id, seq),
  FOREIGN KEY (tenant_id, environment_id) REFERENCES environments (tenant_id, id)
);
CREATE INDEX webhook_deliveries_waiting ON webhook_deliveries (tenant_id, environment_id, seq)
  WHERE acknowledged_at IS NULL;
CREATE INDEX webhook_deliveries_age ON webhook_deliveries (received_at);
CREATE INDEX webhook_deliveries_done ON webhook_deliveries (acknowledged_at) WHERE acknowledged_at IS NOT NULL;
