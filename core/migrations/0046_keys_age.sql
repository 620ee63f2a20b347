-- The index before this one serves the purge of the version before just as well.
DROP INDEX CONCURRENTLY IF EXISTS idempotency_keys_age;
