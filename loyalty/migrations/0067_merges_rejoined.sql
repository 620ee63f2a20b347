-- What a survivor's coming back was when they began to stand for another: one heard of since stands.
ALTER TABLE member_merges ADD COLUMN survivor_rejoined_at timestamptz;
UPDATE member_merges g SET survivor_rejoined_at = m.rejoined_at
FROM members m WHERE m.customer_id = g.survivor_id AND g.undone_at IS NULL AND m.rejoined_at < g.merged_at;
