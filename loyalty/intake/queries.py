"""SQL over received events; arguments are arrays of equal length."""

KNOWN = """
SELECT e.source, e.event_id, e.fingerprint FROM events e
JOIN unnest($1::text[], $2::text[]) AS n (source, event_id) ON n.source = e.source AND n.event_id = e.event_id
"""

ADD = """
INSERT INTO events (merchant_id, source, event_id, type, subject, occurred_at, received_at, data, fingerprint)
SELECT current_merchant(), n.source, n.event_id, n.type, n.subject, n.occurred_at, $8, n.data::jsonb,
       n.fingerprint
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[], $7::bytea[])
     AS n (source, event_id, type, subject, occurred_at, data, fingerprint)
ORDER BY n.source, n.event_id
ON CONFLICT (merchant_id, source, event_id) DO NOTHING
RETURNING source, event_id
"""

# An order and its customer's joining may come at the same moment: one of them must see the other.
LOCK_CUSTOMERS = "SELECT id FROM customers WHERE id = ANY ($1::uuid[]) ORDER BY external_id FOR NO KEY UPDATE"

# Whom merges of these customers (external ids) concern: also who stands for them, and for whom they stand.
OF_MERGES = """
WITH named AS (
    SELECT id, merged_into FROM customers WHERE external_id = ANY ($1::text[])
), standing AS (
    SELECT id FROM named UNION SELECT merged_into FROM named WHERE merged_into IS NOT NULL
)
SELECT id FROM standing UNION
SELECT id FROM customers WHERE merged_into = ANY (ARRAY(SELECT id FROM standing))
"""

STORES = "SELECT external_id, id FROM stores"
