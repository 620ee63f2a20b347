"""SQL over holds of points. Those of rewards are other postings, and are not found here."""

# The ledger keeps what is left of a hold, and whose it is after a merge; what was captured are its postings.
HOLD = """
SELECT j.id, j.key, w.code AS wallet, j.points, h.points_left, h.ends_at, j.effective_at AS held_at,
       coalesce((SELECT sum(c.points) FROM ledger_journal c
                 WHERE c.parent_id = j.id AND c.verb = 'capture'), 0)::bigint AS points_captured
FROM ledger_journal j JOIN ledger_holds h ON h.journal_id = j.id
JOIN ledger_accounts a ON a.id = h.account_id JOIN wallet_types w ON w.id = a.wallet_type_id
WHERE j.id = $1 AND a.member_id = $2 AND starts_with(j.key, 'checkout:')
"""
