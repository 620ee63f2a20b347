"""SQL over households."""

ADD = "INSERT INTO households (merchant_id, created_at) VALUES (current_merchant(), $1) RETURNING id"

LOCK = "SELECT id FROM households WHERE id = $1 FOR NO KEY UPDATE"

# Who left the programme, or was merged into somebody, is not in the household while that is so.
MEMBERS = """
SELECT p.member_id, c.external_id, p.joined_at, coalesce(a.points_active, 0) AS points_active
FROM household_members p JOIN members m ON m.id = p.member_id JOIN customers c ON c.id = m.customer_id
LEFT JOIN (ledger_accounts a JOIN wallet_types w ON w.id = a.wallet_type_id AND w.code = 'points')
     ON a.member_id = p.member_id
WHERE p.household_id = $1 AND p.left_at IS NULL AND m.left_at IS NULL ORDER BY p.joined_at, p.member_id
"""

OF_MEMBER = "SELECT household_id FROM household_members WHERE member_id = $1 AND left_at IS NULL"

JOIN = """
INSERT INTO household_members (merchant_id, household_id, member_id, joined_at)
VALUES (current_merchant(), $1, $2, $3) ON CONFLICT DO NOTHING RETURNING member_id
"""

LEAVE = """
UPDATE household_members SET left_at = greatest($3, joined_at)
WHERE household_id = $1 AND member_id = $2 AND left_at IS NULL RETURNING member_id
"""

# What a member and those in the household with them can spend at a moment.
SPENDABLE = """
SELECT a.member_id, l.expires_at, sum(l.points_active)::bigint AS points
FROM (SELECT $1::uuid AS id UNION SELECT p.member_id FROM household_members mine
      JOIN household_members p ON p.household_id = mine.household_id AND p.left_at IS NULL
      JOIN members m ON m.id = p.member_id AND m.left_at IS NULL
      WHERE mine.member_id = $1 AND mine.left_at IS NULL) payer
JOIN ledger_accounts a ON a.member_id = payer.id
JOIN wallet_types w ON w.id = a.wallet_type_id AND w.code = 'points'
JOIN ledger_lots l ON l.account_id = a.id AND l.points_pending + l.points_active + l.points_held > 0
     AND l.points_active > 0 AND (l.expires_at IS NULL OR l.expires_at > $2)
GROUP BY a.member_id, l.expires_at
"""

ADD_SHARES = """
INSERT INTO household_shares (journal_id, merchant_id, redemption_id, member_id)
SELECT n.journal_id, current_merchant(), $1, n.member_id
FROM unnest($2::uuid[], $3::uuid[]) AS n (journal_id, member_id)
"""

# The posting that a voucher names, and those of the others who paid.
PAYMENTS = """
SELECT j.key, a.member_id FROM ledger_journal j JOIN ledger_accounts a ON a.id = j.account_id WHERE j.id = $1
UNION ALL
SELECT j.key, s.member_id FROM household_shares s JOIN ledger_journal j ON j.id = s.journal_id
WHERE s.redemption_id = $1
"""

# ---------------------------------------------------------------- holds

TURN = "SELECT pg_advisory_xact_lock(hashtextextended('household hold ' || $1, 0))"

# A hold, and what others hold for it, in the order in which they pay; each by whoever has its points by now.
HELD = """
SELECT j.key, a.member_id, w.code AS wallet, h.points_left, j.reason->>'for' AS for_member
FROM ledger_journal f
CROSS JOIN LATERAL (SELECT f.id, 0 AS turn UNION ALL
                    SELECT s.journal_id, 1 FROM household_shares s WHERE s.redemption_id = f.id) part
JOIN ledger_journal j ON j.id = part.id JOIN ledger_holds h ON h.journal_id = j.id
JOIN ledger_accounts a ON a.id = h.account_id JOIN wallet_types w ON w.id = a.wallet_type_id
WHERE f.merchant_id = current_merchant() AND f.key = $1 ORDER BY part.turn, j.id
"""

# What was captured of a hold and of those of the others, the last first, with what of it can be given back.
CAPTURED = """
SELECT c.key, a.member_id, w.code AS wallet,
       c.points - coalesce((SELECT sum(e.points) FROM ledger_journal r
                            JOIN ledger_entries e ON e.journal_id = r.id AND e.debit = 'redeemed'
                            WHERE r.parent_id = c.id AND r.verb = 'reverse'), 0)::bigint AS points_left
FROM ledger_journal f
CROSS JOIN LATERAL (SELECT f.id UNION ALL
                    SELECT s.journal_id FROM household_shares s WHERE s.redemption_id = f.id) part
JOIN ledger_journal c ON c.parent_id = part.id AND c.verb = 'capture'
JOIN ledger_accounts a ON a.id = c.account_id JOIN wallet_types w ON w.id = a.wallet_type_id
WHERE f.merchant_id = current_merchant() AND f.key = $1 ORDER BY c.id DESC
"""
