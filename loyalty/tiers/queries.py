"""SQL over tiers: always of a set of members, never one by one."""

# $1 members (NULL: all), $2 as of, $3 window in days, $4 tier codes, $5 their thresholds from the lowest up.
# Qualifying points: what became active in the qualifying wallet within the window, less what was taken back.
_MOVES = """
WITH metric AS (
    SELECT m.id, m.tier_code, m.joined_at,
           greatest(0, coalesce(sum(
               CASE WHEN e.credit = 'active' THEN e.points
                    WHEN e.debit = 'active' THEN -e.points ELSE 0 END), 0
           ))::bigint AS points
    FROM members m
    LEFT JOIN ledger_accounts a ON a.member_id = m.id
         AND a.wallet_type_id = (SELECT id FROM wallet_types WHERE code = 'qualifying')
    LEFT JOIN ledger_journal j ON j.account_id = a.id
         AND j.effective_at > $2::timestamptz - make_interval(days => $3) AND j.effective_at <= $2
    LEFT JOIN ledger_entries e ON e.journal_id = j.id
    WHERE m.left_at IS NULL AND ($1::uuid[] IS NULL OR m.id = ANY ($1))
    GROUP BY m.id
), placed AS (
    SELECT x.*, (SELECT t.code
                 FROM unnest($4::text[], $5::bigint[]) WITH ORDINALITY AS t (code, threshold, rank)
                 WHERE t.threshold <= x.points ORDER BY t.rank DESC LIMIT 1) AS to_code
    FROM metric x
), moves AS (
    SELECT id, tier_code AS from_code, to_code, points FROM placed WHERE tier_code <> to_code
), marked AS (                                 -- stands for exactly these moves
    SELECT encode(sha256(convert_to(
               coalesce(string_agg(id || ' ' || from_code || '>' || to_code, ',' ORDER BY id), ''),
               'UTF8')), 'hex') AS mark FROM moves
)
"""

PREVIEW = (
    _MOVES
    + """
SELECT (SELECT count(*) FROM placed) AS members,
       (SELECT mark FROM marked) AS mark,
       (SELECT coalesce(jsonb_agg(x), '[]') FROM (
            SELECT from_code, to_code, count(*) AS members FROM moves
            GROUP BY 1, 2 ORDER BY 1, 2) x) AS flows,
       (SELECT coalesce(jsonb_object_agg(tier_code, n), '{}') FROM (
            SELECT tier_code, count(*) AS n FROM placed GROUP BY 1) x) AS before,
       (SELECT coalesce(jsonb_object_agg(to_code, n), '{}') FROM (
            SELECT to_code, count(*) AS n FROM placed GROUP BY 1) x) AS after,
       (SELECT coalesce(jsonb_agg(x), '[]') FROM (
            SELECT v.id AS member_id, c.external_id, p.name, v.from_code, v.to_code, v.points
            FROM moves v JOIN members m ON m.id = v.id JOIN customers c ON c.id = m.customer_id
            LEFT JOIN customer_profiles p ON p.customer_id = c.id
            ORDER BY sha256(convert_to(v.id::text, 'UTF8')) LIMIT 5) x) AS examples
"""
)

# $6 the version they move under, $7 the reason.
APPLY = (
    _MOVES
    + """
, moved AS (
    UPDATE members m SET tier_code = v.to_code, tier_since = $2
    FROM moves v WHERE m.id = v.id AND m.tier_code = v.from_code RETURNING m.id
), noted AS (
    INSERT INTO tier_changes (merchant_id, member_id, version_id, from_code, to_code, qualifying_points,
                              reason, changed_at)
    SELECT current_merchant(), v.id, $6::uuid, v.from_code, v.to_code, v.points, $7, $2
    FROM moves v JOIN moved ON moved.id = v.id
)
SELECT (SELECT count(*) FROM moved) AS moved, (SELECT mark FROM marked) AS mark
"""
)

# Recalculations run side by side; publishing waits for them and keeps others out.
SHARE = "SELECT pg_advisory_xact_lock_shared(hashtextextended('tiers ' || current_merchant(), 0))"
ALONE = "SELECT pg_advisory_xact_lock(hashtextextended('tiers ' || current_merchant(), 0))"

POINTS = """
SELECT greatest(0, coalesce(sum(CASE WHEN e.credit = 'active' THEN e.points
                                     WHEN e.debit = 'active' THEN -e.points ELSE 0 END), 0))::bigint
FROM ledger_accounts a
JOIN ledger_journal j ON j.account_id = a.id
     AND j.effective_at > $2::timestamptz - make_interval(days => $3) AND j.effective_at <= $2
JOIN ledger_entries e ON e.journal_id = j.id
WHERE a.member_id = $1 AND a.wallet_type_id = (SELECT id FROM wallet_types WHERE code = 'qualifying')
"""

COUNTS = "SELECT tier_code, count(*) AS members FROM members WHERE left_at IS NULL GROUP BY 1"
