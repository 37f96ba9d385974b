-- A rotated key and the one that replaces it name each other: `rotated_to` was there from the beginning.
ALTER TABLE api_keys ADD COLUMN rotated_from text;

-- Of an imported key only the hash is known.
ALTER TABLE api_keys ALTER COLUMN display_id DROP NOT NULL;
