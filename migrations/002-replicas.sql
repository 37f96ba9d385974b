-- One row for each process that decides from memory. A change waits until each has applied it or has lost its
-- lease: see lib/replication/README.md.
CREATE TABLE replicas (
  id text PRIMARY KEY,
  applied_seq bigint NOT NULL,
  lease_id uuid NOT NULL,
  lease_ms integer NOT NULL,
  renewed_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);
