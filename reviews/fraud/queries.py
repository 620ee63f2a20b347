"""The SQL of signals: counts, texts' distances, traces. Neither stars nor sentiment are read here."""

# Of the same product, or the same store; what is shown, and the review itself.
BURSTS = """
    SELECT n.id, 1 + c.in_window AS in_window, c.before FROM reviews n
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE r.written_at > n.written_at - $2::interval) AS in_window,
               count(*) FILTER (WHERE r.written_at <= n.written_at - $2::interval) AS before
        FROM reviews r
        WHERE r.merchant_id = current_merchant() AND r.product_sku = n.product_sku AND r.published
          AND r.written_at > n.written_at - $2::interval - $3::interval AND r.written_at <= n.written_at
          AND r.id <> n.id AND (n.product_sku <> '' OR r.store_id IS NOT DISTINCT FROM n.store_id)) c
    WHERE n.id = ANY ($1::uuid[])
"""

# What one customer wrote here within a day, and what of it stands on no order.
FARMING = """
    SELECT n.id, count(*) AS in_a_day, count(*) FILTER (WHERE NOT r.verified) AS unproven
    FROM reviews n JOIN reviews r ON r.customer_id = n.customer_id AND r.source = 'first_party'
        AND r.state = 'live' AND r.written_at > n.written_at - interval '1 day'
        AND r.written_at <= n.written_at
    WHERE n.id = ANY ($1::uuid[]) GROUP BY 1
"""

SHARED = """
    SELECT n.review_id AS id, n.kind, count(DISTINCT r.customer_id) AS people
    FROM review_traces n JOIN reviews w ON w.id = n.review_id
    JOIN review_traces o ON o.merchant_id = n.merchant_id AND o.kind = n.kind AND o.digest = n.digest
        AND o.review_id <> n.review_id AND o.at > n.at - make_interval(days => $2) AND o.at <= n.at
    JOIN reviews r ON r.id = o.review_id AND r.customer_id <> w.customer_id
    WHERE n.review_id = ANY ($1::uuid[]) GROUP BY 1, 2
"""

# An earlier review of another customer that is still there, in the wording that was compared.
NEAR = """
    WITH new AS MATERIALIZED (
        SELECT e.review_id, e.model, e.embedding, w.customer_id, v.title, v.body
        FROM review_embeddings e JOIN reviews w ON w.id = e.review_id AND w.version = e.version
        JOIN review_versions v ON (v.review_id, v.number) = (w.id, w.version)
        WHERE e.review_id = ANY ($1::uuid[]) AND w.source = 'first_party' AND w.state = 'live'
          AND w.written_at > $3)
    SELECT DISTINCT ON (e.review_id) e.review_id AS id, n.review_id AS other, n.distance, e.title, e.body
    FROM new e CROSS JOIN LATERAL review_neighbours(e.model, e.embedding, 10, $2) n
    JOIN reviews r ON r.id = n.review_id AND r.version = n.version AND r.state = 'live'
    WHERE r.id < e.review_id AND r.customer_id IS DISTINCT FROM e.customer_id
    ORDER BY e.review_id, n.distance
"""

NOTE = """
    INSERT INTO review_signals (merchant_id, review_id, version, kind, holds, detail, at)
    SELECT r.merchant_id, r.id, r.version, n.kind, n.holds, n.detail::jsonb, $1
    FROM unnest($2::uuid[], $3::text[], $4::bool[], $5::text[]) AS n (id, kind, holds, detail)
    JOIN reviews r ON r.id = n.id
    ON CONFLICT (review_id, version, kind) DO NOTHING
"""
HOLDING = """
    SELECT s.review_id AS id, s.kind FROM review_signals s JOIN reviews r ON r.id = s.review_id
    WHERE s.review_id = ANY ($1::uuid[]) AND s.version = r.version AND s.holds ORDER BY s.id
"""
LEAVE = """
    INSERT INTO review_traces (merchant_id, review_id, kind, digest, at)
    SELECT current_merchant(), $1, n.kind, n.digest, $2
    FROM unnest($3::text[], $4::bytea[]) AS n (kind, digest)
    ON CONFLICT DO NOTHING
"""
PURGE = "DELETE FROM review_traces WHERE merchant_id = current_merchant() AND at < $1"
