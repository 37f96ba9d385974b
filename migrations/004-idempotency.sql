-- Answers to requests that may be sent again with the same Idempotency-Key. The key isn't here: the id is derived
-- from it, and so is, in another way, what the answer is sealed with.
CREATE TABLE idempotent_answers (
  id bytea PRIMARY KEY CHECK (octet_length(id) = 32),
  tenant_id text NOT NULL,
  environment_id text NOT NULL,
  -- Tells whether the request is the same, to whoever has its key.
  fingerprint bytea NOT NULL CHECK (octet_length(fingerprint) = 32),
  -- Null only within the transaction that makes the answer.
  answer bytea,
  expires_at timestamptz NOT NULL DEFAULT now() + interval '24 hours',
  FOREIGN KEY (tenant_id, environment_id) REFERENCES environments (tenant_id, id)
);

CREATE INDEX idempotent_answers_expiry ON idempotent_answers (expires_at);
