"""SQL of earning; arguments are arrays of equal length."""

# Sorted, so that two batches that share members never wait for each other in a circle.
LOCK_LIMITS = """
SELECT pg_advisory_xact_lock(hashtextextended('limits ' || m, 0))
FROM (SELECT DISTINCT m FROM unnest($1::uuid[]) m ORDER BY m) x
"""

# Also what those had for whom a member stands.
USED = """
SELECT n.rule_id, n.member_id, n.since, u.wallet, count(*)::int AS times, sum(u.points)::bigint AS points
FROM (SELECT DISTINCT * FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::timestamptz[])
          AS x (rule_id, member_id, since, until)) n
CROSS JOIN LATERAL (SELECT n.member_id AS id UNION ALL
                    SELECT m.id FROM members m WHERE m.merged_into = n.member_id) had
JOIN rule_uses u ON u.rule_id = n.rule_id AND u.member_id = had.id
     AND u.occurred_at >= n.since AND u.occurred_at < n.until
GROUP BY 1, 2, 3, 4
"""

ADD_USES = """
INSERT INTO rule_uses (merchant_id, rule_id, member_id, wallet, source_id, occurred_at, points)
SELECT current_merchant(), *
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::timestamptz[], $6::bigint[])
ON CONFLICT DO NOTHING
"""

# `used_up`: nothing is left in all; `points_left`: in all or in the newest period, whichever is less (NULL:
# no limit). What is read here may be old by a moment; the ledger decides.
BUDGETS = """
SELECT c.id, c.budget_id, coalesce(whole.points <= 0, false) AS used_up,
       least(whole.points, newest.points)::bigint AS points_left
FROM campaigns c
CROSS JOIN LATERAL (SELECT sum(s.points_left) AS points FROM ledger_budget_slots s
                    WHERE s.budget_id = c.budget_id AND s.period_start = '-infinity') whole
CROSS JOIN LATERAL (SELECT sum(s.points_left) AS points FROM ledger_budget_slots s
                    WHERE s.budget_id = c.budget_id AND s.period_start = (
                        SELECT max(period_start) FROM ledger_budget_slots n
                        WHERE n.budget_id = c.budget_id AND n.period_start > '-infinity')) newest
WHERE c.id = ANY ($1::uuid[]) AND c.budget_id IS NOT NULL
"""

# Who had left, or had not joined yet, does not earn. $1 keys, $2 triggers, $3 names, $4 members, $5 when,
# $6 now, $7 data, $8 tier codes and $9 their percents.
ADD_EVENTS = """
INSERT INTO earning_events AS e (merchant_id, key, trigger, name, member_id, occurred_at, counted_at,
                                 tier_code, multiplier_percent, segments, data)
SELECT current_merchant(), n.key, n.trigger, n.name, m.id, n.at, $6, m.tier_code, coalesce(t.percent, 100),
       ARRAY(SELECT jsonb_array_elements_text(n.segments::jsonb)::uuid), n.data::jsonb
FROM unnest($1::text[], $2::text[], $3::text[], $4::uuid[], $5::timestamptz[], $7::text[], $10::text[])
         AS n (key, trigger, name, member_id, at, data, segments)
JOIN members m ON m.id = n.member_id AND n.at >= m.joined_at AND (m.left_at IS NULL OR n.at < m.left_at)
LEFT JOIN unnest($8::text[], $9::int[]) AS t (code, percent) ON t.code = m.tier_code
ORDER BY n.key
ON CONFLICT (merchant_id, key) DO NOTHING
RETURNING e.id, e.key, e.member_id, e.tier_code, e.multiplier_percent, e.segments,
          (SELECT joined_at FROM members x WHERE x.id = e.member_id) AS joined_at
"""

# The earns of events, with what is left of them and who has it now. What came while its member was merged was
# posted for whoever stood for them, and stays there when the merge is undone.
EARNS_OF_EVENTS = """
SELECT e.key AS event_key, j.id AS journal_id, j.key, w.code AS wallet, w.debt_policy, o.member_id,
       l.points_pending, l.points - l.points_clawed_back AS points_left
FROM earning_events e JOIN members m ON m.id = e.member_id
CROSS JOIN LATERAL (
    WITH RECURSIVE stood (id) AS (
        SELECT m.customer_id
        UNION SELECT g.survivor_id FROM stood s JOIN member_merges g ON g.source_id = s.id)
    SELECT k.id FROM stood s JOIN members k ON k.customer_id = s.id) had
JOIN ledger_accounts a ON a.member_id = had.id
JOIN wallet_types w ON w.id = a.wallet_type_id
JOIN ledger_journal j ON j.account_id = a.id AND j.verb = 'earn'
     AND starts_with(j.key, 'earn:' || e.id || ':')
JOIN ledger_lots l ON l.journal_id = j.id AND l.line = 1
JOIN ledger_accounts o ON o.id = l.account_id
WHERE e.key = ANY ($1::text[]) ORDER BY o.member_id, j.key
"""

# Nobody completes a profile twice, once as somebody for whom they stand now.
COMPLETE_PROFILES = """
SELECT m.id FROM members m JOIN customer_profiles p ON p.customer_id = m.customer_id
WHERE m.customer_id = ANY ($1::uuid[]) AND m.left_at IS NULL
  AND p.email <> '' AND p.name <> '' AND p.birthday IS NOT NULL
  AND NOT EXISTS (SELECT FROM members s JOIN earning_events e ON e.merchant_id = s.merchant_id
                  AND e.key = 'profile_completed:' || s.id WHERE s.merged_into = m.id)
"""

# $2 the year: nobody has two in it, the other as somebody for whom they stand now.
BIRTHDAYS = """
SELECT m.id FROM members m JOIN customer_profiles p ON p.customer_id = m.customer_id
WHERE m.left_at IS NULL AND p.birthday = ANY ($1::text[])
  AND NOT EXISTS (SELECT FROM members s JOIN earning_events e ON e.merchant_id = s.merchant_id
                  AND e.key = 'birthday:' || s.id || ':' || $2::int WHERE s.merged_into = m.id)
ORDER BY m.id
"""

MEMBERS_OF = """
SELECT c.external_id, m.id FROM customers c
JOIN members m
     ON m.customer_id = CASE WHEN c.merged_into IS NULL THEN c.id ELSE c.merged_into END
WHERE c.external_id = ANY ($1::text[])
"""

SHARE_BUDGET = "SELECT pg_advisory_xact_lock_shared(hashtextextended('budget ' || $1::uuid, 0))"
TAKE_BUDGET = "SELECT pg_advisory_xact_lock(hashtextextended('budget ' || $1::uuid, 0))"
