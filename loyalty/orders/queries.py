"""SQL over orders; arguments are arrays of equal length."""

# Sorted, so that two batches that share orders never wait for each other in a circle.
ADD_ORDERS = """
INSERT INTO orders (merchant_id, external_id, created_at)
SELECT current_merchant(), e, $2 FROM unnest($1::text[]) e ORDER BY e
ON CONFLICT (merchant_id, external_id) DO NOTHING
"""

LOCK_ORDERS = """
SELECT id, external_id, store_id, customer_id, currency, amount_minor, paid_at, delivered_at, cancelled_at
FROM orders WHERE external_id = ANY ($1::text[]) OR customer_id = ANY ($2::uuid[])
ORDER BY external_id FOR NO KEY UPDATE
"""

REFUNDS = """
SELECT order_id, refund_id, amount_minor, refunded_at FROM order_refunds WHERE order_id = ANY ($1::uuid[])
"""

MILESTONES = "SELECT order_id, event, happened_at FROM order_milestones WHERE order_id = ANY ($1::uuid[])"

# The first time counts, whichever was heard of first.
ADD_MILESTONE = """
INSERT INTO order_milestones AS m (merchant_id, order_id, event, happened_at)
VALUES (current_merchant(), $1, $2, $3)
ON CONFLICT (order_id, event) DO UPDATE SET happened_at = excluded.happened_at
    WHERE excluded.happened_at < m.happened_at
"""

PUT_ORDERS = """
UPDATE orders o SET store_id = n.store_id, customer_id = n.customer_id, currency = n.currency,
       amount_minor = n.amount_minor, paid_at = n.paid_at, delivered_at = n.delivered_at,
       cancelled_at = n.cancelled_at, refunded_minor = n.refunded_minor
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::bigint[], $6::timestamptz[],
            $7::timestamptz[], $8::timestamptz[], $9::bigint[])
     AS n (id, store_id, customer_id, currency, amount_minor, paid_at, delivered_at, cancelled_at,
           refunded_minor)
WHERE o.id = n.id
"""

ADD_LINES = """
INSERT INTO order_lines (merchant_id, order_id, line_id, sku, name, quantity, amount_minor)
SELECT current_merchant(), *
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::int[], $6::bigint[])
ON CONFLICT DO NOTHING
"""

ADD_REFUNDS = """
INSERT INTO order_refunds (merchant_id, order_id, refund_id, amount_minor, refunded_at, lines)
SELECT current_merchant(), n.order_id, n.refund_id, n.amount_minor, n.refunded_at, n.lines::jsonb
FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::timestamptz[], $5::text[])
     AS n (order_id, refund_id, amount_minor, refunded_at, lines)
ON CONFLICT DO NOTHING
"""

# What the ledger says of the earns of these orders; their postings' reasons name the order.
EARNED = """
SELECT (j.reason->>'order_id')::uuid AS order_id, w.code AS wallet, l.points, l.points_clawed_back,
       l.points_pending, l.settles_at,
       (wallet_version_at(a.wallet_type_id, j.recorded_at)).settling,
       (j.reason->>'points_per_100_units')::int AS points_per_100_units,
       (j.reason->>'multiplier_percent')::int AS multiplier_percent,
       (j.reason->>'amount_minor')::bigint AS amount_minor,
       (SELECT coalesce(array_agg(c.reason->>'refund'), '{}') FROM ledger_journal c
        WHERE c.account_id = j.account_id AND c.parent_id = j.id
          AND c.verb = 'clawback') AS clawed_refunds
FROM ledger_journal j
JOIN ledger_lots l ON l.journal_id = j.id AND l.line = 1
JOIN ledger_accounts a ON a.id = j.account_id
JOIN wallet_types w ON w.id = a.wallet_type_id
WHERE j.merchant_id = current_merchant() AND j.key = ANY ($1::text[])
"""

# When points settle that were made before it was known; nothing moves.
SCHEDULE = "SELECT ledger_schedule($1::text[], $2::timestamptz[])"
