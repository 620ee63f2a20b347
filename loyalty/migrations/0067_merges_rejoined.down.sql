ALTER TABLE member_merges DROP COLUMN survivor_rejoined_at;
