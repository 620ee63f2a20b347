"""The SQL of figures, and of the rows behind each; all of them of sets, none member by member."""

from loyalty.figures.rules import SIDES, Flow

# ---------------------------------------------------------------- tiers

# $1 set, $2 from, $3 until. Where a member stood before the first change in the period and after the last.
# Who was merged is the member who stands for them, and moves as that one does.
_MOVED = """
    SELECT member_id, (array_agg(from_code ORDER BY changed_at, id))[1] AS from_code,
           (array_agg(to_code ORDER BY changed_at DESC, id DESC))[1] AS to_code
    FROM tier_changes t WHERE set_code = $1 AND changed_at >= $2 AND changed_at < $3
      AND NOT EXISTS (SELECT FROM members k WHERE k.id = t.member_id AND k.merged_into IS NOT NULL)
    GROUP BY member_id
"""
MOVES = f"""
    SELECT from_code, to_code, count(*)::int AS members FROM ({_MOVED}) x
    WHERE from_code IS DISTINCT FROM to_code GROUP BY 1, 2 ORDER BY 1 NULLS FIRST, 2
"""
# $4 from (NULL: joined), $5 to, $6 after which, $7 how many.
MOVERS = f"""
    SELECT m.id, c.external_id, m.joined_at, m.tier_code FROM ({_MOVED}) x
    JOIN members m ON m.id = x.member_id JOIN customers c ON c.id = m.customer_id
    WHERE x.from_code IS NOT DISTINCT FROM $4 AND x.to_code = $5 AND ($6::uuid IS NULL OR m.id > $6)
    ORDER BY m.id LIMIT $7
"""

# $1 tier of the first set, $2 after which, $3 how many.
IN_TIER = """
    SELECT m.id, c.external_id, m.joined_at, m.tier_code
    FROM members m JOIN customers c ON c.id = m.customer_id
    WHERE m.left_at IS NULL AND m.tier_code = $1 AND ($2::uuid IS NULL OR m.id > $2)
    ORDER BY m.id LIMIT $3
"""

# ---------------------------------------------------------------- who comes back

# $1 time zone, $2 from, $3 until: members by the month in which they joined, and how many of them bought in
# each month since. Who was merged and who stands for them are one member, with the orders of both.
RETENTION = """
    WITH joined AS (
        SELECT customer_id, date_trunc('month', joined_at AT TIME ZONE $1)::date AS cohort
        FROM members WHERE joined_at >= $2 AND joined_at < $3 AND merged_into IS NULL
    ), sizes AS (SELECT cohort, count(*)::int AS size FROM joined GROUP BY 1),
    bought AS (
        SELECT cohort, month, count(*)::int AS members FROM (
            SELECT DISTINCT j.cohort, j.customer_id,
                   date_trunc('month', o.paid_at AT TIME ZONE $1)::date AS month
            FROM orders o LEFT JOIN customers k ON k.id = o.customer_id AND k.merged_into IS NOT NULL
            JOIN joined j ON j.customer_id = CASE WHEN k.id IS NULL THEN o.customer_id ELSE k.merged_into END
            WHERE o.paid_at >= $2 AND o.paid_at < $3 AND o.cancelled_at IS NULL) x
        WHERE month >= cohort GROUP BY 1, 2
    )
    SELECT s.cohort, s.size, b.month, b.members FROM sizes s LEFT JOIN bought b USING (cohort)
    ORDER BY s.cohort, b.month
"""
# $1 $2 when they joined, $3 $4 when they bought, $5 after which, $6 how many.
BUYERS = """
    SELECT m.id, c.external_id, m.joined_at, m.tier_code
    FROM members m JOIN customers c ON c.id = m.customer_id
    WHERE m.joined_at >= $1 AND m.joined_at < $2 AND ($5::uuid IS NULL OR m.id > $5)
      AND m.merged_into IS NULL
      AND EXISTS (SELECT FROM orders o WHERE o.cancelled_at IS NULL AND o.paid_at >= $3 AND o.paid_at < $4
                  AND o.customer_id = ANY (ARRAY(
                      SELECT m.customer_id
                      UNION ALL SELECT x.id FROM customers x WHERE x.merged_into = m.customer_id)))
    ORDER BY m.id LIMIT $6
"""

# ---------------------------------------------------------------- postings

_LOTS = """
    SELECT x.journal_id AS id, a.member_id, c.external_id, {at} AS effective_at, j.verb::text AS verb,
           x.points
    FROM (SELECT l.journal_id, l.account_id, min(l.expires_at) AS ends, sum(l.{points})::bigint AS points
          FROM ledger_lots l WHERE l.{points} > 0 AND {which} GROUP BY 1, 2) x
    JOIN ledger_accounts a ON a.id = x.account_id
    JOIN wallet_types w ON w.id = a.wallet_type_id AND w.code = $1
    JOIN ledger_journal j ON j.id = x.journal_id
    JOIN members m ON m.id = a.member_id JOIN customers c ON c.id = m.customer_id
    WHERE $2::uuid IS NULL OR x.journal_id < $2 ORDER BY x.journal_id DESC LIMIT $3
"""
# $1 wallet, $2 before which, $3 how many, $4 of those that expire until when.
PENDING = _LOTS.format(points="points_pending", which="true", at="j.effective_at")
EXPIRING = _LOTS.format(points="points_active", which="l.expires_at < $4", at="x.ends")

_OURS = "('pending', 'active', 'held', 'debt')"


def postings(flow: Flow) -> str:
    """What a figure of points adds up. $1 wallet, $2 from, $3 until, $4 after which, $5 how many.

    OFFSET 0 keeps the order of the steps: what happened then, the newest first, until there are enough.
    PostgreSQL would begin with all members, since it thinks that each policy hides most rows.
    """
    sides = ", ".join(f"'{side}'" for side, its in SIDES.items() if its == flow)
    coming = f"e.debit IN ({sides}) AND e.credit IN {_OURS}"
    going = f"e.credit IN ({sides}) AND e.debit IN {_OURS}"
    sign = 1 if flow == "earned" else -1
    return f"""
        SELECT j.id, a.member_id, c.external_id, j.effective_at, j.verb::text AS verb,
               (x.points * {sign})::bigint AS points
        FROM (SELECT id, account_id, effective_at, verb FROM ledger_journal
              WHERE effective_at >= $2 AND effective_at < $3 AND ($4::uuid IS NULL OR id < $4)
              ORDER BY id DESC OFFSET 0) j
        CROSS JOIN LATERAL (SELECT sum(CASE WHEN {coming} THEN e.points ELSE -e.points END) AS points
                            FROM ledger_entries e WHERE e.journal_id = j.id AND ({coming} OR {going})) x
        CROSS JOIN LATERAL (SELECT b.member_id FROM ledger_accounts b
                            JOIN wallet_types w ON w.id = b.wallet_type_id AND w.code = $1
                            WHERE b.id = j.account_id OFFSET 0) a
        JOIN members m ON m.id = a.member_id JOIN customers c ON c.id = m.customer_id
        WHERE x.points IS NOT NULL
        ORDER BY j.id DESC LIMIT $5
    """
