ALTER TABLE members DROP COLUMN terms_accepted_at;
