"""SQL over members and postings by their natural keys; arguments are arrays of equal length."""

# Whoever was merged into another brings points to the survivor.
MEMBERS = """
SELECT c.external_id, m.id, m.joined_at FROM customers c
JOIN members m
     ON m.customer_id = CASE WHEN c.merged_into IS NULL THEN c.id ELSE c.merged_into END
WHERE c.external_id = ANY ($1::text[]) AND m.left_at IS NULL
"""

# Also what was posted for whoever has been merged since.
KNOWN = """
SELECT j.key, j.points, coalesce(m.merged_into, m.id) AS member_id, w.code AS wallet FROM ledger_journal j
JOIN ledger_accounts a ON a.id = j.account_id JOIN members m ON m.id = a.member_id
JOIN wallet_types w ON w.id = a.wallet_type_id
WHERE j.merchant_id = current_merchant() AND j.key = ANY ($1::text[])
"""
