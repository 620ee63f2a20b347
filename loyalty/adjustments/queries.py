"""SQL over adjustments."""

ADD = """
INSERT INTO adjustments (id, merchant_id, member_id, wallet, points, expires_at, cause, note, state, asked_by,
                         asked_at, decided_at, journal_id)
VALUES ($1, current_merchant(), $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
"""

LIMITS = "SELECT role, limit_points FROM adjustment_limits"

SET_LIMIT = """
INSERT INTO adjustment_limits (merchant_id, role, limit_points) VALUES (current_merchant(), $1, $2)
ON CONFLICT (merchant_id, role) DO UPDATE SET limit_points = excluded.limit_points
"""

# Before what somebody gives alone is counted and given: they give one thing after the other.
LOCK_PERSON = "SELECT id FROM staff WHERE id = $1 FOR NO KEY UPDATE"
# What one person ($2) gave these members ($1) alone since $3, less what they took: adjustments and files of
# opening balances, also to whoever was merged into them.
ALONE = """
WITH asked AS (SELECT id, coalesce(merged_into, id) AS survivor FROM members WHERE id = ANY ($1::uuid[])),
theirs AS (
    SELECT id AS asked, survivor AS id FROM asked
    UNION SELECT a.id, m.id FROM asked a JOIN members m ON m.merged_into = a.survivor
), given AS (
    SELECT t.asked, d.wallet, d.points FROM theirs t JOIN adjustments d ON d.member_id = t.id
    WHERE d.asked_by = $2 AND d.state = 'posted' AND d.decided_by IS NULL AND d.asked_at > $3
    UNION ALL
    SELECT t.asked, w.code, j.points
    FROM opening_imports o CROSS JOIN theirs t JOIN ledger_accounts l ON l.member_id = t.id
    JOIN wallet_types w ON w.id = l.wallet_type_id
    JOIN ledger_journal j ON j.account_id = l.id AND j.recorded_at > $3 AND j.reason->>'file' = o.id::text
    WHERE o.asked_by = $2 AND o.state = 'done' AND o.decided_by IS NULL AND o.asked_at > $3
)
SELECT asked AS member_id, wallet, sum(points)::bigint AS points FROM given GROUP BY 1, 2
"""

PERSON = "SELECT id, name, role FROM staff WHERE id = $1 AND disabled_at IS NULL"

LOCK = "SELECT id FROM adjustments WHERE id = $1 FOR UPDATE"

DECIDE = "UPDATE adjustments SET state = $2, decided_by = $3, decided_at = $4, journal_id = $5 WHERE id = $1"

_ONE = """
SELECT a.id, c.external_id AS customer_id, p.name AS customer_name, a.member_id, a.wallet, a.points,
       a.expires_at, a.cause, a.note, a.state, a.asked_by, s.name AS asked_by_name, a.asked_at,
       a.decided_by, d.name AS decided_by_name, a.decided_at, a.journal_id AS entry_id
FROM adjustments a
JOIN members m ON m.id = a.member_id JOIN customers c ON c.id = m.customer_id
LEFT JOIN customer_profiles p ON p.customer_id = c.id
JOIN staff s ON s.id = a.asked_by LEFT JOIN staff d ON d.id = a.decided_by
"""
ONE = _ONE + "WHERE a.id = $1"
# $1 state or NULL, $2 member or NULL, $3 before this id or NULL, $4 how many.
NEWEST = (
    _ONE
    + """
WHERE ($1::text IS NULL OR a.state = $1) AND ($2::uuid IS NULL OR a.member_id = $2)
  AND ($3::uuid IS NULL OR a.id < $3)
ORDER BY a.id DESC LIMIT $4
"""
)
