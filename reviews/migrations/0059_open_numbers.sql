-- Open cases as programs list them: by number, the newest first.
-- squawk-ignore ban-concurrent-index-creation-in-transaction
CREATE INDEX CONCURRENTLY IF NOT EXISTS cases_open_numbers ON cases (merchant_id, number) WHERE open;
