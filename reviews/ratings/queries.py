"""The SQL of the counts. What is read is always what was folded plus what was not yet."""

from reviews.ratings.rules import Scope

_COUNTS = ("reviews", "one", "two", "three", "four", "five", "stars_sum")
_SUMS = ", ".join(f"sum({name}) AS {name}" for name in _COUNTS)
_NAMES = ", ".join(_COUNTS)

# A row `t` of changes counts in up to nine cells: three scopes, three periods each. What is about no product
# is about the shop itself, and has the SKU ''.
_CELLS = f"""
    SELECT c.scope, p.period, c.key, p.starts, t.source, {_SUMS}
    FROM {{rows}} t
    CROSS JOIN LATERAL (VALUES ('product', t.product_sku), ('store', t.store_id::text),
                               ('shop', '')) AS c (scope, key)
    CROSS JOIN LATERAL (VALUES ('all', '-infinity'::date), ('month', date_trunc('month', t.day)::date),
                               ('day', t.day)) AS p (period, starts)
    WHERE c.key IS NOT NULL
    GROUP BY 1, 2, 3, 4, 5
"""

# Folders of one merchant take turns: the second finds nothing to do.
LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended('reviews.ratings:' || $1::text, 0))"
FOLD = f"""
    WITH taken AS (
        DELETE FROM review_rating_deltas WHERE id = ANY (ARRAY(
            SELECT id FROM review_rating_deltas WHERE merchant_id = $1 ORDER BY id LIMIT $2))
        RETURNING *
    ), cells AS ({_CELLS.format(rows="taken")}), folded AS (
        INSERT INTO review_ratings AS r (merchant_id, scope, period, key, starts, source, {_NAMES})
        SELECT $1, * FROM cells ORDER BY scope, period, key, starts, source
        ON CONFLICT (merchant_id, scope, period, key, starts, source) DO UPDATE
        SET {", ".join(f"{name} = r.{name} + excluded.{name}" for name in _COUNTS)}
    )
    SELECT count(*) FROM taken
"""

_STARTS = """
    CASE $3 WHEN 'all' THEN '-infinity'::date WHEN 'month' THEN date_trunc('month', day)::date ELSE day END
"""
_DELTAS: dict[Scope, str] = {
    "product": "d.product_sku = $2",
    "store": "d.store_id = $2::uuid",
    "shop": "$2 = ''",
}


def of(scope: Scope) -> str:
    """Counts of key $2 of merchant $1 by period $3, of sources $4 or all, that start from $5 to $6."""
    return f"""
        SELECT starts, {_SUMS} FROM (
            SELECT starts, source, {_NAMES} FROM review_ratings
            WHERE merchant_id = $1 AND scope = '{scope}' AND key = $2 AND period = $3
            UNION ALL
            SELECT {_STARTS}, source, {_NAMES} FROM review_rating_deltas d
            WHERE d.merchant_id = $1 AND {_DELTAS[scope]}) x
        WHERE ($4::text[] IS NULL OR source = ANY ($4))
          AND starts BETWEEN coalesce($5::date, '-infinity') AND coalesce($6::date, 'infinity')
        GROUP BY 1 HAVING sum(reviews) > 0 ORDER BY 1
    """


# $2: sources or NULL. The best first; of equals the one with more ratings.
RANKING = f"""
    WITH products AS (
        SELECT key AS sku, {_SUMS} FROM (
            SELECT key, source, {_NAMES} FROM review_ratings
            WHERE merchant_id = $1 AND scope = 'product' AND period = 'all' AND key <> ''
            UNION ALL
            SELECT product_sku, source, {_NAMES} FROM review_rating_deltas
            WHERE merchant_id = $1 AND product_sku <> '') x
        WHERE $2::text[] IS NULL OR source = ANY ($2)
        GROUP BY 1 HAVING sum(one + two + three + four + five) > 0
    ), shop AS (
        SELECT sum(stars_sum) / sum(one + two + three + four + five) AS mean FROM products
    )
    SELECT p.*, shop.mean AS prior FROM products p, shop
    ORDER BY (p.stars_sum + shop.mean * $3) / (p.one + p.two + p.three + p.four + p.five + $3) DESC,
             p.one + p.two + p.three + p.four + p.five DESC, p.sku LIMIT $4
"""

# One statement sees one moment: what is counted, and what a count of the reviews gives.
_KEPT = f"""
    SELECT scope, period, key, starts, source, {_SUMS} FROM (
        SELECT scope, period, key, starts, source, {_NAMES} FROM review_ratings WHERE merchant_id = $1
        UNION ALL {_CELLS.format(rows="(SELECT * FROM review_rating_deltas WHERE merchant_id = $1)")}) x
    GROUP BY 1, 2, 3, 4, 5 HAVING sum(reviews) <> 0
"""
_REVIEWS = """(
    SELECT product_sku, store_id, source, (written_at AT TIME ZONE 'UTC')::date AS day, 1 AS reviews,
           (round(rating_norm) IS NOT DISTINCT FROM 1)::int AS one,
           (round(rating_norm) IS NOT DISTINCT FROM 2)::int AS two,
           (round(rating_norm) IS NOT DISTINCT FROM 3)::int AS three,
           (round(rating_norm) IS NOT DISTINCT FROM 4)::int AS four,
           (round(rating_norm) IS NOT DISTINCT FROM 5)::int AS five, coalesce(rating_norm, 0) AS stars_sum
    FROM reviews WHERE merchant_id = $1 AND published)
"""
DIFFERENCES = f"""
    WITH kept AS ({_KEPT}), counted AS ({_CELLS.format(rows=_REVIEWS)})
    SELECT scope, period, key, starts, source, k.reviews AS kept, c.reviews AS counted
    FROM kept k FULL JOIN counted c USING (scope, period, key, starts, source)
    WHERE ROW({", ".join(f"k.{name}" for name in _COUNTS)})
          IS DISTINCT FROM ROW({", ".join(f"c.{name}" for name in _COUNTS)})
    ORDER BY 1, 2, 3, 4, 5
"""
COUNT = "SELECT count(*) FROM reviews WHERE merchant_id = $1 AND published"
