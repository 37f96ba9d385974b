-- The trail that key_events is: whose key made each change, indexes to read it by, and no way to change it.

-- The tenant of the key that made the change; null for the service itself. The operator's keys change other tenants
-- too, and those are told that it was the operator, but not who. Of the operator's older changes it isn't known.
ALTER TABLE key_events ADD COLUMN actor_tenant_id text;
UPDATE key_events SET actor_tenant_id = tenant_id
 WHERE actor_key_id <> 'system' AND actor_key_id NOT LIKE 'key\_configured\_%';

-- Times that follow the order of the changes, even when the clock of the server is set back: so that an instant names a
-- place in the feed.
ALTER TABLE key_event_counter ADD COLUMN changed_at timestamptz NOT NULL DEFAULT now();
CREATE INDEX key_events_of_time ON key_events (created_at, seq);

-- Each filter with the order of the pages; the trail of one subject has its index already.
CREATE INDEX key_events_of_environment ON key_events (tenant_id, environment_id, seq);
CREATE INDEX key_events_of_kind ON key_events (tenant_id, environment_id, kind, seq);
CREATE INDEX key_events_of_actor_key ON key_events (tenant_id, actor_key_id, seq);
CREATE INDEX key_events_of_actor_user ON key_events (tenant_id, actor_user_id, seq);

CREATE FUNCTION refuse_to_change_key_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'key_events is append-only: % is refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;

-- For the owner of the table as well, whom no privilege binds; and always, whatever the role of the session.
CREATE TRIGGER key_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON key_events
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_key_events();
ALTER TABLE key_events ENABLE ALWAYS TRIGGER key_events_append_only;
