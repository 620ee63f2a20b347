-- When the member accepted the version of the terms that stands in terms_version; NULL: when they joined.
ALTER TABLE members ADD COLUMN terms_accepted_at timestamptz;
