"""SQL over orders; arguments are arrays of equal length."""

# Sorted, so that two batches that share orders never wait for each other in a circle.
ADD_ORDERS = """
INSERT INTO orders (merchant_id, external_id, created_at)
SELECT current_merchant(), e, $2 FROM unnest($1::text[]) e ORDER BY e
ON CONFLICT (merchant_id, external_id) DO NOTHING
"""

LOCK_ORDERS = """
SELECT o.id, o.external_id, o.store_id, o.customer_id, o.currency, o.amount_minor, o.points_paid_minor,
       o.discount_minor, o.channel, o.paid_at, o.delivered_at, o.cancelled_at, o.tier_code,
       o.multiplier_percent, o.number, o.segments, o.campaigns, s.external_id AS store
FROM orders o LEFT JOIN stores s ON s.id = o.store_id
WHERE o.external_id = ANY ($1::text[]) OR o.customer_id = ANY (ARRAY(
    SELECT id FROM customers WHERE id = ANY ($2::uuid[]) OR merged_into = ANY ($2::uuid[])))
ORDER BY o.external_id FOR NO KEY UPDATE OF o
"""

REFUNDS = """
SELECT order_id, refund_id, amount_minor, refunded_at, lines FROM order_refunds
WHERE order_id = ANY ($1::uuid[])
"""

MILESTONES = "SELECT order_id, event, happened_at FROM order_milestones WHERE order_id = ANY ($1::uuid[])"

# The first time counts, whichever was heard of first.
ADD_MILESTONES = """
INSERT INTO order_milestones AS m (merchant_id, order_id, event, happened_at)
SELECT current_merchant(), n.order_id, n.event, min(n.at)
FROM unnest($1::uuid[], $2::text[], $3::timestamptz[]) AS n (order_id, event, at) GROUP BY n.order_id, n.event
ORDER BY n.order_id, n.event
ON CONFLICT (order_id, event) DO UPDATE SET happened_at = excluded.happened_at
    WHERE excluded.happened_at < m.happened_at
"""

PUT_ORDERS = """
UPDATE orders o SET store_id = n.store_id, customer_id = n.customer_id, currency = n.currency,
       amount_minor = n.amount_minor, paid_at = n.paid_at, delivered_at = n.delivered_at,
       cancelled_at = n.cancelled_at, refunded_minor = n.refunded_minor, channel = n.channel,
       points_paid_minor = coalesce(n.points_paid_minor, 0), discount_minor = coalesce(n.discount_minor, 0)
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::bigint[], $6::timestamptz[],
            $7::timestamptz[], $8::timestamptz[], $9::bigint[], $10::text[], $11::bigint[], $12::bigint[])
     AS n (id, store_id, customer_id, currency, amount_minor, paid_at, delivered_at, cancelled_at,
           refunded_minor, channel, points_paid_minor, discount_minor)
WHERE o.id = n.id
"""

ADD_LINES = """
INSERT INTO order_lines (merchant_id, order_id, line_id, sku, name, quantity, amount_minor, category)
SELECT current_merchant(), *
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::int[], $6::bigint[], $7::text[])
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
       l.points_pending, l.settles_at, o.member_id,
       (wallet_version_at(a.wallet_type_id, j.recorded_at)).settling,
       j.reason,
       (SELECT coalesce(array_agg(c.reason->>'refund'), '{}') FROM ledger_journal c
        WHERE c.parent_id = j.id AND c.verb = 'clawback') AS clawed_refunds
FROM ledger_journal j
JOIN ledger_lots l ON l.journal_id = j.id AND l.line = 1
JOIN ledger_accounts a ON a.id = j.account_id
JOIN ledger_accounts o ON o.id = l.account_id  -- where the points are now: after a merge, or its undoing
JOIN wallet_types w ON w.id = a.wallet_type_id
WHERE j.merchant_id = current_merchant() AND j.key = ANY ($1::text[])
"""

# When points settle that were made before it was known; nothing moves.
SCHEDULE = "SELECT ledger_schedule($1::text[], $2::timestamptz[])"

LINES = """
SELECT order_id, line_id, sku, name, quantity, amount_minor, category FROM order_lines
WHERE order_id = ANY ($1::uuid[]) ORDER BY order_id, line_id
"""

# Whoever is one person with a customer {0}: who stands for them, and for whom that one stands.
_PERSON = """
ARRAY(SELECT k.id FROM (SELECT CASE WHEN c.merged_into IS NULL THEN c.id ELSE c.merged_into END AS id
                        FROM customers c WHERE c.id = {0}) s
      CROSS JOIN LATERAL (SELECT s.id UNION ALL SELECT c.id FROM customers c WHERE c.merged_into = s.id) k)
"""

# First counted now: what holds for the order from here on. A number is never given twice: whatever was
# counted before comes before it, and of the others what was paid earlier.
COUNT = f"""
UPDATE orders o SET counted_at = $4, tier_code = n.tier_code, multiplier_percent = n.percent,
       number = 1 + (SELECT count(*) FROM orders p
                     WHERE p.customer_id = ANY ({_PERSON.format("o.customer_id")}) AND p.id <> o.id
                       AND p.paid_at IS NOT NULL
                       AND (p.number IS NOT NULL OR (p.paid_at, p.external_id) < (o.paid_at, o.external_id)))
FROM unnest($1::uuid[], $2::text[], $3::int[]) AS n (id, tier_code, percent)
WHERE o.id = n.id RETURNING o.id, o.number
"""

NEXT_NUMBER = f"""
SELECT 1 + count(*) FROM orders
WHERE customer_id = ANY ({_PERSON.format("$1")}) AND paid_at IS NOT NULL
"""

PUT_SEGMENTS = """
UPDATE orders o SET segments = ARRAY(SELECT jsonb_array_elements_text(n.segments)::uuid)
FROM (SELECT id, segments::jsonb FROM unnest($1::uuid[], $2::text[]) AS x (id, segments)) n WHERE o.id = n.id
"""

PUT_CAMPAIGNS = """
UPDATE orders o SET campaigns = ARRAY(SELECT jsonb_array_elements_text(n.campaigns)::uuid)
FROM (SELECT id, campaigns::jsonb FROM unnest($1::uuid[], $2::text[]) AS x (id, campaigns)) n
WHERE o.id = n.id
"""
