"""Set-based SQL over customers and their profiles; arguments are arrays of equal length."""

# Sorted, so that two batches that share customers never wait for each other in a circle.
ADD_CUSTOMERS = """
INSERT INTO customers (id, merchant_id, external_id, created_at)
SELECT n.id, current_merchant(), n.external_id, n.created_at
FROM unnest($1::uuid[], $2::text[], $3::timestamptz[]) AS n (id, external_id, created_at)
ORDER BY n.external_id
ON CONFLICT (merchant_id, external_id) DO NOTHING
"""

IDS = "SELECT external_id, id FROM customers WHERE external_id = ANY ($1::text[])"

# An older event fills what is missing and overwrites nothing. A deleted customer gets no profile again.
PUT_PROFILES = """
INSERT INTO customer_profiles AS p (customer_id, merchant_id, email, name, locale, updated_at, birthday)
SELECT c.id, c.merchant_id, nullif(n.email, ''), coalesce(n.name, ''),
       coalesce(n.locale, was.locale, 'en'), n.at, n.birthday
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[])
         AS n (customer_id, email, name, locale, at, birthday)
JOIN customers c ON c.id = n.customer_id AND c.deleted_at IS NULL
LEFT JOIN customer_profiles was ON was.customer_id = c.id
ORDER BY c.external_id
ON CONFLICT (customer_id) DO UPDATE SET
    email = CASE WHEN excluded.updated_at >= p.updated_at
                 THEN coalesce(excluded.email, p.email) ELSE coalesce(p.email, excluded.email) END,
    name = CASE WHEN excluded.updated_at >= p.updated_at
                THEN coalesce(nullif(excluded.name, ''), p.name)
                ELSE coalesce(nullif(p.name, ''), excluded.name) END,
    locale = CASE WHEN excluded.updated_at >= p.updated_at THEN excluded.locale ELSE p.locale END,
    birthday = CASE WHEN excluded.updated_at >= p.updated_at
                    THEN coalesce(excluded.birthday, p.birthday)
                    ELSE coalesce(p.birthday, excluded.birthday) END,
    updated_at = greatest(p.updated_at, excluded.updated_at)
"""

PROFILE = """
SELECT c.id, c.external_id, coalesce(p.email, '') AS email, coalesce(p.name, '') AS name,
       coalesce(p.locale, 'en') AS locale
FROM customers c LEFT JOIN customer_profiles p ON p.customer_id = c.id
WHERE c.id = $1 AND c.deleted_at IS NULL AND c.merged_into IS NULL
"""

BIRTHDAY = "SELECT birthday FROM customer_profiles WHERE customer_id = $1"

# What the customer has said themselves; an empty word is no word. NULL leaves the language as it is.
SET_PROFILE = """
INSERT INTO customer_profiles AS p (customer_id, merchant_id, name, locale, birthday, updated_at)
VALUES ($1, current_merchant(), $2, coalesce($3, 'en'), nullif($4, ''), $5)
ON CONFLICT (customer_id) DO UPDATE SET
    name = $2, locale = coalesce($3, p.locale), birthday = nullif($4, ''),
    updated_at = greatest(p.updated_at, $5)
"""

TIME_ZONE = "SELECT time_zone FROM customer_profiles WHERE customer_id = $1"

# Two steps: one condition over both could use no index under row-level security.
WITH_MERGED = """
WITH named AS (SELECT id FROM customers WHERE external_id = ANY ($1::text[]))
SELECT id FROM named UNION SELECT id FROM customers WHERE merged_into = ANY (ARRAY(SELECT id FROM named))
"""

MARK_DELETED = "UPDATE customers SET deleted_at = least(deleted_at, $2) WHERE id = ANY ($1::uuid[])"

DROP_PROFILES = "DELETE FROM customer_profiles WHERE customer_id = ANY ($1::uuid[])"

END_SESSIONS = """
UPDATE sessions SET revoked_at = $2 WHERE revoked_at IS NULL AND customer_id = ANY ($1::uuid[])
"""

SURVIVORS = "SELECT id, coalesce(merged_into, id) AS survivor FROM customers WHERE id = ANY ($1::uuid[])"

# Those who were merged into the source before follow it, so that one step always finds the survivor.
MERGE = "UPDATE customers SET merged_into = $2 WHERE id = $1 OR merged_into = $1"

UNMERGE = """
UPDATE customers SET merged_into = nullif($1, id)
WHERE merged_into = $2 AND (id = $1 OR id = ANY ($3::uuid[]))
"""

# Merges are rare: they take turns, so that no two of them can make a chain or a circle together.
TAKE_TURN = "SELECT pg_advisory_xact_lock(hashtextextended('customers.merge ' || current_merchant(), 0))"
