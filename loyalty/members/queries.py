"""SQL over members."""

# Who was deleted before the joining was heard of has left. Of several joinings the first counts,
# whichever was heard of first; `is_new` tells an inserted row from one that was moved back.
ENROL = """
INSERT INTO members AS m (merchant_id, customer_id, joined_at, left_at, terms_version, tier_code, tier_since)
SELECT current_merchant(), c.id, n.joined_at, c.deleted_at, n.terms_version, $4, n.joined_at
FROM unnest($1::uuid[], $2::timestamptz[], $3::text[]) AS n (customer_id, joined_at, terms_version)
JOIN customers c ON c.id = n.customer_id
ORDER BY c.id
ON CONFLICT (merchant_id, customer_id) DO UPDATE
    SET joined_at = excluded.joined_at, terms_version = excluded.terms_version
    WHERE excluded.joined_at < m.joined_at
RETURNING id, customer_id, joined_at, xmax = 0 AS is_new
"""

NOTE_JOINED = """
INSERT INTO tier_changes (merchant_id, member_id, version_id, set_code, to_code, value, reason, changed_at)
SELECT current_merchant(), n.id, $3, s.code, s.lowest, 0, 'joined', n.at
FROM unnest($1::uuid[], $2::timestamptz[]) AS n (id, at), unnest($4::text[], $5::text[]) AS s (code, lowest)
"""

LEAVE = "UPDATE members SET left_at = least(left_at, $2) WHERE customer_id = ANY ($1::uuid[])"

OF_CUSTOMERS = """
SELECT id, customer_id, joined_at, left_at, tier_code FROM members WHERE customer_id = ANY ($1::uuid[])
"""

BY_EXTERNAL_IDS = """
SELECT m.id, m.customer_id, c.external_id, m.joined_at, m.left_at, m.tier_code, m.tier_since
FROM members m JOIN customers c ON c.id = m.customer_id WHERE c.external_id = ANY ($1::text[])
"""

JOINED = """
SELECT c.external_id, m.id, m.joined_at FROM members m JOIN customers c ON c.id = m.customer_id
WHERE c.external_id = ANY ($1::text[])
"""

BY_CUSTOMER = """
SELECT m.id, m.customer_id, c.external_id, m.joined_at, m.left_at, m.tier_code, m.tier_since
FROM members m JOIN customers c ON c.id = m.customer_id WHERE m.customer_id = $1
"""

BALANCES = """
SELECT w.code AS wallet, coalesce(a.points_pending, 0) AS points_pending,
       coalesce(a.points_active, 0) AS points_active,
       coalesce(a.points_held, 0) AS points_held, coalesce(a.points_debt, 0) AS points_debt
FROM wallet_types w LEFT JOIN ledger_accounts a ON a.wallet_type_id = w.id AND a.member_id = $1
ORDER BY w.code
"""

# $1 what was typed, $2 how many. Names by any part; addresses and customer numbers only whole.
SEARCH = """
SELECT m.id, c.external_id, coalesce(p.name, '') AS name, m.tier_code, m.joined_at, m.left_at
FROM members m JOIN customers c ON c.id = m.customer_id
LEFT JOIN customer_profiles p ON p.customer_id = c.id
WHERE c.external_id = $1 OR lower(p.email) = lower($1) OR strpos(lower(p.name), lower($1)) > 0
ORDER BY c.external_id <> $1, p.name, c.external_id LIMIT $2
"""

BY_ID = """
SELECT m.id, m.customer_id, c.external_id, m.joined_at, m.left_at, m.tier_code, m.tier_since
FROM members m JOIN customers c ON c.id = m.customer_id WHERE m.id = $1
"""
