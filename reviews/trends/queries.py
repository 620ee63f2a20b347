"""Counts of complaints by product, store, carrier and aspect, each in one statement.

$1 merchant, $2 when the time before begins, $3 when it ends and the recent time begins, $4 when that ends.
A review complains when its current wording is flagged, by its stars or by the model; it complains about an
aspect when the model reads the aspect as negative. Urgent words alone are no complaint here: a longer list of
them, under the same model, would be a rise in everything. So would another model that calls more a complaint:
only what the model that answers now has read is counted.
"""

_JUDGED = """
    read AS (
        SELECT r.id, r.product_sku, r.product_name, r.written_at >= $3 AS recent,
               CASE WHEN r.store_id IS NULL THEN o.store_id ELSE r.store_id END AS store_id,
               o.external_id AS order_word,
               s.aspects, s.negative AS probability, s.model, s.scored_at,
               EXISTS (SELECT FROM review_flags f
                       WHERE f.review_id = r.id AND f.version = r.version
                         AND f.reason <> 'urgency') AS negative
        FROM reviews r LEFT JOIN orders o ON o.id = r.order_id
        CROSS JOIN LATERAL (SELECT x.aspects, x.negative, x.model, x.scored_at
                            FROM review_scores x
                            WHERE x.review_id = r.id AND x.version = r.version
                            ORDER BY x.scored_at DESC LIMIT 1) s
        WHERE r.merchant_id = $1 AND r.state = 'live' AND r.written_at >= $2 AND r.written_at < $4),
    judged AS (
        SELECT * FROM read WHERE model = (SELECT model FROM read ORDER BY scored_at DESC, id DESC LIMIT 1))
"""
# Who carried an order, as the shop's shipment.created says; of several the last.
_CARRIERS = """
    carriers AS (
        SELECT DISTINCT ON (1) e.data ->> 'order_id' AS order_word, e.data ->> 'carrier' AS carrier
        FROM events e
        WHERE e.merchant_id = $1 AND e.type = 'shipment.created' AND e.data ->> 'carrier' <> ''
          AND e.occurred_at >= $2 - interval '60 days'
        ORDER BY 1, e.occurred_at DESC)
"""
_NUMBERS = """
    count(*) FILTER (WHERE recent) AS recent, count(*) FILTER (WHERE recent AND negative) AS recent_negative,
    count(*) FILTER (WHERE NOT recent) AS before,
    count(*) FILTER (WHERE NOT recent AND negative) AS before_negative
"""
COUNTS = f"""
    WITH {_JUDGED}, {_CARRIERS}
    SELECT 'product' AS dimension, product_sku AS key,
           coalesce(max(product_name) FILTER (WHERE product_name <> ''), product_sku) AS name, {_NUMBERS}
    FROM judged WHERE product_sku <> '' GROUP BY product_sku
    UNION ALL
    SELECT 'store', t.external_id, t.external_id, {_NUMBERS}
    FROM judged j JOIN stores t ON t.id = j.store_id GROUP BY t.external_id
    UNION ALL
    SELECT 'carrier', c.carrier, c.carrier, {_NUMBERS}
    FROM judged j JOIN carriers c ON c.order_word = j.order_word
    GROUP BY c.carrier
    UNION ALL
    SELECT 'aspect', a.name, a.name, {_NUMBERS}
    FROM unnest($5::text[]) a (name)
    CROSS JOIN LATERAL (SELECT recent, EXISTS (SELECT FROM jsonb_array_elements(aspects) x
                            WHERE x ->> 'aspect' = a.name AND x ->> 'polarity' = 'negative') AS negative
                        FROM judged) k
    GROUP BY a.name
"""
# The recent complaints about one thing, the most certain first. $5 dimension, $6 key, $7 how many.
EVIDENCE = f"""
    WITH {_JUDGED}, {_CARRIERS}
    SELECT j.id, k.id AS case_id, k.number AS case_number FROM judged j
    LEFT JOIN case_reviews x ON x.review_id = j.id LEFT JOIN cases k ON k.id = x.case_id
    LEFT JOIN stores t ON t.id = j.store_id
    LEFT JOIN carriers c ON c.order_word = j.order_word
    WHERE j.recent AND CASE $5::text
        WHEN 'product' THEN j.negative AND j.product_sku = $6
        WHEN 'store' THEN j.negative AND t.external_id = $6
        WHEN 'carrier' THEN j.negative AND c.carrier = $6
        ELSE EXISTS (SELECT FROM jsonb_array_elements(j.aspects) x
                     WHERE x ->> 'aspect' = $6 AND x ->> 'polarity' = 'negative') END
    ORDER BY j.probability DESC, j.id LIMIT $7
"""
# $1 merchant, $2 the first day.
LOOKS = """
    SELECT l.day, s.dimension, s.key FROM trend_looks l
    LEFT JOIN LATERAL jsonb_to_recordset(l.spikes) AS s (dimension text, key text) ON true
    WHERE l.merchant_id = $1 AND l.day >= $2
"""
LOOK = """
    INSERT INTO trend_looks (merchant_id, day, at, spikes) VALUES ($1, $2, $3, $4::jsonb)
    ON CONFLICT (merchant_id, day) DO NOTHING RETURNING day
"""
