-- Sessions that ended long ago are found by it (staff_id IS NULL: those of customers), and the newest of somebody.
CREATE INDEX CONCURRENTLY IF NOT EXISTS sessions_ends ON sessions (merchant_id, staff_id, expires_at);
