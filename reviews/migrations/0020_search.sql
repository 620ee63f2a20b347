-- Words of reviews, to be found. Segmented in Python (reviews/search/words.py), since PostgreSQL's parser takes
-- a Chinese sentence for one word; stemmed here.

-- English word forms are one word. No stop words: "not good" is a phrase.
CREATE TEXT SEARCH DICTIONARY review_stem (TEMPLATE = snowball, LANGUAGE = english);
CREATE TEXT SEARCH CONFIGURATION review_words (COPY = simple);
ALTER TEXT SEARCH CONFIGURATION review_words ALTER MAPPING FOR asciiword, word WITH review_stem;

-- Of the current wording; derived, so replaced when that changes.
CREATE TABLE review_words (
    review_id uuid PRIMARY KEY,
    merchant_id uuid NOT NULL,
    version int NOT NULL,
    written_at timestamptz NOT NULL,           -- of the review: results come newest first
    words tsvector NOT NULL,                   -- title with weight A, body with B
    FOREIGN KEY (merchant_id, review_id) REFERENCES reviews (merchant_id, id)
);
-- A word that many merchants' reviews have is looked up among one's own.
CREATE INDEX review_words_words ON review_words USING gin (merchant_id, words);
-- A word that most reviews have is found sooner by reading the newest.
CREATE INDEX review_words_newest ON review_words (merchant_id, written_at, review_id);
SELECT protect('review_words', 'SELECT, INSERT, UPDATE');

-- One row of the outbox for up to 500 reviews of a statement: the intake hardly notices.
CREATE FUNCTION review_words_due() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO outbox (merchant_id, topic, payload, created_at, available_at)
        SELECT merchant_id, 'review.index', jsonb_build_object('reviews', jsonb_agg(id)), now(), now()
        FROM (SELECT merchant_id, id, (row_number() OVER () - 1) / 500 AS part
              FROM after_it WHERE version > 0) due
        GROUP BY merchant_id, part;
    ELSE
        INSERT INTO outbox (merchant_id, topic, payload, created_at, available_at)
        SELECT merchant_id, 'review.index', jsonb_build_object('reviews', jsonb_agg(id)), now(), now()
        FROM (SELECT a.merchant_id, a.id, (row_number() OVER () - 1) / 500 AS part
              FROM after_it a JOIN before_it b ON b.id = a.id
              WHERE a.version > 0 AND (a.version, a.written_at) IS DISTINCT FROM (b.version, b.written_at)) due
        GROUP BY merchant_id, part;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER words_inserted AFTER INSERT ON reviews REFERENCING NEW TABLE AS after_it
    FOR EACH STATEMENT EXECUTE FUNCTION review_words_due();
CREATE TRIGGER words_updated AFTER UPDATE ON reviews REFERENCING OLD TABLE AS before_it NEW TABLE AS after_it
    FOR EACH STATEMENT EXECUTE FUNCTION review_words_due();

-- The one way to look words up: `@@` is not leakproof, so that under a policy it would never use the index.
-- Planned anew each time, with the words at hand: whether they are rare decides the way.
CREATE FUNCTION review_search(p_query text, p_product text, p_source text, p_stars smallint, p_published bool,
                              p_written_at timestamptz, p_id uuid, p_limit int)
RETURNS TABLE (review_id uuid, written_at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    RETURN QUERY EXECUTE '
        SELECT w.review_id, w.written_at FROM review_words w JOIN reviews r ON r.id = w.review_id
        WHERE w.merchant_id = $1 AND w.words @@ to_tsquery(''review_words'', $2)
          AND r.merchant_id = $1 AND r.state = ''live''
          AND ($3 IS NULL OR r.product_sku = $3) AND ($4 IS NULL OR r.source = $4)
          AND ($5 IS NULL OR r.stars = $5) AND (NOT $6 OR r.published)
          AND ($7 IS NULL OR (w.written_at, w.review_id) < ($7, $8))
        ORDER BY w.written_at DESC, w.review_id DESC LIMIT $9'
        USING current_merchant(), p_query, p_product, p_source, p_stars, p_published, p_written_at, p_id, p_limit;
END $$;
REVOKE ALL ON FUNCTION review_search FROM PUBLIC;
GRANT EXECUTE ON FUNCTION review_search TO regulars_app;

-- What is here already.
INSERT INTO outbox (merchant_id, topic, payload, created_at, available_at)
SELECT merchant_id, 'review.index', jsonb_build_object('reviews', jsonb_agg(id)), now(), now()
FROM (SELECT merchant_id, id, (row_number() OVER (PARTITION BY merchant_id ORDER BY id) - 1) / 500 AS part
      FROM reviews WHERE version > 0) due
GROUP BY merchant_id, part;
