-- How many published reviews with how many stars there are, by product, by store and for the whole shop.

-- What a statement changed in the counts. Only ever appended to by those who write reviews, so that two
-- intakes never wait for each other here; a worker folds it into review_ratings. No foreign key: each
-- insert would look the merchant up once more.
CREATE TABLE review_rating_deltas (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    merchant_id uuid NOT NULL,
    product_sku text NOT NULL,
    store_id uuid,
    source text NOT NULL,
    day date NOT NULL,                         -- UTC: a merchant's zone may change, and the past would with it
    reviews int NOT NULL,                      -- may be negative, as may all that follow
    one int NOT NULL,                          -- reviews of one star, rounded half up
    two int NOT NULL,
    three int NOT NULL,
    four int NOT NULL,
    five int NOT NULL,
    stars_sum numeric NOT NULL                 -- of what is not rounded
);
CREATE INDEX review_rating_deltas_product ON review_rating_deltas (merchant_id, product_sku);
SELECT protect('review_rating_deltas', 'SELECT, INSERT, DELETE');

CREATE TABLE review_ratings (
    merchant_id uuid NOT NULL REFERENCES merchants,
    scope text NOT NULL CHECK (scope IN ('product', 'store', 'shop')),
    period text NOT NULL CHECK (period IN ('all', 'month', 'day')),
    key text NOT NULL,                         -- SKU, id of the store, or ''
    starts date NOT NULL,                      -- '-infinity' for all
    source text NOT NULL,
    reviews bigint NOT NULL,
    one bigint NOT NULL,
    two bigint NOT NULL,
    three bigint NOT NULL,
    four bigint NOT NULL,
    five bigint NOT NULL,
    stars_sum numeric NOT NULL,
    -- No check that none is negative: one of an INSERT … ON CONFLICT judges the difference, not the sum.
    PRIMARY KEY (merchant_id, scope, period, key, starts, source)
);
SELECT protect('review_ratings', 'SELECT, INSERT, UPDATE');

-- The difference that a statement makes: what counted before is taken off, what counts now is added.
CREATE FUNCTION review_rating_delta() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO review_rating_deltas (merchant_id, product_sku, store_id, source, day,
                                          reviews, one, two, three, four, five, stars_sum)
        SELECT merchant_id, product_sku, store_id, source, (written_at AT TIME ZONE 'UTC')::date, count(*),
               count(*) FILTER (WHERE round(rating_norm) = 1), count(*) FILTER (WHERE round(rating_norm) = 2),
               count(*) FILTER (WHERE round(rating_norm) = 3), count(*) FILTER (WHERE round(rating_norm) = 4),
               count(*) FILTER (WHERE round(rating_norm) = 5), coalesce(sum(rating_norm), 0)
        FROM after_it WHERE published GROUP BY 1, 2, 3, 4, 5;
    ELSE
        INSERT INTO review_rating_deltas (merchant_id, product_sku, store_id, source, day,
                                          reviews, one, two, three, four, five, stars_sum)
        SELECT * FROM (
            SELECT merchant_id, product_sku, store_id, source, (written_at AT TIME ZONE 'UTC')::date,
                   sum(sign) AS reviews,
                   sum(sign * (round(rating_norm) IS NOT DISTINCT FROM 1)::int) AS one,
                   sum(sign * (round(rating_norm) IS NOT DISTINCT FROM 2)::int) AS two,
                   sum(sign * (round(rating_norm) IS NOT DISTINCT FROM 3)::int) AS three,
                   sum(sign * (round(rating_norm) IS NOT DISTINCT FROM 4)::int) AS four,
                   sum(sign * (round(rating_norm) IS NOT DISTINCT FROM 5)::int) AS five,
                   coalesce(sum(sign * rating_norm), 0) AS stars_sum
            FROM (SELECT -1 AS sign, merchant_id, product_sku, store_id, source, written_at, rating_norm
                  FROM before_it WHERE published
                  UNION ALL
                  SELECT 1, merchant_id, product_sku, store_id, source, written_at, rating_norm
                  FROM after_it WHERE published) each
            GROUP BY 1, 2, 3, 4, 5) d
        WHERE (reviews, one, two, three, four, five, stars_sum) <> (0, 0, 0, 0, 0, 0, 0);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER ratings_inserted AFTER INSERT ON reviews REFERENCING NEW TABLE AS after_it
    FOR EACH STATEMENT EXECUTE FUNCTION review_rating_delta();
CREATE TRIGGER ratings_updated AFTER UPDATE ON reviews REFERENCING OLD TABLE AS before_it NEW TABLE AS after_it
    FOR EACH STATEMENT EXECUTE FUNCTION review_rating_delta();

-- Reviews are never deleted; if an owner does it by hand, the counts are to be recounted.
-- What is here already.
INSERT INTO review_rating_deltas (merchant_id, product_sku, store_id, source, day,
                                  reviews, one, two, three, four, five, stars_sum)
SELECT merchant_id, product_sku, store_id, source, (written_at AT TIME ZONE 'UTC')::date, count(*),
       count(*) FILTER (WHERE round(rating_norm) = 1), count(*) FILTER (WHERE round(rating_norm) = 2),
       count(*) FILTER (WHERE round(rating_norm) = 3), count(*) FILTER (WHERE round(rating_norm) = 4),
       count(*) FILTER (WHERE round(rating_norm) = 5), coalesce(sum(rating_norm), 0)
FROM reviews WHERE published GROUP BY 1, 2, 3, 4, 5;
