"""SQL of earning; arguments are arrays of equal length."""

# Sorted, so that two batches that share members never wait for each other in a circle.
LOCK_LIMITS = """
SELECT pg_advisory_xact_lock(hashtextextended('limits ' || m, 0))
FROM (SELECT DISTINCT m FROM unnest($1::uuid[]) m ORDER BY m) x
"""

USED = """
SELECT n.rule_id, n.member_id, n.since, u.wallet, count(*)::int AS times, sum(u.points)::bigint AS points
FROM (SELECT DISTINCT * FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::timestamptz[])
          AS x (rule_id, member_id, since, until)) n
JOIN rule_uses u ON u.rule_id = n.rule_id AND u.member_id = n.member_id
     AND u.occurred_at >= n.since AND u.occurred_at < n.until
GROUP BY 1, 2, 3, 4
"""

ADD_USES = """
INSERT INTO rule_uses (merchant_id, rule_id, member_id, wallet, source_id, occurred_at, points)
SELECT current_merchant(), *
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::timestamptz[], $6::bigint[])
ON CONFLICT DO NOTHING
"""

BUDGETS = "SELECT id, budget_id FROM campaigns WHERE id = ANY ($1::uuid[]) AND budget_id IS NOT NULL"
