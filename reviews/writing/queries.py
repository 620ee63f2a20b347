"""The SQL of the form; everything runs in the open transaction of the merchant. `$1` is the customer."""

# Orders and reviews of those who were merged into a customer are theirs.
_THEIRS = "(SELECT id FROM customers WHERE id = $1 OR merged_into = $1)"
_DELIVERED = f"""
    SELECT o.id AS order_id, o.external_id AS "order", o.store_id, s.external_id AS store,
           s.name AS store_name, o.delivered_at
    FROM orders o JOIN stores s ON s.id = o.store_id
    WHERE o.customer_id IN {_THEIRS}
      AND o.delivered_at IS NOT NULL
"""
_REVIEW_OF_LINE = f"""
    (SELECT r.id FROM reviews r
     WHERE r.customer_id IN {_THEIRS} AND r.source = 'first_party' AND r.state = 'live'
       AND (r.order_id, r.order_line_id) = (d.order_id, l.line_id) AND r.product_sku = l.sku LIMIT 1)
"""
_LINES = f"""
    SELECT d.*, l.line_id, l.sku, l.name, {_REVIEW_OF_LINE} AS review_id
    FROM ({_DELIVERED}) d JOIN order_lines l ON l.order_id = d.order_id
"""
LINE = f"{_LINES} WHERE d.order_id = $2 AND l.line_id = $3"
LINES_OF_ORDER = f"{_LINES} WHERE d.order_id = $2 ORDER BY l.line_id"
WAITING = f"""
    SELECT * FROM ({_LINES} WHERE d.delivered_at >= $2) x WHERE review_id IS NULL
    ORDER BY delivered_at DESC, order_id, line_id LIMIT $3
"""
STORES = f"""
    SELECT DISTINCT ON (d.store_id) d.*,
        (SELECT r.id FROM reviews r
         WHERE r.customer_id IN {_THEIRS} AND r.source = 'first_party' AND r.state = 'live'
           AND r.store_id = d.store_id AND r.product_sku = '' LIMIT 1) AS review_id
    FROM ({_DELIVERED}) d WHERE $2::uuid IS NULL OR d.store_id = $2
    ORDER BY d.store_id, d.delivered_at DESC
"""

OWN = f"""
    SELECT r.id, r.account, r.external_id, coalesce(s.external_id, '') AS store, r.product_sku,
           r.product_name, coalesce(o.external_id, '') AS "order", r.version, r.written_at,
           r.solicited, r.insider, r.author, r.rating_norm, v.title, v.body
    FROM reviews r JOIN review_versions v ON (v.review_id, v.number) = (r.id, r.version)
    LEFT JOIN stores s ON s.id = r.store_id LEFT JOIN orders o ON o.id = r.order_id
    WHERE r.customer_id IN {_THEIRS} AND r.id = $2 AND r.source = 'first_party' AND r.state = 'live'
    FOR NO KEY UPDATE OF r
"""
DISCLOSE_INSIDER = "UPDATE reviews SET insider = true WHERE id = $1 AND NOT insider"
