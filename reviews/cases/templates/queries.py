"""SQL over templates, in the open transaction."""

EVERY = "SELECT code, name, channel, texts FROM case_templates ORDER BY name, code"
PUT = """
    INSERT INTO case_templates AS t (merchant_id, code, name, channel, texts, changed_by, changed_at)
    VALUES (current_merchant(), $1, $2, $3, $4::jsonb, $5, $6)
    ON CONFLICT (merchant_id, code) DO UPDATE
        SET name = $2, channel = $3, texts = $4::jsonb, changed_by = $5, changed_at = $6
"""
REMOVE = "DELETE FROM case_templates WHERE merchant_id = current_merchant() AND code = $1 RETURNING code"
# What is known of a case, for the variables. In public somebody is called as their review shows them.
KNOWN = """
    SELECT coalesce(r.author, '') AS author, coalesce(p.name, '') AS name,
           coalesce(o.external_id, '') AS order_id,
           coalesce(nullif(r.product_name, ''), r.product_sku, '') AS product, coalesce(s.name, '') AS agent,
           coalesce(nullif(v.lang, ''), x.lang, '') AS written_in, coalesce(p.locale, '') AS locale
    FROM cases c
    LEFT JOIN reviews r ON r.id = c.review_id
    LEFT JOIN review_versions v ON v.review_id = r.id AND v.number = r.version
    LEFT JOIN LATERAL (SELECT lang FROM review_scores y WHERE y.review_id = r.id AND y.version = r.version
                       ORDER BY y.scored_at DESC LIMIT 1) x ON true
    LEFT JOIN orders o ON o.id = CASE WHEN r.order_id IS NULL THEN c.order_id ELSE r.order_id END
    LEFT JOIN customer_profiles p ON p.customer_id = c.customer_id
    LEFT JOIN staff s ON s.id = $2
    WHERE c.id = $1
"""
