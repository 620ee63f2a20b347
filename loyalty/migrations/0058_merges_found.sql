-- Whoever ever stood for a customer, also in merges that were undone: points of what came meanwhile are theirs.
-- squawk-ignore ban-concurrent-index-creation-in-transaction
CREATE INDEX CONCURRENTLY IF NOT EXISTS member_merges_source ON member_merges (source_id);
