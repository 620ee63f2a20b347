-- What a review is about, as a direction: near ones speak of the same thing, in whatever language.

-- One row a review: its current wording under the model that answers. Derived, so replaced when either changes.
CREATE TABLE review_embeddings (
    merchant_id uuid NOT NULL,
    review_id uuid PRIMARY KEY,
    version int NOT NULL,
    model text NOT NULL,                       -- embeddings of two models do not compare
    embedding vector(384) NOT NULL,            -- of length 1
    FOREIGN KEY (merchant_id, review_id) REFERENCES reviews (merchant_id, id),
    FOREIGN KEY (review_id, version) REFERENCES review_versions (review_id, number)
);
CREATE INDEX review_embeddings_merchant ON review_embeddings (merchant_id, model);
-- Of half precision, and not as dense as could be: written two to three times as fast, half as large, and 995 of
-- a thousand nearest ones are still found.
CREATE INDEX review_embeddings_near ON review_embeddings
    USING hnsw ((embedding::halfvec(384)) halfvec_cosine_ops) WITH (m = 12, ef_construction = 40);
SELECT protect('review_embeddings', 'SELECT, INSERT, UPDATE, DELETE');

-- The nearest reviews of this merchant, nearest first. The index knows no merchants: a plain query takes the forty
-- nearest of all and shows those that are one's own; here the scan goes on until there are enough. Planned at each
-- call, for a merchant with few reviews is better off without the index. The distance is cut afterwards: as a
-- condition it would let the scan run to its end.
CREATE FUNCTION review_neighbours(p_model text, p_embedding vector, p_limit int, p_max_distance float8)
RETURNS TABLE (review_id uuid, version int, distance float8)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp SET hnsw.iterative_scan = strict_order AS $$
BEGIN
    RETURN QUERY EXECUTE '
        SELECT n.review_id, n.version, n.distance
        FROM (SELECT e.review_id, e.version, e.embedding::halfvec(384) <=> $1::halfvec(384) AS distance
              FROM review_embeddings e WHERE e.merchant_id = $2 AND e.model = $3
              ORDER BY e.embedding::halfvec(384) <=> $1::halfvec(384) LIMIT $4) n
        WHERE n.distance <= $5 ORDER BY n.distance, n.review_id'
        USING p_embedding, current_merchant(), p_model, p_limit, p_max_distance;
END $$;
REVOKE ALL ON FUNCTION review_neighbours FROM PUBLIC;
GRANT EXECUTE ON FUNCTION review_neighbours TO regulars_app;
