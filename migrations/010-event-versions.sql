-- Two releases on one database, as during a rolling upgrade: each event says whether it decides and which version of
-- the stored format it needs, each replica announces the newest version that it understands, and the head of the feed
-- keeps the newest version that any deciding event has needed. The defaults are right for what the release before
-- this one wrote and goes on writing: its events have version 1, and its replicas know every kind of that version.

ALTER TABLE key_events ADD COLUMN decides boolean NOT NULL DEFAULT true;
ALTER TABLE key_events ADD COLUMN version smallint NOT NULL DEFAULT 1;

ALTER TABLE replicas ADD COLUMN event_version smallint NOT NULL DEFAULT 1;

ALTER TABLE key_event_counter ADD COLUMN required_version smallint NOT NULL DEFAULT 1;
