-- Sessions of customers are signed and not stored: only how far they can reach, and what of them is revoked.
ALTER TABLE customers
  ADD COLUMN status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'inactive')),
  -- Grows each time that all sessions of the customer are revoked; a session says in which one it was issued.
  ADD COLUMN session_generation integer NOT NULL DEFAULT 0,
  -- When the last session that was issued has expired; none was, if it is null.
  ADD COLUMN sessions_until timestamptz;

-- What a replica has to remember until it has expired. It stays when its customer goes.
CREATE TABLE session_revocations (
  tenant_id text NOT NULL,
  environment_id text NOT NULL,
  customer_id text NOT NULL,
  -- Empty: all sessions of the customer that were issued in an earlier generation.
  session_id text NOT NULL,
  generation integer NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (customer_id, session_id),
  FOREIGN KEY (tenant_id, environment_id) REFERENCES environments (tenant_id, id)
);
CREATE INDEX session_revocations_expiry ON session_revocations (expires_at);
