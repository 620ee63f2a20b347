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

SEND = """
INSERT INTO opening_imports (id, merchant_id, file_name, reason, create_members, state, content, found,
                             asked_by, asked_at)
VALUES ($1, current_merchant(), $2, $3, $4, $5, $6, $7, $8, $9)
"""
LOCK_SENT = "SELECT content FROM opening_imports WHERE id = $1 FOR UPDATE"
DECIDE_SENT = """
UPDATE opening_imports SET state = $2, found = $3, decided_by = $4, decided_at = $5, content = NULL
WHERE id = $1
"""
TRIED_AGAIN = "UPDATE opening_imports SET found = $2 WHERE id = $1"
CONTENT = "SELECT file_name, content FROM opening_imports WHERE id = $1 AND state = 'waiting'"
LAPSE = """
UPDATE opening_imports SET state = 'lapsed', content = NULL, decided_at = $1
WHERE merchant_id = current_merchant() AND state = 'waiting' AND asked_at < $2 RETURNING id
"""
_SENT = """
SELECT o.id, o.file_name, o.reason, o.create_members, o.state, o.found, o.asked_by, a.name AS asked_by_name,
       o.asked_at, o.decided_by, d.name AS decided_by_name, o.decided_at
FROM opening_imports o JOIN staff a ON a.id = o.asked_by LEFT JOIN staff d ON d.id = o.decided_by
"""
SENT = _SENT + "WHERE o.id = $1"
NEWEST_SENT = _SENT + "ORDER BY o.id DESC LIMIT $1"
ROLE = "SELECT role FROM staff WHERE id = $1 AND disabled_at IS NULL"
