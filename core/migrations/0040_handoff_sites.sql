-- Sessions that ended long ago are deleted (core.purge).
GRANT DELETE ON sessions TO regulars_app;

-- Whose pages send customers with a token of this key ("https://shop.example"): they come in at once. Whoever comes from
-- elsewhere is asked first.
ALTER TABLE handoff_keys ADD COLUMN sites text[] NOT NULL DEFAULT '{}';
