-- Reviews as everybody may see them: pages of one product in any order, votes, and where products are shown.

ALTER TABLE reviews
    -- Whole stars, rounded half up. Operators of smallint are leakproof, so that policies keep the index.
    ADD stars smallint GENERATED ALWAYS AS (round(rating_norm)::smallint) STORED,
    ADD helpful int NOT NULL DEFAULT 0 CHECK (helpful >= 0);
CREATE INDEX reviews_shown ON reviews (merchant_id, product_sku, written_at, id) WHERE published;
CREATE INDEX reviews_shown_stars ON reviews (merchant_id, product_sku, stars, written_at, id) WHERE published;
CREATE INDEX reviews_shown_helpful ON reviews (merchant_id, product_sku, helpful, written_at, id)
    WHERE published AND helpful > 0;

-- Who found a review helpful, once each. The voter is a keyed digest of a network address: no address is kept.
CREATE TABLE review_votes (
    merchant_id uuid NOT NULL,
    review_id uuid NOT NULL,
    voter bytea NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (review_id, voter),
    FOREIGN KEY (merchant_id, review_id) REFERENCES reviews (merchant_id, id)
);
SELECT protect('review_votes', 'SELECT, INSERT');
SELECT append_only('review_votes');

-- Where the shop shows a product, for feeds and search engines.
CREATE TABLE review_publishing (
    merchant_id uuid PRIMARY KEY REFERENCES merchants,
    product_url text NOT NULL DEFAULT '' CHECK (product_url = '' OR product_url ~ '^https?://[^\s]+$'),
    updated_at timestamptz NOT NULL
);
SELECT protect('review_publishing', 'SELECT, INSERT, UPDATE');

-- What everybody may ask before a merchant is known: which shop has this code.
CREATE FUNCTION gate_shop(p_code text) RETURNS TABLE (id uuid, name jsonb, locale text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT id, name, locale FROM merchants WHERE code = p_code;
$$;
REVOKE ALL ON FUNCTION gate_shop FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gate_shop TO regulars_app;
ALTER FUNCTION gate_shop OWNER TO regulars_gate;
