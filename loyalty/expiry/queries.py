"""SQL over lots that expire, or end because their member is inactive."""

# Accounts with points in wallets where inactivity ends lots, or did so for lots of an earlier version.
IDLE_PAGE = """
SELECT a.id FROM ledger_accounts a
WHERE a.points_active > 0 AND ($1::uuid IS NULL OR a.id > $1) AND a.wallet_type_id IN (
    SELECT v.wallet_type_id FROM wallet_versions v WHERE v.expiry->>'kind' = 'inactivity')
ORDER BY a.id LIMIT $2
"""

# Lots without a date that were made under such a rule, and when their member last earned or spent, be it in
# an account that is merged into this one.
_IDLE_LOTS = """
SELECT a.id AS account_id, a.seq, a.member_id, a.wallet_type_id, w.warn_days, l.journal_id, l.line,
       l.points_active, (v.expiry->>'days')::int AS days,
       (WITH RECURSIVE family AS (
            SELECT a.id
            UNION SELECT s.id FROM family f
            JOIN ledger_journal t ON t.account_id = f.id AND t.verb = 'merge'
            JOIN ledger_journal g ON g.id = t.parent_id
            JOIN ledger_accounts s ON s.id = g.account_id AND s.merged_into = f.id)
        SELECT max(x.effective_at) FROM family f JOIN ledger_journal x ON x.account_id = f.id
        WHERE x.verb IN ('earn', 'settle', 'redeem', 'hold', 'capture', 'transfer')) AS active_at
FROM ledger_accounts a JOIN wallet_types w ON w.id = a.wallet_type_id
JOIN ledger_lots l ON l.account_id = a.id AND l.points_pending + l.points_active + l.points_held > 0
    AND l.points_active > 0 AND l.expires_at IS NULL
JOIN ledger_journal j ON j.id = l.journal_id
CROSS JOIN LATERAL wallet_version_at(w.id, j.recorded_at) v
WHERE v.expiry->>'kind' = 'inactivity'
"""
IDLE_LOTS = _IDLE_LOTS + "AND a.id = ANY ($1::uuid[]) ORDER BY a.id, l.journal_id, l.line"
IDLE_LOTS_OF = _IDLE_LOTS + "AND a.member_id = $1 AND a.wallet_type_id = $2 ORDER BY l.journal_id, l.line"

# What expires within the wallet's time of warning and was not told of: the first lots to expire, by day.
NOTE_DATED = """
WITH soon AS (
    SELECT a.member_id, a.wallet_type_id, (l.expires_at AT TIME ZONE m.time_zone)::date AS expires_on
    FROM ledger_lots l JOIN ledger_accounts a ON a.id = l.account_id
    JOIN wallet_types w ON w.id = a.wallet_type_id JOIN merchants m ON m.id = w.merchant_id
    WHERE l.merchant_id = current_merchant() AND l.points_active > 0
      AND l.expires_at > $1 AND l.expires_at <= $1 + make_interval(days => w.warn_days)
      AND NOT EXISTS (SELECT FROM expiry_warnings x WHERE x.member_id = a.member_id
          AND x.wallet_type_id = a.wallet_type_id
          AND x.expires_on = (l.expires_at AT TIME ZONE m.time_zone)::date)
    ORDER BY l.expires_at LIMIT $2
)
INSERT INTO expiry_warnings (merchant_id, member_id, wallet_type_id, expires_on, noted_at)
SELECT DISTINCT current_merchant(), member_id, wallet_type_id, expires_on, $1::timestamptz FROM soon
ORDER BY 2, 3, 4 ON CONFLICT DO NOTHING RETURNING id
"""

NOTE_IDLE = """
INSERT INTO expiry_warnings (merchant_id, member_id, wallet_type_id, expires_on, noted_at)
SELECT DISTINCT current_merchant(), n.member_id, n.wallet_type_id, n.expires_on, $4::timestamptz
FROM unnest($1::uuid[], $2::uuid[], $3::date[]) AS n (member_id, wallet_type_id, expires_on)
ORDER BY 2, 3, 4 ON CONFLICT DO NOTHING RETURNING id
"""

WARNING = """
SELECT x.member_id, x.wallet_type_id, x.expires_on, w.name, m.time_zone,
       (SELECT coalesce(sum(l.points_active), 0)::bigint FROM ledger_accounts a
        JOIN ledger_lots l ON l.account_id = a.id AND l.points_pending + l.points_active + l.points_held > 0
        WHERE a.member_id = x.member_id AND a.wallet_type_id = x.wallet_type_id AND l.expires_at > $2
          AND (l.expires_at AT TIME ZONE m.time_zone)::date = x.expires_on) AS points,
       (SELECT min(l.expires_at) FROM ledger_accounts a
        JOIN ledger_lots l ON l.account_id = a.id AND l.points_pending + l.points_active + l.points_held > 0
        WHERE a.member_id = x.member_id AND a.wallet_type_id = x.wallet_type_id AND l.expires_at > $2
          AND l.points_active > 0
          AND (l.expires_at AT TIME ZONE m.time_zone)::date = x.expires_on) AS expires_at
FROM expiry_warnings x JOIN wallet_types w ON w.id = x.wallet_type_id
JOIN merchants m ON m.id = x.merchant_id JOIN members b ON b.id = x.member_id
WHERE x.id = $1 AND b.left_at IS NULL
"""
WARNED = """
SELECT b.customer_id FROM expiry_warnings x JOIN members b ON b.id = x.member_id
WHERE x.id = $1 AND b.left_at IS NULL
"""
