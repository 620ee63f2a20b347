-- Cases of one state as programs list them: spam and duplicates are few among many.
-- squawk-ignore ban-concurrent-index-creation-in-transaction
CREATE INDEX CONCURRENTLY IF NOT EXISTS cases_state_numbers ON cases (merchant_id, state, number);
