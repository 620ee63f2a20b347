-- Of each merchant the oldest first: by age alone, a purge for one merchant read what was over of all others.
CREATE INDEX CONCURRENTLY IF NOT EXISTS idempotency_keys_merchant_age ON idempotency_keys (merchant_id, created_at);
