DROP INDEX IF EXISTS member_merges_source;
