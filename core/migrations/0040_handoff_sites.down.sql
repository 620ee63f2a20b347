ALTER TABLE handoff_keys DROP COLUMN sites;
REVOKE DELETE ON sessions FROM regulars_app;
