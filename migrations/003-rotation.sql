-- A rotated key and the one that replaces it name each other: `rotated_to` was there from the beginning.
ALTER TABLE api_keys ADD COLUMN rotated_from text;
