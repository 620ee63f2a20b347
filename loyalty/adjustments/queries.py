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

# What one person added to or took from one wallet alone since a moment; the member is locked before.
LOCK_MEMBER = "SELECT id FROM members WHERE id = $1 FOR NO KEY UPDATE"
ALONE = """
SELECT coalesce(sum(points), 0)::bigint FROM adjustments
WHERE member_id = $1 AND wallet = $2 AND asked_by = $3 AND state = 'posted' AND decided_by IS NULL
  AND asked_at > $4
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
