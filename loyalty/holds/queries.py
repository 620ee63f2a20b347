"""SQL over holds of points. Those of rewards are other postings, and are not found here."""

# The ledger keeps what is left of a hold, and whose it is after a merge; what was captured are its postings.
# Parts that others of a household hold for it are counted with it, and are no holds of theirs to capture.
HOLD = """
SELECT j.id, j.key, w.code AS wallet, parts.points, parts.points_left, h.ends_at, j.effective_at AS held_at,
       parts.points_captured, parts.points_returned
FROM ledger_journal j JOIN ledger_holds h ON h.journal_id = j.id
JOIN ledger_accounts a ON a.id = h.account_id JOIN wallet_types w ON w.id = a.wallet_type_id
CROSS JOIN LATERAL (
    SELECT sum(p.points)::bigint AS points, sum(l.points_left)::bigint AS points_left,
           coalesce(sum((SELECT sum(c.points) FROM ledger_journal c
                         WHERE c.parent_id = p.id AND c.verb = 'capture')), 0)::bigint AS points_captured,
           coalesce(sum((SELECT sum(e.points) FROM ledger_journal c
                         JOIN ledger_journal r ON r.parent_id = c.id AND r.verb = 'reverse'
                         JOIN ledger_entries e ON e.journal_id = r.id AND e.debit = 'redeemed'
                         WHERE c.parent_id = p.id AND c.verb = 'capture')), 0)::bigint AS points_returned
    FROM (SELECT j.id UNION ALL SELECT s.journal_id FROM household_shares s WHERE s.redemption_id = j.id) part
    JOIN ledger_journal p ON p.id = part.id JOIN ledger_holds l ON l.journal_id = part.id) parts
WHERE j.id = $1 AND starts_with(j.key, 'checkout:')
  AND NOT EXISTS (SELECT FROM household_shares s WHERE s.journal_id = j.id)
  AND CASE WHEN j.reason ? 'for' THEN (j.reason->>'for')::uuid IN (
                SELECT m.id FROM members m WHERE m.id = $2 OR m.merged_into = $2)
           ELSE a.member_id = $2 END
"""
