"""The SQL of finding reviews."""

from reviews import reading as reviews

TEXTS = """
    SELECT r.id, r.version, r.written_at, v.title, v.body
    FROM reviews r JOIN review_versions v ON v.review_id = r.id AND v.number = r.version
    WHERE r.id = ANY ($1::uuid[])
"""
# In the order of their ids, so that two workers never wait for each other. A wording that was overtaken
# meanwhile does not come back.
KEEP = """
    INSERT INTO review_words AS w (review_id, merchant_id, version, written_at, words)
    SELECT t.id, $1, t.version, t.written_at, setweight(to_tsvector('review_words', t.title), 'A')
           || setweight(to_tsvector('review_words', t.body), 'B')
    FROM unnest($2::uuid[], $3::int[], $4::timestamptz[], $5::text[], $6::text[])
         AS t (id, version, written_at, title, body)
    ORDER BY t.id
    ON CONFLICT (review_id) DO UPDATE
    SET version = excluded.version, written_at = excluded.written_at, words = excluded.words
    WHERE w.version <= excluded.version
"""

BY_WORDS = f"""
    SELECT {reviews.COLUMNS}, x.written_at AS place
    FROM review_search($1, $2, $3, $4, $5, $6, $7, $8) x JOIN reviews r ON r.id = x.review_id {reviews.JOINS}
    ORDER BY x.written_at DESC, x.review_id DESC
"""
# The nearest, as many as the index is asked for; then those that fit.
BY_MEANING = f"""
    SELECT {reviews.COLUMNS}
    FROM review_neighbours($1, $2::vector, $8, $9) x
    JOIN reviews r ON r.id = x.review_id AND r.version = x.version AND r.state = 'live'
        AND ($3::text IS NULL OR r.product_sku = $3) AND ($4::text IS NULL OR r.source = $4)
        AND ($5::smallint IS NULL OR r.stars = $5) AND (NOT $6 OR r.published)
    {reviews.JOINS}
    ORDER BY x.distance, r.id LIMIT $7
"""
# Which of these words a query finds: stems are PostgreSQL's.
FITTING = """
    SELECT w FROM unnest($1::text[]) w
    WHERE to_tsvector('review_words', w) @@ to_tsquery('review_words', $2)
"""
UNINDEXED = """
    SELECT count(*) FROM reviews r WHERE r.merchant_id = $1 AND r.version > 0
    AND NOT EXISTS (SELECT FROM review_words w WHERE w.review_id = r.id AND w.version = r.version)
"""
