"""SQL over members.

Who stands for a customer is said by CASE, not by coalesce(): under row-level security PostgreSQL trusts no
coalesce() with an index, and would read all customers.
"""

# Who was deleted before the joining was heard of has left. Of several joinings the first counts,
# whichever was heard of first; `is_new` tells an inserted row from one that was moved back. Whoever left and
# came again began anew with that.
# Who is merged joins as whoever stands for them.
ENROL = """
INSERT INTO members AS m (merchant_id, customer_id, joined_at, left_at, terms_version, tier_code, tier_since)
SELECT current_merchant(), c.id, n.joined_at, c.deleted_at, n.terms_version, $4, n.joined_at
FROM (SELECT DISTINCT ON (1) coalesce(k.merged_into, k.id) AS id, x.joined_at, x.terms_version
      FROM unnest($1::uuid[], $2::timestamptz[], $3::text[]) AS x (customer_id, joined_at, terms_version)
      JOIN customers k ON k.id = x.customer_id ORDER BY 1, 2) n
JOIN customers c ON c.id = n.id
ORDER BY c.id
ON CONFLICT (merchant_id, customer_id) DO UPDATE
    SET joined_at = excluded.joined_at, terms_accepted_at = coalesce(m.terms_accepted_at, m.joined_at),
        terms_version = CASE m.terms_version WHEN '' THEN excluded.terms_version ELSE m.terms_version END
    WHERE excluded.joined_at < m.joined_at AND m.rejoined_at IS NULL
RETURNING id, customer_id, joined_at, xmax = 0 AS is_new
"""

NOTE_JOINED = """
INSERT INTO tier_changes (merchant_id, member_id, version_id, set_code, to_code, value, reason, changed_at)
SELECT current_merchant(), n.id, $3, s.code, s.lowest, 0, 'joined', n.at
FROM unnest($1::uuid[], $2::timestamptz[]) AS n (id, at), unnest($4::text[], $5::text[]) AS s (code, lowest)
"""

# Members who accept other terms later than those that they had; the last of several.
ACCEPT = """
UPDATE members m SET terms_version = n.terms_version, terms_accepted_at = n.at
FROM (SELECT DISTINCT ON (1) CASE WHEN k.merged_into IS NULL THEN k.id ELSE k.merged_into END AS customer_id,
             x.at, x.terms_version
      FROM unnest($1::uuid[], $2::timestamptz[], $3::text[]) AS x (customer_id, at, terms_version)
      JOIN customers k ON k.id = x.customer_id WHERE x.terms_version <> '' ORDER BY 1, 2 DESC) n
WHERE m.customer_id = n.customer_id AND n.at > coalesce(m.terms_accepted_at, m.joined_at)
  AND n.terms_version <> m.terms_version
"""

# Who had left and asks to be a member again; who is merged, as whoever stands for them.
REJOIN = """
UPDATE members m SET joined_at = n.joined_at, rejoined_at = n.joined_at, terms_version = n.terms_version,
       terms_accepted_at = n.joined_at, left_at = NULL
FROM unnest($1::uuid[], $2::timestamptz[], $3::text[]) AS n (customer_id, joined_at, terms_version)
JOIN customers k ON k.id = n.customer_id
JOIN customers c ON c.id = CASE WHEN k.merged_into IS NULL THEN k.id ELSE k.merged_into END
WHERE m.customer_id = c.id AND c.deleted_at IS NULL AND m.left_at <= n.joined_at
RETURNING m.id, m.customer_id
"""

# Of their own will; who is merged has not to be asked.
GO = """
UPDATE members SET left_at = greatest($2, joined_at)
WHERE id = $1 AND left_at IS NULL AND merged_into IS NULL RETURNING left_at
"""

LEAVE = "UPDATE members SET left_at = least(left_at, $2) WHERE customer_id = ANY ($1::uuid[])"

# Who was merged is the member who stands for them.
OF_CUSTOMERS = """
SELECT c.id AS customer_id, m.id, m.joined_at, m.left_at, m.tier_code
FROM customers c
JOIN members m
     ON m.customer_id = CASE WHEN c.merged_into IS NULL THEN c.id ELSE c.merged_into END
WHERE c.id = ANY ($1::uuid[])
"""

STANDING = "SELECT id, joined_at, left_at, tier_code FROM members WHERE id = ANY ($1::uuid[])"

BY_EXTERNAL_IDS = """
SELECT asked.external_id AS asked, m.id, m.customer_id, c.external_id, m.joined_at, m.left_at, m.tier_code,
       m.tier_since
FROM customers asked
JOIN customers c
     ON c.id = CASE WHEN asked.merged_into IS NULL THEN asked.id ELSE asked.merged_into END
JOIN members m ON m.customer_id = c.id WHERE asked.external_id = ANY ($1::text[])
"""

