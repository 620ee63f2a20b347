"""The SQL of the intake: each statement handles a whole batch."""

STORES = "SELECT external_id, id FROM stores WHERE external_id = ANY($1::text[])"

# A customer who was merged stands for the survivor; an address that two people have names neither.
CUSTOMERS = """
    SELECT external_id AS word, id, coalesce(merged_into, id) AS person FROM customers
    WHERE external_id = ANY($1::text[]) AND deleted_at IS NULL
"""
CUSTOMERS_BY_EMAIL = """
    SELECT lower(p.email) AS word, (array_agg(c.id))[1] AS id,
           (array_agg(coalesce(c.merged_into, c.id)))[1] AS person
    FROM customer_profiles p JOIN customers c ON c.id = p.customer_id
    WHERE lower(p.email) = ANY($1::text[]) AND c.deleted_at IS NULL
    GROUP BY 1 HAVING count(DISTINCT coalesce(c.merged_into, c.id)) = 1
"""

# The order line of that very customer, paid before the review was written: the last one.
ORDER_LINES = """
    SELECT w.n, l.order_id, l.line_id
    FROM unnest($1::int[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::timestamptz[])
         AS w (n, customer_id, person_id, sku, order_word, written_at)
    CROSS JOIN LATERAL (
        SELECT ol.order_id, ol.line_id FROM orders o JOIN order_lines ol ON ol.order_id = o.id
        WHERE o.customer_id IN (w.customer_id, w.person_id) AND o.paid_at <= w.written_at
          AND (w.sku = '' OR ol.sku = w.sku) AND (w.order_word = '' OR o.external_id = w.order_word)
        ORDER BY o.paid_at DESC, ol.order_id, ol.line_id LIMIT 1) l
"""

# The same for reviews that came before the event of their order did.
PROVE_LATE = """
    UPDATE reviews r SET order_id = l.order_id, order_line_id = l.line_id
    FROM reviews w CROSS JOIN LATERAL (
        SELECT ol.order_id, ol.line_id FROM orders o JOIN order_lines ol ON ol.order_id = o.id
        WHERE o.customer_id = w.customer_id AND o.paid_at <= w.written_at AND ol.sku = w.product_sku
        ORDER BY o.paid_at DESC, ol.order_id, ol.line_id LIMIT 1) l
    WHERE w.merchant_id = $1 AND w.order_id IS NULL AND w.customer_id IS NOT NULL AND w.received_at >= $2
      AND w.product_sku <> '' AND r.id = w.id
    RETURNING r.id
"""

# Locked in the order of their ids, so that two intakes never wait for each other.
KNOWN = """
    SELECT r.id, r.source, r.account, r.external_id, r.version, r.edited_at, r.removed_at
    FROM reviews r JOIN unnest($2::text[], $3::text[], $4::text[]) AS k (source, account, external_id)
      ON r.merchant_id = $1 AND (r.source, r.account, r.external_id) = (k.source, k.account, k.external_id)
    ORDER BY r.id FOR NO KEY UPDATE OF r
"""
KNOWN_VERSIONS = """
    SELECT review_id, number, fingerprint FROM review_versions WHERE review_id = ANY($1::uuid[])
"""

_COLUMNS = """source, account, external_id, id, store_id, product_sku, product_name, customer_id, author,
    order_id, order_line_id, solicited, incentivised, rating_norm, written_at, edited_at, version, state,
    reply, replied_at, kind, moderation"""
_FACTS = f"""
    unnest($2::text[], $3::text[], $4::text[], $5::uuid[], $6::uuid[], $7::text[], $8::text[], $9::uuid[],
           $10::text[], $11::uuid[], $12::text[], $13::bool[], $14::bool[], $15::numeric[],
           $16::timestamptz[], $17::timestamptz[], $18::int[], $19::text[], $20::text[], $21::timestamptz[],
           $22::text[], $23::text[])
    AS t ({_COLUMNS})
"""
INSERT = f"""
    INSERT INTO reviews (merchant_id, received_at, {_COLUMNS})
    SELECT $1, $24, t.* FROM {_FACTS}
    ON CONFLICT (merchant_id, source, account, external_id) DO NOTHING RETURNING id
"""
UPDATE = f"""
    UPDATE reviews r SET
        store_id = coalesce(t.store_id, r.store_id),
        product_sku = coalesce(nullif(t.product_sku, ''), r.product_sku),
        product_name = coalesce(nullif(t.product_name, ''), r.product_name),
        customer_id = coalesce(r.customer_id, t.customer_id),
        author = coalesce(nullif(t.author, ''), r.author),
        order_id = coalesce(r.order_id, t.order_id),
        order_line_id = CASE WHEN r.order_id IS NULL THEN t.order_line_id ELSE r.order_line_id END,
        solicited = coalesce(t.solicited, r.solicited),
        incentivised = r.incentivised OR t.incentivised,
        rating_norm = t.rating_norm, written_at = least(r.written_at, t.written_at),
        edited_at = t.edited_at, version = t.version, state = t.state,
        reply = coalesce(nullif(t.reply, ''), r.reply), replied_at = coalesce(t.replied_at, r.replied_at),
        moderation = CASE WHEN r.moderated_by = 'source' THEN t.moderation ELSE r.moderation END
    FROM {_FACTS} WHERE r.merchant_id = $1 AND r.id = t.id
"""
INSERT_VERSIONS = """
    INSERT INTO review_versions (merchant_id, review_id, number, fingerprint, rating_raw, scale_min,
        scale_max, rating_norm, title, body, lang, edited_at, received_at, extra, photo_urls)
    SELECT $1, review_id, number, fingerprint, rating_raw, scale_min, scale_max,
           rating_norm, title, body, lang, edited_at, $2, extra::jsonb,
           ARRAY(SELECT jsonb_array_elements_text(photo_urls::jsonb))
    FROM unnest($3::uuid[], $4::int[], $5::bytea[], $6::numeric[], $7::numeric[], $8::numeric[],
                $9::numeric[], $10::text[], $11::text[], $12::text[], $13::timestamptz[], $14::text[],
                $15::text[])
         AS t (review_id, number, fingerprint, rating_raw, scale_min, scale_max, rating_norm,
               title, body, lang, edited_at, extra, photo_urls)
"""

# Removed before we ever saw it: the row remembers, so that the review does not come back when it comes late.
REMOVE = """
    INSERT INTO reviews (merchant_id, source, account, external_id, received_at, version, state, removed_at)
    VALUES ($1, $2, $3, $4, $6, 0, 'tombstone', $5)
    ON CONFLICT (merchant_id, source, account, external_id) DO UPDATE SET
        removed_at = excluded.removed_at,
        state = CASE WHEN reviews.edited_at > excluded.removed_at THEN reviews.state ELSE 'tombstone' END
    WHERE reviews.removed_at IS NULL OR reviews.removed_at < excluded.removed_at
    RETURNING id
"""
