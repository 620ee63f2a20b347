-- Links that are over are deleted (core.purge), merchant by merchant.
CREATE INDEX CONCURRENTLY IF NOT EXISTS login_links_expiry ON login_links (merchant_id, expires_at);
