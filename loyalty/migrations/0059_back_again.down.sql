ALTER TABLE members DROP COLUMN rejoined_at;