JOINED = """
SELECT c.external_id, m.id, m.joined_at, m.left_at
FROM customers c
JOIN members m
     ON m.customer_id = CASE WHEN c.merged_into IS NULL THEN c.id ELSE c.merged_into END
WHERE c.external_id = ANY ($1::text[])
"""

BY_CUSTOMER = """
SELECT m.id, m.customer_id, c.external_id, m.joined_at, m.left_at, m.tier_code, m.tier_since
FROM customers asked
JOIN customers c
     ON c.id = CASE WHEN asked.merged_into IS NULL THEN asked.id ELSE asked.merged_into END
JOIN members m ON m.customer_id = c.id WHERE asked.id = $1
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

# Who is a member now, in the order of their ids.
PAGE = """
SELECT m.id, c.external_id FROM members m JOIN customers c ON c.id = m.customer_id
WHERE m.merchant_id = $1 AND m.left_at IS NULL AND m.id > $2 ORDER BY m.id LIMIT $3
"""

BY_ID = """
SELECT m.id, m.customer_id, c.external_id, m.joined_at, m.left_at, m.tier_code, m.tier_since
FROM members m JOIN customers c ON c.id = m.customer_id WHERE m.id = $1
"""

# ---------------------------------------------------------------- one stands for another

LOCK_OF_CUSTOMERS = """
SELECT id, customer_id, joined_at, left_at, rejoined_at, terms_version FROM members
WHERE customer_id = ANY ($1::uuid[]) ORDER BY id FOR NO KEY UPDATE
"""

ADD_MERGE = """
INSERT INTO member_merges (id, merchant_id, source_id, survivor_id, merged_at, source_left_at,
                           survivor_joined_at, survivor_left_at, survivor_rejoined_at)
VALUES ($1, current_merchant(), $2, $3, $4, $5, $6, $7, $8)
"""

# A member who is merged brings along since when they are one; a survivor who had left is one again.
TAKE_OVER = """
UPDATE members t SET joined_at = least(t.joined_at, s.joined_at), left_at = c.deleted_at
FROM members s, customers c
WHERE s.id = $1 AND t.id = $2 AND s.left_at IS NULL AND c.id = t.customer_id
"""

STAND_FOR = """
UPDATE members SET merged_into = $2, left_at = least(left_at, $3) WHERE id = $1 OR merged_into = $1
"""

OPEN_MERGE = """
SELECT g.id, g.source_id, g.survivor_id, t.merged_into IS NOT NULL AS survivor_merged
FROM customers c LEFT JOIN member_merges g ON g.source_id = c.id AND g.undone_at IS NULL
LEFT JOIN customers t ON t.id = g.survivor_id WHERE c.external_id = $1
"""

# Those for whom the source stood, directly or by way of others.
FOLLOWERS = """
WITH RECURSIVE f AS (
    SELECT source_id FROM member_merges WHERE survivor_id = $1 AND undone_at IS NULL
    UNION
    SELECT g.source_id FROM member_merges g JOIN f ON g.survivor_id = f.source_id WHERE g.undone_at IS NULL)
SELECT source_id FROM f
"""

UNDO_MERGE = "UPDATE member_merges SET undone_at = $2 WHERE id = $1"

STAND_ALONE = """
UPDATE members m SET merged_into = CASE WHEN m.id = $2 THEN NULL ELSE $2 END,
       left_at = CASE WHEN m.id = $2 THEN least(g.source_left_at, c.deleted_at) ELSE m.left_at END
FROM member_merges g, customers c
WHERE g.id = $1 AND c.id = m.customer_id AND (m.id = $2 OR m.customer_id = ANY ($3::uuid[]))
"""

# The survivor has left if they were no member before; an earlier joining, or a leaving or a coming back
# heard of since stands.
HAND_BACK = """
UPDATE members t SET joined_at = CASE WHEN t.rejoined_at IS DISTINCT FROM g.survivor_rejoined_at
                                           OR t.joined_at < s.joined_at THEN t.joined_at
                                      ELSE coalesce(g.survivor_joined_at, t.joined_at) END,
       left_at = CASE WHEN t.rejoined_at IS DISTINCT FROM g.survivor_rejoined_at THEN t.left_at
                      ELSE coalesce(t.left_at, g.survivor_left_at,
                                    CASE WHEN g.survivor_joined_at IS NULL THEN $4::timestamptz END) END
FROM member_merges g, members s WHERE g.id = $1 AND s.id = $2 AND t.id = $3
"""

# Also those never used: whatever is posted for the source from now on finds its way.
WALLETS = "SELECT code AS wallet FROM wallet_types ORDER BY code"

WALLETS_MERGED = """
SELECT w.code AS wallet FROM ledger_accounts a JOIN wallet_types w ON w.id = a.wallet_type_id
WHERE a.member_id = $1 AND a.merged_into IS NOT NULL ORDER BY w.code
"""
